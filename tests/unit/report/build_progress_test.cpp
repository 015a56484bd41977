#include "report/build_progress.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <set>
#include <sstream>
#include <thread>

#include "base/json.hpp"
#include "standard_error.hpp"
#include "step_event.hpp"

using namespace trainyard;
using namespace trainyard::report;
using build::StepEvent;
using testing::standard_error_of;
using testing::step;
using Kind = StepEvent::Kind;

namespace {

std::string shown(ProgressStyle style, const std::vector<StepEvent>& events) {
  return standard_error_of([&] {
    BuildProgress progress(style);
    const build::Progress receiver = progress.receiver();
    for (const StepEvent& event : events) receiver(event);
    progress.close();
  });
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

std::string complaint_of(const std::string& style) {
  try {
    parse_progress_style(style);
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.render();
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(build_progress)

BOOST_AUTO_TEST_CASE(a_label_names_image_step_and_instruction_and_the_stage_if_there_are_several) {
  StepEvent event = step(Kind::done, 3, "RUN make");
  event.total = 7;
  BOOST_TEST(step_label(event) == "[trainer 3/7] RUN make");
  event.stage = "build";
  BOOST_TEST(step_label(event) == "[trainer build 3/7] RUN make");
}

BOOST_AUTO_TEST_CASE(a_label_is_one_line_without_control_characters) {
  BOOST_TEST(step_label(step(Kind::done, 1, "RUN a\n\tb \x1b[31mred")) ==
             "[trainer 1/2] RUN a  b \\x1b[31mred");
}

BOOST_AUTO_TEST_CASE(every_finished_step_is_a_line_with_its_outcome) {
  StepEvent done = step(Kind::done, 2, "RUN make");
  done.seconds = 41.2;
  StepEvent failed = step(Kind::failed, 2, "RUN make");
  failed.seconds = 0.5;
  const std::string text =
      shown(ProgressStyle::automatic,
            {step(Kind::started, 1, "COPY . ."), step(Kind::cached, 1, "COPY . ."), done, failed});
  BOOST_TEST(text ==
             "[trainer 1/2] COPY . .  cached\n"
             "[trainer 2/2] RUN make  41.2 s\n"
             "[trainer 2/2] RUN make  failed after 0.50 s\n");
}

BOOST_AUTO_TEST_CASE(what_steps_print_is_shown_in_plain_style_only) {
  const std::vector<StepEvent> events{step(Kind::output, 1, "RUN x", "hello\n")};
  BOOST_TEST(shown(ProgressStyle::plain, events) == "[trainer 1/2] | hello\n");
  BOOST_TEST(shown(ProgressStyle::automatic, events) == "");
  BOOST_TEST(shown(ProgressStyle::quiet, events) == "");
}

BOOST_AUTO_TEST_CASE(output_that_comes_in_pieces_is_shown_in_whole_lines) {
  BOOST_TEST(shown(ProgressStyle::plain, {step(Kind::output, 1, "RUN x", "one\ntw"),
                                          step(Kind::output, 2, "RUN y", "other\n"),
                                          step(Kind::output, 1, "RUN x", "o\r\n")}) ==
             "[trainer 1/2] | one\n[trainer 2/2] | other\n[trainer 1/2] | two\n");
}

BOOST_AUTO_TEST_CASE(a_last_line_without_newline_is_shown_when_its_step_ends) {
  BOOST_TEST(shown(ProgressStyle::plain,
                   {step(Kind::output, 1, "RUN x", "no newline"), step(Kind::done, 1, "RUN x")}) ==
             "[trainer 1/2] | no newline\n[trainer 1/2] RUN x  0.00 s\n");
}

BOOST_AUTO_TEST_CASE(control_characters_of_a_step_are_made_visible) {
  BOOST_TEST(
      shown(ProgressStyle::plain, {step(Kind::output, 1, "RUN x", "\x1b[2Jgone\x07\tkept\n")}) ==
      "[trainer 1/2] | \\x1b[2Jgone\\x07\tkept\n");
}

BOOST_AUTO_TEST_CASE(lines_of_steps_that_run_side_by_side_do_not_mix) {
  constexpr int k_steps = 4, k_lines = 200;
  const std::string text = standard_error_of([&] {
    BuildProgress progress(ProgressStyle::plain);
    const build::Progress receiver = progress.receiver();
    std::vector<std::thread> threads;
    for (int number = 1; number <= k_steps; ++number)
      threads.emplace_back([&receiver, number] {
        const std::string word(60, static_cast<char>('a' + number));
        for (int i = 0; i < k_lines; ++i) {
          receiver(step(Kind::output, number, "RUN x", word));
          receiver(step(Kind::output, number, "RUN x", word + "\n"));
        }
      });
    for (std::thread& thread : threads) thread.join();
  });
  const std::vector<std::string> lines = lines_of(text);
  BOOST_TEST(lines.size() == static_cast<size_t>(k_steps * k_lines));
  std::set<std::string> expected;
  for (int number = 1; number <= k_steps; ++number)
    expected.insert("[trainer " + std::to_string(number) + "/2] | " +
                    std::string(120, static_cast<char>('a' + number)));
  BOOST_TEST((std::set<std::string>(lines.begin(), lines.end()) == expected));
}

BOOST_AUTO_TEST_CASE(json_style_is_an_object_a_line_with_what_the_event_has) {
  StepEvent done = step(Kind::done, 2, "RUN \"make\"\n");
  done.seconds = 1.5;
  done.stage = "build";
  const std::vector<std::string> lines =
      lines_of(shown(ProgressStyle::json,
                     {step(Kind::started, 1, "COPY . ."), step(Kind::output, 1, "", "a\n\x1b\xff"),
                      done, step(Kind::digest_known, 2, "")}));
  BOOST_REQUIRE(lines.size() == 4U);
  const Json started = Json::parse(lines[0]);
  BOOST_TEST(started == Json({{"event", "started"},
                              {"image", "trainer"},
                              {"stage", ""},
                              {"step", 1},
                              {"of", 2},
                              {"text", "COPY . ."}}));
  const Json output = Json::parse(lines[1]);
  BOOST_TEST(output.at("event") == "output");
  BOOST_TEST(output.at("output") == "a\n\x1b\xef\xbf\xbd");  // a byte that is no UTF-8: U+FFFD
  const Json end = Json::parse(lines[2]);
  BOOST_TEST(end.at("event") == "done");
  BOOST_TEST(end.at("seconds") == 1.5);
  BOOST_TEST(end.at("stage") == "build");
  BOOST_TEST(end.at("text") == "RUN \"make\"\n");
  BOOST_TEST(Json::parse(lines[3]).at("event") == "digest_known");
}

BOOST_AUTO_TEST_CASE(a_style_is_known_by_its_name) {
  BOOST_TEST((parse_progress_style("auto") == ProgressStyle::automatic));
  BOOST_TEST((parse_progress_style("plain") == ProgressStyle::plain));
  BOOST_TEST((parse_progress_style("json") == ProgressStyle::json));
  BOOST_TEST((parse_progress_style("quiet") == ProgressStyle::quiet));
}

BOOST_AUTO_TEST_CASE(another_style_is_a_usage_error_with_the_nearest_one) {
  const std::string text = complaint_of("jsn");
  BOOST_TEST(text.find("--progress") != std::string::npos);
  BOOST_TEST(text.find("auto, plain, json, quiet") != std::string::npos);
  BOOST_TEST(text.find("did you mean \"json\"?") != std::string::npos);
  BOOST_TEST(complaint_of("").find("hint") == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include "../pseudo_terminal.hpp"
#include "../scoped_variable.hpp"
#include "report/build_progress.hpp"
#include "standard_error.hpp"
#include "step_event.hpp"

using namespace trainyard;
using namespace trainyard::report;
using testing::step;
using Kind = build::StepEvent::Kind;

namespace {

/// The lines that a terminal shows after these bytes, as far as the live view moves its cursor.
std::vector<std::string> screen_after(const std::string& bytes) {
  std::vector<std::string> lines(1);
  size_t row = 0, column = 0;
  for (size_t at = 0; at < bytes.size(); ++at) {
    const char c = bytes[at];
    if (c == '\x1b' && at + 1 < bytes.size() && bytes[at + 1] == '[') {
      const size_t end = bytes.find_first_of("AKm", at);
      if (end == std::string::npos) break;  // the rest of the sequence has not come yet
      if (bytes[end] == 'A' && row > 0) --row;
      if (bytes[end] == 'K') lines[row].clear();
      at = end;
    } else if (c == '\r') {
      column = 0;
    } else if (c == '\n') {
      if (++row == lines.size()) lines.emplace_back();
    } else {
      lines[row].resize(std::max(lines[row].size(), column + 1), ' ');
      lines[row][column++] = c;
    }
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// A build whose progress goes to a terminal of this test's own.
class LiveBuild {
 public:
  explicit LiveBuild(int columns = 80, const char* no_colour = "1")
      : kind_("TERM", "xterm"),
        no_colour_("NO_COLOR", no_colour),
        pair_(columns),
        collector_(pair_.screen()),
        closer_{pair_} {
    redirected_.emplace(pair_.terminal());
    progress_.emplace(ProgressStyle::automatic);
  }
  ~LiveBuild() {
    progress_.reset();
    redirected_.reset();
  }

  void report(const build::StepEvent& event) { progress_->receiver()(event); }
  void close_progress() { progress_->close(); }
  /// Waits until the screen has a line that matches.
  bool shows(const std::string& pattern) {
    const std::regex expected(pattern);
    return collector_.wait_until([&](const std::string& bytes) {
      for (const std::string& line : screen_after(bytes))
        if (std::regex_match(line, expected)) return true;
      return false;
    });
  }
  /// Ends it, and gives all the bytes that the terminal got.
  std::string finish() {
    progress_.reset();
    redirected_.reset();
    pair_.close_terminal();
    return collector_.finish();
  }

 private:
  /// Lets the collector end before it is waited for.
  struct Closer {
    testing::PseudoTerminal& pair;
    ~Closer() { pair.close_terminal(); }
  };

  testing::ScopedVariable kind_, no_colour_;
  testing::PseudoTerminal pair_;
  testing::Collector collector_;
  Closer closer_;
  std::optional<testing::StandardErrorTo> redirected_;
  std::optional<BuildProgress> progress_;
};

using Lines = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(live_progress)

BOOST_AUTO_TEST_CASE(running_steps_stand_below_each_other_with_their_time) {
  LiveBuild build;
  build.report(step(Kind::started, 1, "RUN make"));
  build.report(step(Kind::started, 2, "RUN fetch"));
  BOOST_TEST(build.shows("\\[trainer 1/2\\] RUN make  \\d\\.\\d\\d s"));
  BOOST_TEST(build.shows("\\[trainer 2/2\\] RUN fetch  \\d\\.\\d\\d s"));
  // The time goes on: sooner or later it is not 0.0-something any more.
  BOOST_TEST(build.shows("\\[trainer 1/2\\] RUN make  (0\\.[1-9]\\d|[1-9].*) s"));
}

BOOST_AUTO_TEST_CASE(a_running_step_shows_the_last_line_that_it_printed) {
  LiveBuild build;
  build.report(step(Kind::started, 1, "RUN make"));
  build.report(step(Kind::output, 1, "", "first\nsec"));
  BOOST_TEST(build.shows(".*RUN make  .* s  \\| first"));
  build.report(step(Kind::output, 1, "", "ond\t\x1b[2J\n"));
  BOOST_TEST(build.shows(".*RUN make  .* s  \\| second \\\\x1b\\[2J"));
}

BOOST_AUTO_TEST_CASE(finished_lines_stay_and_nothing_else_is_left) {
  LiveBuild build;
  build.report(step(Kind::started, 1, "RUN make"));
  build.report(step(Kind::started, 2, "RUN fetch"));
  BOOST_TEST(build.shows("\\[trainer 2/2\\] RUN fetch  .* s"));
  build.report(step(Kind::done, 2, "RUN fetch"));
  BOOST_TEST(build.shows("\\[trainer 1/2\\] RUN make  .* s"));
  build.report(step(Kind::cached, 1, "COPY . ."));
  build.close_progress();
  const Lines expected{"[trainer 2/2] RUN fetch  0.00 s", "[trainer 1/2] COPY . .  cached"};
  const Lines left = screen_after(build.finish());
  BOOST_TEST(left == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(steps_that_still_run_are_taken_off_the_screen_by_close) {
  LiveBuild build;
  build.report(step(Kind::started, 1, "RUN make"));
  BOOST_TEST(build.shows("\\[trainer 1/2\\] RUN make  .* s"));
  build.close_progress();
  build.report(step(Kind::started, 2, "RUN late"));
  build.report(step(Kind::failed, 1, "RUN make"));
  const Lines expected{"[trainer 1/2] RUN make  failed after 0.00 s"};
  const Lines left = screen_after(build.finish());
  BOOST_TEST(left == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lines_are_cut_to_the_width_so_that_none_takes_two_rows) {
  LiveBuild build(30);
  build.report(step(Kind::started, 1, "RUN a very long command indeed"));
  BOOST_TEST(build.shows("\\[trainer 1/2\\] RUN a v…  \\d\\.\\d\\d s"));
  build.report(step(Kind::done, 1, "RUN a very long command indeed"));
  const Lines expected{"[trainer 1/2] RUN a v…  0.00 s"};
  const Lines left = screen_after(build.finish());
  BOOST_TEST(left == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(colours_are_there_unless_no_color_is_set) {
  for (const bool coloured : {true, false}) {
    LiveBuild build(80, coloured ? nullptr : "1");
    build.report(step(Kind::failed, 1, "RUN make"));
    const bool red = build.finish().find("\x1b[31mfailed after") != std::string::npos;
    BOOST_TEST(red == coloured);
  }
}

BOOST_AUTO_TEST_SUITE_END()

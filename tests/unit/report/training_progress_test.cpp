#include "report/training_progress.hpp"

#include <boost/test/unit_test.hpp>

using trainyard::report::progress_line;
using trainyard::report::TrainingPosition;

BOOST_AUTO_TEST_SUITE(training_progress)

BOOST_AUTO_TEST_CASE(reads_names_and_numbers_as_people_write_them) {
  TrainingPosition position({"train"});
  position.read_line("epoch 3/30  loss 0.125  accuracy: 0.91");
  BOOST_TEST(position.done().value() == 3);
  BOOST_TEST(position.total().value() == 30);
  BOOST_TEST(position.metrics().at("loss") == 0.125);
  BOOST_TEST(position.metrics().at("accuracy") == 0.91);
}

BOOST_AUTO_TEST_CASE(reads_json_lines) {
  TrainingPosition position({"train"});
  position.read_line(R"({"epoch": 7, "loss": 0.5, "name": "x"})");
  BOOST_TEST(position.done().value() == 7);
  BOOST_TEST(position.metrics().size() == 1U);
}

BOOST_AUTO_TEST_CASE(takes_the_total_from_the_command_line_or_a_parameter) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"train", "--epochs", "40"},
                                                {"train", "--num-epochs=40"},
                                                {"train", "epochs=40"}}) {
    TrainingPosition position(words);
    position.read_line("epoch=10");
    BOOST_TEST(position.total().value() == 40);
  }
}

BOOST_AUTO_TEST_CASE(takes_the_total_from_a_member_beside_it) {
  for (const char* line :
       {R"({"epoch": 10, "epochs": 40})", R"({"epoch": 10, "n_epochs": 40})",
        "max_epochs 40 epoch 10", R"({"epoch": 10, "loss": 1, "total_epochs": 40})"}) {
    TrainingPosition position({"train"});
    position.read_line(line);
    BOOST_TEST(position.done().value() == 10, line);
    BOOST_TEST(position.total().value() == 40, line);
  }
  TrainingPosition position({"train"});
  position.read_line("steps 10");
  position.read_line("steps 20");
  BOOST_TEST(position.done().value() == 20);
  BOOST_TEST(!position.total().has_value());
}

BOOST_AUTO_TEST_CASE(metrics_files_say_more_than_the_log) {
  TrainingPosition position({"train", "steps=500"});
  position.read_line("loss 9");
  position.read_values({{"loss/train", 0.5}, {"step", 200}});
  BOOST_TEST(position.done().value() == 200);
  BOOST_TEST(position.total().value() == 500);
  BOOST_TEST(position.metrics().size() == 2U);
}

BOOST_AUTO_TEST_CASE(epochs_go_before_steps) {
  TrainingPosition position({"train"});
  position.read_line("Epoch [2/5] Step [100/900] Loss: 1.5");
  BOOST_TEST(position.done().value() == 2);
  BOOST_TEST(position.total().value() == 5);
  BOOST_TEST(position.metrics().at("Loss") == 1.5);
}

BOOST_AUTO_TEST_CASE(text_without_numbers_says_nothing) {
  TrainingPosition position({"train"});
  for (const char* line : {"", "reading data", "{not json", "v1.2 ready", "epoch", "100%", "a=b"})
    position.read_line(line);
  BOOST_TEST(!position.done().has_value());
  BOOST_TEST(position.metrics().empty());
}

BOOST_AUTO_TEST_CASE(the_line_has_a_bar_the_time_left_and_the_last_metrics) {
  TrainingPosition position({"train"});
  position.read_line("epoch 15/30 loss 0.25");
  BOOST_TEST(progress_line("train_model", position, 6.0, 200) ==
             "[train_model]  6.00 s  ━━━━━━━━━━━━────────────  15/30  6.00 s left  loss 0.25");
}

BOOST_AUTO_TEST_CASE(the_line_fits_the_terminal) {
  TrainingPosition position({"train"});
  position.read_line("epoch 15/30 loss 0.25");
  const std::string line = progress_line("train_model", position, 6.0, 20);
  BOOST_TEST(line == "[train_model]  6.0…");
}

BOOST_AUTO_TEST_SUITE_END()

#include "parsing.hpp"

using namespace dockerfile_test;

// Texts of any kind: tests/fuzz.

BOOST_AUTO_TEST_CASE(large_files_are_read) {
  std::string text = "FROM a\nENV x=1";
  for (int i = 0; i < 20000; ++i) text += " \\\n  v" + std::to_string(i) + "=$x";
  const auto file =
      parse(text + "\nRUN " + std::string(1'000'000, 'y') + "\nCMD " + std::string(100'000, '['));
  BOOST_TEST(
      std::get<trainyard::dockerfile::Env>(file.stages[0].instructions[0].body).variables.size() ==
      20001u);
}

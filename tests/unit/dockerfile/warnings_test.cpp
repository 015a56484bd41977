#include "base/error.hpp"
#include "parsing.hpp"

using namespace dockerfile_test;

namespace {

/// "rule line:column" of each warning.
Strings warnings(const std::string& text) {
  Strings result;
  for (const auto& warning : parse(text).warnings)
    result.push_back(warning.rule + " " + std::to_string(warning.at.line) + ":" +
                     std::to_string(warning.at.column));
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(stage_names_in_upper_case_are_remarked_on) {
  BOOST_TEST((warnings("FROM a AS Build") == Strings{"StageNameCasing 1:11"}));
  BOOST_TEST((warnings("FROM a AS scratch") == Strings{"ReservedStageName 1:11"}));
}

BOOST_AUTO_TEST_CASE(from_and_as_of_different_case_are_remarked_on) {
  BOOST_TEST((warnings("FROM a as b") == Strings{"FromAsCasing 1:8"}));
  BOOST_TEST(warnings("from a as b").empty());
}

BOOST_AUTO_TEST_CASE(repeated_stage_names_are_remarked_on) {
  BOOST_TEST((warnings("FROM a AS x\nFROM b AS x") == Strings{"DuplicateStageName 2:1"}));
}

BOOST_AUTO_TEST_CASE(mixed_case_of_keywords_is_remarked_on) {
  BOOST_TEST((warnings("FROM a\nrun b\nRUN c") == Strings{"ConsistentInstructionCasing 2:1"}));
  BOOST_TEST((warnings("from a\nrun b\nRUN c") == Strings{"ConsistentInstructionCasing 3:1"}));
  BOOST_TEST((warnings("FROM a\nRun b\nRUN c") == Strings{"ConsistentInstructionCasing 2:1"}));
}

BOOST_AUTO_TEST_CASE(the_old_form_of_env_and_label_is_remarked_on) {
  BOOST_TEST((warnings("FROM a\nENV b c\nLABEL d e") ==
              Strings{"LegacyKeyValueFormat 2:5", "LegacyKeyValueFormat 3:7"}));
}

BOOST_AUTO_TEST_CASE(shell_form_of_cmd_and_entrypoint_is_remarked_on) {
  BOOST_TEST((warnings("FROM a\nENTRYPOINT b\nCMD c") ==
              Strings{"JSONArgsRecommended 2:1", "JSONArgsRecommended 3:1"}));
  BOOST_TEST(warnings("FROM a\nSHELL [\"s\"]\nCMD c").empty());
  const auto file = parse("FROM a\nCMD ['x']");
  BOOST_REQUIRE_EQUAL(file.warnings.size(), 1u);
  BOOST_TEST(file.warnings[0].message.find("not a valid JSON array") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(instructions_without_effect_are_remarked_on) {
  BOOST_TEST((warnings("FROM a\nCMD [\"b\"]\nENTRYPOINT [\"c\"]\nCMD [\"d\"]\nCMD [\"e\"]") ==
              Strings{"MultipleInstructionsDisallowed 2:1", "MultipleInstructionsDisallowed 4:1"}));
  BOOST_TEST(warnings("FROM a\nCMD [\"b\"]\nFROM c\nCMD [\"d\"]").empty());
  BOOST_TEST((warnings("FROM a\nHEALTHCHECK NONE\nHEALTHCHECK CMD x") ==
              Strings{"MultipleInstructionsDisallowed 2:1"}));
}

BOOST_AUTO_TEST_CASE(a_maintainer_is_remarked_on) {
  BOOST_TEST((warnings("FROM a\nMAINTAINER b") == Strings{"MaintainerDeprecated 2:1"}));
}

BOOST_AUTO_TEST_CASE(empty_lines_in_continuations_are_remarked_on) {
  BOOST_TEST((warnings("FROM a\nRUN b \\\n\n && c") == Strings{"NoEmptyContinuation 3:1"}));
}

BOOST_AUTO_TEST_CASE(warnings_come_in_the_order_of_lines) {
  BOOST_TEST((warnings("FROM a AS B\nCMD c\nrun d\nMAINTAINER e") ==
              Strings{"StageNameCasing 1:11", "JSONArgsRecommended 2:1",
                      "ConsistentInstructionCasing 3:1", "MaintainerDeprecated 4:1"}));
}

BOOST_AUTO_TEST_CASE(rules_can_be_skipped) {
  BOOST_TEST((warnings("# check=skip=JSONArgsRecommended\nFROM a AS B\nCMD c") ==
              Strings{"StageNameCasing 2:11"}));
  BOOST_TEST(warnings("# check=skip=all\nFROM a AS B\nCMD c").empty());
}

BOOST_AUTO_TEST_CASE(warnings_can_be_errors) {
  BOOST_TEST(warnings("# check=error=true\nFROM a").empty());
  try {
    parse("# check=error=true\nFROM a AS B");
    BOOST_FAIL("no error");
  } catch (const trainyard::Error& error) {
    BOOST_TEST(error.subject() == "Dockerfile:2:11");
    BOOST_TEST(error.cause().starts_with("StageNameCasing: "));
  }
}

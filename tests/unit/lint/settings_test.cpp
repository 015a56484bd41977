#include "base/error.hpp"
#include "checking.hpp"

using namespace lint_test;

BOOST_AUTO_TEST_CASE(rules_can_be_skipped) {
  BOOST_TEST((published("# check=skip=JSONArgsRecommended\nFROM scratch AS B\nCMD c") ==
              Strings{"StageNameCasing 2:17"}));
  BOOST_TEST(published("# check=skip=all\nFROM scratch AS B\nCMD c").empty());
  BOOST_TEST(
      published("# check=skip=stagenamecasing, jsonargsrecommended\nFROM scratch AS B\nCMD c")
          .empty());
}

BOOST_AUTO_TEST_CASE(a_comment_right_above_an_instruction_counts_for_it_alone) {
  BOOST_TEST(
      (published("FROM scratch\n# check=skip=SecretsUsedInArgOrEnv // wanted\nENV password=a\n"
                 "ENV password=b") == Strings{"SecretsUsedInArgOrEnv 4:5"}));
  BOOST_TEST(published("FROM scratch\n# check=skip=all\nENV password a").empty());
  BOOST_TEST((published("FROM scratch\n# check=skip=all\n\nENV password=a") ==
              Strings{"SecretsUsedInArgOrEnv 4:5"}));
}

BOOST_AUTO_TEST_CASE(the_build_argument_outdoes_the_file) {
  auto known = surroundings();
  known.build_args = {{"BUILDKIT_DOCKERFILE_CHECK", "skip=StageNameCasing;error=true"}};
  const std::string text = "# check=skip=all\nFROM scratch AS B\nCMD c";
  BOOST_TEST((published(text, known) == Strings{"JSONArgsRecommended 3:1"}));
  BOOST_TEST(check(text, known).error);
  known.build_args = {{"BUILDKIT_DOCKERFILE_CHECK", "skip=all"}};
  BOOST_TEST(!check("# check=error=true\nFROM scratch AS B", known).error);
  known.build_args = {{"BUILDKIT_DOCKERFILE_CHECK", "skp=all"}};
  BOOST_CHECK_THROW(check("FROM scratch", known), trainyard::Error);
}

BOOST_AUTO_TEST_CASE(findings_can_be_errors) {
  BOOST_TEST(check("# check=error=true\nFROM scratch AS B").error);
  BOOST_TEST(check("# check=error=true\nFROM scratch").clean());
  BOOST_TEST(!check("# check=error=false\nFROM scratch AS B").error);
}

BOOST_AUTO_TEST_CASE(a_misspelt_rule_is_named) {
  BOOST_TEST(
      (found("# check=skip=StageNameCaseing\nFROM scratch") == Strings{"UnknownCheck 1:1?"}));
  BOOST_TEST(mend_of("# check=skip=StageNameCaseing\nFROM scratch") ==
             "did you mean \"StageNameCasing\"?");
}

BOOST_AUTO_TEST_CASE(what_no_build_could_do_is_refused_unless_an_unknown_base_may_help) {
  BOOST_CHECK_THROW(check("FROM scratch\nSTOPSIGNAL $S"), trainyard::Error);
  BOOST_CHECK_THROW(check("FROM unknown:1\nSTOPSIGNAL SIGTREM"), trainyard::Error);
  BOOST_CHECK_NO_THROW(check("FROM unknown:1\nSTOPSIGNAL $S\nWORKDIR ${HOME:?where}"));
}

#include <set>

#include "checking.hpp"
#include "lint/finding_text.hpp"

using namespace lint_test;
using namespace trainyard;

namespace {

lint::Checked checked(const std::string& text) {
  lint::Checked result{dockerfile::parse_dockerfile(text, "a b/Dockerfile"), {}};
  auto known = surroundings();
  known.rules = lint::RuleSet::build;
  result.report = lint::check(result.file, known);
  return result;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_finding_is_printed_as_a_compiler_would) {
  const auto [file, report] = checked("FROM scratch AS Build");
  BOOST_REQUIRE_EQUAL(report.findings.size(), 1u);
  BOOST_TEST(lint::as_text(file, report.findings[0]) ==
             "a b/Dockerfile:1:17: warning: the name of the stage \"Build\" should be lower case "
             "[StageNameCasing]\n"
             "  1 | FROM scratch AS Build\n"
             "    |                 ^~~~~\n"
             "  mend: write AS build\n");
}

BOOST_AUTO_TEST_CASE(the_json_holds_each_finding) {
  const auto [file, report] = checked("FROM scratch AS Build");
  const Json json = lint::as_json(file, report);
  BOOST_TEST(json["schema"] == 1);
  const Json& finding = json["findings"].at(0);
  BOOST_TEST(finding["rule"] == "StageNameCasing");
  BOOST_TEST(finding["line"] == 1);
  BOOST_TEST(finding["column"] == 17);
  BOOST_TEST(finding["length"] == 5);
  BOOST_TEST(finding["text"] == "FROM scratch AS Build");
  BOOST_TEST(finding["mend"] == "write AS build");
  BOOST_TEST(finding["page"] ==
             "https://docs.docker.com/reference/build-checks/stage-name-casing/");
}

BOOST_AUTO_TEST_CASE(sarif_counts_columns_in_utf16_units_and_escapes_paths) {
  const auto [file, report] = checked("FROM scratch\nLABEL a=\"é𝄞\" b=$x");
  BOOST_REQUIRE_EQUAL(report.findings.size(), 1u);
  const Json run = lint::as_sarif(file, report, "1.0")["runs"].at(0);
  const Json& place = run["results"].at(0)["locations"].at(0)["physicalLocation"];
  BOOST_TEST(place["artifactLocation"]["uri"] == "a%20b/Dockerfile");
  BOOST_TEST(place["region"]["startColumn"] == 17);
  BOOST_TEST(place["region"]["endColumn"] == 19);
  const Json& rules = run["tool"]["driver"]["rules"];
  BOOST_TEST(rules.size() == lint::all_rules().size());
  BOOST_TEST(rules.at(run["results"].at(0)["ruleIndex"].get<size_t>())["id"] == "UndefinedVar");
}

BOOST_AUTO_TEST_CASE(no_two_rules_have_one_name) {
  std::set<std::string> names;
  for (const lint::Rule& rule : lint::all_rules()) BOOST_TEST(names.insert(rule.name).second);
  BOOST_TEST(names.size() >= 22u + 7u);
}

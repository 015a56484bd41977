#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "lint/lint.hpp"

namespace lint_test {

using Strings = std::vector<std::string>;

inline trainyard::lint::Surroundings surroundings() {
  trainyard::lint::Surroundings result;
  result.platform = {"linux", "amd64", ""};
  result.rules = trainyard::lint::RuleSet::all;
  // "base" is the one image that is known.
  result.base = [](int, const std::string& name) -> std::shared_ptr<trainyard::build::BaseImage> {
    if (name != "base") return nullptr;
    auto image = std::make_shared<trainyard::build::BaseImage>();
    image->name = name;
    image->config.platform = {"linux", "amd64", ""};
    image->config.config.env = {"PATH=/bin", "BASE=b"};
    return image;
  };
  return result;
}

inline trainyard::lint::Report check(const std::string& text,
                                     const trainyard::lint::Surroundings& known = surroundings()) {
  return trainyard::lint::check(trainyard::dockerfile::parse_dockerfile(text, "Dockerfile"), known);
}

/// "rule line:column" of each finding; a note has a "?" behind it.
inline Strings found(const std::string& text,
                     const trainyard::lint::Surroundings& known = surroundings()) {
  Strings result;
  for (const auto& finding : check(text, known).findings)
    result.push_back(std::string(finding.rule->name) + " " + std::to_string(finding.at.line) + ":" +
                     std::to_string(finding.at.column) +
                     (finding.severity == trainyard::lint::Severity::note ? "?" : ""));
  return result;
}

/// By the rules of a build: advice does not come in between.
inline Strings published(const std::string& text,
                         trainyard::lint::Surroundings known = surroundings()) {
  known.rules = trainyard::lint::RuleSet::build;
  return found(text, known);
}

/// What the only finding says to write.
inline std::string mend_of(const std::string& text) {
  const auto report = check(text);
  return report.findings.size() == 1 ? report.findings[0].mend
                                     : std::to_string(report.findings.size()) + " findings";
}

}  // namespace lint_test

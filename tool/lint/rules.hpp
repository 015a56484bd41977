#pragma once

#include <span>
#include <string>
#include <string_view>

namespace trainyard::lint {

enum class Severity {
  warning,
  note  ///< worth knowing; does not make a file unclean
};

/// What Dockerfiles are checked for. The names of the published rules (docs.docker.com, "Build
/// checks", frontend 1.26) are theirs, and each fires when theirs does.
struct Rule {
  enum class When {
    build,        ///< in every build, and by `trainyard lint`
    lint,         ///< by `trainyard lint` alone: advice, or a guess
    experimental  ///< where `# check=experimental=NAME` asks for it
  };
  const char* name;
  Severity severity;
  When when;
  const char* summary;         ///< what is wrong, in one sentence
  const char* page = nullptr;  ///< of a published rule: the last part of its page's address
};

std::span<const Rule> all_rules();
/// There must be one of that name.
const Rule& rule_called(std::string_view name);
/// Where a published rule is explained; empty for ours.
std::string page_of(const Rule& rule);

}  // namespace trainyard::lint

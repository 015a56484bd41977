#pragma once

#include <string>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "lint/rules.hpp"

namespace trainyard::lint {

struct Finding {
  const Rule* rule;
  Severity severity;
  std::string message;
  std::string mend;  ///< what to write or do instead
  dockerfile::Location at;
  int length = 1;  ///< of what the caret underlines
};

/// Which rules count.
enum class RuleSet {
  build,  ///< those of every build
  all
};

/// Collects findings; drops those that the file does not want to be checked for.
class Findings {
 public:
  /// Both must outlive it.
  Findings(const dockerfile::Dockerfile& file, const dockerfile::CheckSettings& settings,
           RuleSet rules);

  const dockerfile::Dockerfile& file() const { return file_; }
  void add(const char* rule, const dockerfile::Location& at, size_t length, std::string message,
           std::string mend);
  /// With another severity than the rule's own.
  void add(const char* rule, Severity severity, const dockerfile::Location& at, size_t length,
           std::string message, std::string mend);

  /// In the order of lines.
  std::vector<Finding> take();

 private:
  /// What the comments right above the instruction around a line say.
  dockerfile::CheckSettings settings_at(int line) const;

  const dockerfile::Dockerfile& file_;
  const dockerfile::CheckSettings& settings_;
  const RuleSet rules_;
  std::vector<int> starts_;  ///< lines that instructions begin at, ascending
  std::vector<Finding> found_;
};

/// The comment lines right above a line, without their `#`, the nearest last; directives are none,
/// and an empty line or an empty comment ends them.
std::vector<std::string> comments_above(const dockerfile::Dockerfile& file, int line);

}  // namespace trainyard::lint

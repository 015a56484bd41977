#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace trainyard::dockerfile {

/// Which rules a Dockerfile wants to be checked by: `skip=A,B;experimental=C;error=true`, in the
/// directive `# check=`, in a comment right above an instruction, or in the build argument
/// BUILDKIT_DOCKERFILE_CHECK. Letter case of rule names does not count.
struct CheckSettings {
  std::set<std::string> skipped;       ///< lower case; "all" for every rule
  std::set<std::string> experimental;  ///< rules that are off unless named here; or "all"
  bool error = false;                  ///< findings end the build

  bool skips(std::string_view rule) const;
  bool tries(std::string_view experimental_rule) const;
  /// Adds what an instruction's own comment says.
  void add(const CheckSettings& more);
};

/// A part of the text that says nothing that is known.
struct CheckProblem {
  size_t offset = 0;
  size_t length = 0;
  std::string cause;
};

/// Reads `text` into `settings`; answers the first part that cannot be understood.
std::optional<CheckProblem> read_check_settings(std::string_view text, CheckSettings& settings);

}  // namespace trainyard::dockerfile

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace trainyard::lint {

/// Whether a variable of this name holds a secret by its name, as the rule SecretsUsedInArgOrEnv
/// has it: one of its parts between underscores is a word such as "password", and none says that
/// it is public.
bool names_a_secret(std::string_view name);

/// A text of the form of a credential.
struct SecretText {
  size_t offset = 0;
  size_t length = 0;
  std::string kind;  ///< "an access key of AWS"
};
/// The first one at or behind `from`. Placeholders and variables are none.
std::optional<SecretText> find_secret(std::string_view text, size_t from = 0);

}  // namespace trainyard::lint

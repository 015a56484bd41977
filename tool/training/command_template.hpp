#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::training {

/// The environment variable of a parameter: no shell hands on a name with "." or "-", so "_" stands
/// for them.
std::string variable_of_parameter(std::string name);

/// Whether `name` can be a parameter: a letter or `_`, then letters, digits, `_`, `-` and `.`.
bool is_parameter_name(std::string_view name);

/// Replaces `{k}` by the value of parameter k. `{{` is `{`, and the `}}` that belongs to it is `}`.
/// Braces around anything that is not a parameter's name stay as they are, so JSON text needs no
/// escapes: `{"rate":{rate}}`.
/// `{name}` of no parameter is a usage error with `where` as its subject.
std::string expand_parameters(std::string_view text,
                              const std::vector<std::pair<std::string, std::string>>& parameters,
                              const std::string& where);

}  // namespace trainyard::training

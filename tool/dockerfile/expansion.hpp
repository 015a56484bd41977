#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::dockerfile {

/// Value of a variable, or nothing when it is not set.
using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

/// What expansion gives: the text, and the names that were looked up and not set (for warnings and
/// hints).
struct Expanded {
  std::string text;
  std::set<std::string> unset;
};

/// Expands $x, ${x}, ${x:-w} ${x-w} ${x:+w} ${x+w} ${x:?w} ${x?w} ${x#p} ${x##p} ${x%p} ${x%%p}
/// ${x/p/w} ${x//p/w} (p: shell_pattern.hpp), removes quotes and escapes as
/// the Dockerfile reference says for ENV, LABEL, COPY, ADD, WORKDIR, USER, EXPOSE, VOLUME,
/// STOPSIGNAL, FROM, ARG. Single quotes keep everything. Throws Error (usage) with a cause that
/// fits behind "file:line:column: ".
Expanded expand(std::string_view text, char escape, const Lookup& lookup);

/// Expands the variables of a here-document: quotes are ordinary characters, a backslash takes the
/// meaning from the character behind it and goes.
Expanded expand_heredoc(std::string_view text, const Lookup& lookup);

/// The same as expand(), then split at unquoted white space: for lists of words such as EXPOSE.
std::vector<std::string> expand_words(std::string_view text, char escape, const Lookup& lookup);

/// What is wrong with a text whatever the variables hold: an open quote, a malformed `${`. `offset`
/// and `length` say where in the text.
struct ExpansionProblem {
  std::string cause;
  std::string hint;
  size_t offset = 0;
  size_t length = 1;
};
std::optional<ExpansionProblem> find_expansion_problem(std::string_view text, char escape);

}  // namespace trainyard::dockerfile

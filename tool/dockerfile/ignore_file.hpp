#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/glob.hpp"

namespace trainyard::dockerfile {

/// `.dockerignore`: patterns of Go's filepath.Match with `**`, `!` exceptions, the last match wins.
/// A `#` at the very start of a line makes it a comment; white space around a pattern, a slash at
/// either end and `.` and `..` parts do not count; the pattern `.` alone is ignored.
class IgnoreFile {
 public:
  IgnoreFile() = default;
  /// Throws source_error naming `name` and the line for a malformed pattern.
  static IgnoreFile parse(std::string_view text, const std::string& name);

  /// Of patterns that stand one by one, as in COPY --exclude. Throws usage_error.
  static IgnoreFile of(const std::vector<std::string>& patterns);

  /// Whether `path` (relative to the context root, '/' between parts, no leading "./") is left out.
  /// A path below an ignored folder is ignored too unless an exception brings it back.
  bool ignores(std::string_view path) const;
  /// Whether a folder may be skipped without looking inside: it is ignored and no exception can
  /// match anything below it.
  bool prunes(std::string_view folder) const;
  /// Whether some pattern, exceptions aside, could match below a folder.
  bool may_match_below(std::string_view folder) const;
  bool empty() const { return patterns_.empty(); }
  /// Whether some pattern begins with `!`.
  bool has_exceptions() const;
  /// Whether a pattern leaves out whatever lies in the context: `*` or `**`.
  bool ignores_everything() const;

 private:
  struct Pattern {
    Glob glob;
    bool exception = false;
    bool everything = false;
  };
  void add(std::string_view pattern, bool exception);
  /// Index of the last pattern that matches the path or a folder above it; patterns_.size() if none
  /// does.
  size_t last_match(std::string_view path) const;

  std::vector<Pattern> patterns_;
};

/// Go's filepath.Match for one path part: `*`, `?`, `[a-z]`, `[^a-z]`, backslash escapes. Throws
/// usage_error for a malformed pattern. To match many names, compile a Glob.
bool match_part(std::string_view pattern, std::string_view name);
/// Whole paths, part by part (`*` does not cross '/'); used by COPY wildcards.
bool match_path(std::string_view pattern, std::string_view path);

}  // namespace trainyard::dockerfile

#include "dockerfile/ignore_file.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/lexer.hpp"

namespace trainyard::dockerfile {

namespace {

/// The pattern relative to the context root: no empty, `.` or `..` parts but leading `..`, no slash
/// at the ends. Empty when nothing is left.
std::string cleaned(std::string_view pattern) {
  const bool rooted = pattern.starts_with('/');
  std::vector<std::string_view> parts;
  while (!pattern.empty()) {
    const size_t slash = std::min(pattern.find('/'), pattern.size());
    const std::string_view part = pattern.substr(0, slash);
    pattern.remove_prefix(std::min(slash + 1, pattern.size()));
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      parts.push_back(part);
    } else if (!parts.empty() && parts.back() != "..") {
      parts.pop_back();
    } else if (!rooted) {
      parts.push_back(part);
    }
  }
  std::string result;
  for (const std::string_view part : parts) {
    if (!result.empty()) result += '/';
    result += part;
  }
  return result;
}

}  // namespace

IgnoreFile IgnoreFile::parse(std::string_view text, const std::string& name) {
  IgnoreFile file;
  const std::vector<std::string> lines = split_lines(text);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    if (line.starts_with('#')) continue;
    std::string_view pattern = trimmed(line);
    if (pattern.empty()) continue;
    const size_t column = static_cast<size_t>(pattern.data() - line.data()) + 1;
    const SourcePosition at{name, static_cast<int>(i) + 1, static_cast<int>(column),
                            static_cast<int>(pattern.size()), line};
    const bool exception = pattern.front() == '!';
    if (exception) pattern = trimmed(pattern.substr(1));
    if (pattern.empty())
      throw source_error(at, "\"!\" is not followed by a pattern",
                         "write !pattern to keep what an earlier line leaves out");
    try {
      file.add(pattern, exception);
    } catch (const Error& error) {
      throw source_error(at, "this pattern is malformed: " + error.cause(), error.hint());
    }
  }
  return file;
}

IgnoreFile IgnoreFile::of(const std::vector<std::string>& patterns) {
  IgnoreFile file;
  for (const std::string& text : patterns) {
    std::string_view pattern = trimmed(text);
    const bool exception = pattern.starts_with('!');
    if (exception) pattern.remove_prefix(1);
    file.add(pattern, exception);
  }
  return file;
}

void IgnoreFile::add(std::string_view pattern, bool exception) {
  const std::string clean = cleaned(pattern);
  if (clean.empty()) return;
  const bool everything = clean == "*" || clean == "**" || clean == "**/*";
  patterns_.push_back({Glob::compile(clean, Glob::Dialect::ignore_file), exception, everything});
}

bool IgnoreFile::has_exceptions() const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [](const Pattern& pattern) { return pattern.exception; });
}

bool IgnoreFile::ignores_everything() const {
  return std::any_of(patterns_.begin(), patterns_.end(), [](const Pattern& pattern) {
    return pattern.everything && !pattern.exception;
  });
}

size_t IgnoreFile::last_match(std::string_view path) const {
  for (size_t i = patterns_.size(); i-- > 0;) {
    for (size_t end = path.find('/'); end != std::string_view::npos; end = path.find('/', end + 1))
      if (patterns_[i].glob.matches(path.substr(0, end))) return i;
    if (patterns_[i].glob.matches(path)) return i;
  }
  return patterns_.size();
}

bool IgnoreFile::ignores(std::string_view path) const {
  const size_t match = last_match(path);
  return match < patterns_.size() && !patterns_[match].exception;
}

bool IgnoreFile::prunes(std::string_view folder) const {
  const size_t match = last_match(folder);
  if (match == patterns_.size() || patterns_[match].exception) return false;
  // Only a later exception can outdo the pattern that ignores the folder: earlier ones lose to it
  // below the folder as well.
  for (size_t i = match + 1; i < patterns_.size(); ++i)
    if (patterns_[i].exception && patterns_[i].glob.may_match_below(folder)) return false;
  return true;
}

bool IgnoreFile::may_match_below(std::string_view folder) const {
  for (const Pattern& pattern : patterns_)
    if (!pattern.exception && pattern.glob.may_match_below(folder)) return true;
  return false;
}

bool match_part(std::string_view pattern, std::string_view name) {
  return Glob::compile(pattern, Glob::Dialect::go).matches(name);
}

bool match_path(std::string_view pattern, std::string_view path) {
  return Glob::compile(pattern, Glob::Dialect::go).matches(path);
}

}  // namespace trainyard::dockerfile

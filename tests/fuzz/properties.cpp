#include "properties.hpp"

#include "base/error.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/ignore_file.hpp"
#include "lint/finding_text.hpp"
#include "print_dockerfile.hpp"

using namespace trainyard;
using namespace trainyard::dockerfile;

namespace fuzz {

namespace {

using Broken = std::optional<std::string>;

Broken bad_error(const Error& error) {
  if (error.code() != ExitCode::usage) return "not an error in the input: " + error.render();
  if (error.cause().empty()) return "an error without a cause: " + error.render();
  return std::nullopt;
}

bool lies_within(const Dockerfile& file, const Location& at) {
  return at.line >= 1 && static_cast<size_t>(at.line) <= file.lines.size() && at.column >= 1 &&
         static_cast<size_t>(at.column) <=
             file.lines[static_cast<size_t>(at.line) - 1].size() + 1 &&
         at.end_line >= at.line && static_cast<size_t>(at.end_line) <= file.lines.size();
}

std::vector<Location> places_of(const Dockerfile& file) {
  std::vector<Location> places;
  for (const Arg& arg : file.global_args) {
    Location at = arg.declarations.at(0).name.at;
    places.push_back(at);
  }
  for (const Stage& stage : file.stages) {
    places.push_back(stage.at);
    for (const Instruction& instruction : stage.instructions) places.push_back(instruction.at);
  }
  return places;
}

/// Each instruction's lines, and none between them that says something.
Broken lost_line(const Dockerfile& file) {
  int line = file.directive_lines;
  for (const Location& at : places_of(file)) {
    if (!lies_within(file, at)) return "a place outside of the file";
    if (at.line <= line) return "two instructions in line " + std::to_string(at.line);
    for (++line; line < at.line; ++line) {
      const std::string_view text = trimmed(file.lines[static_cast<size_t>(line) - 1]);
      // What continues a global ARG before its name.
      const bool opens = text.ends_with(file.escape);
      if (!text.empty() && !text.starts_with('#') && !opens)
        return "line " + std::to_string(line) + " belongs to no instruction";
    }
    line = at.end_line;
  }
  for (++line; static_cast<size_t>(line) <= file.lines.size(); ++line) {
    const std::string_view text = trimmed(file.lines[static_cast<size_t>(line) - 1]);
    // A lone continuation at the very end says nothing.
    if (!text.empty() && !text.starts_with('#') && text != std::string_view(&file.escape, 1))
      return "line " + std::to_string(line) + " belongs to no instruction";
  }
  return std::nullopt;
}

Broken not_the_same_again(const Dockerfile& file) {
  const std::optional<std::string> text = print_dockerfile(file);
  if (!text) return std::nullopt;
  const std::string& printed = *text;
  try {
    const Dockerfile again = parse_dockerfile(printed, "again");
    if (describe(again) == describe(file)) return std::nullopt;
    return "read again it is another file:\n" + printed + "\n" + describe(file) + "\n" +
           describe(again);
  } catch (const Error& error) {
    return "printed it is refused: " + error.render() + printed;
  }
}

Broken bad_findings(const Dockerfile& file) {
  lint::Surroundings known;
  known.platform = {"linux", "amd64", ""};
  known.rules = lint::RuleSet::all;
  try {
    const lint::Report report = lint::check(file, known);
    for (const lint::Finding& finding : report.findings) {
      const Location& at = finding.at;
      if (at.line < 1 || static_cast<size_t>(at.line) > file.lines.size() || at.column < 1)
        return std::string("a finding outside of the file: ") + finding.rule->name;
      if (lint::as_text(file, finding).find('^') == std::string::npos)
        return std::string("a finding without a caret: ") + finding.rule->name;
    }
  } catch (const Error& error) {
    return bad_error(error);
  }
  return std::nullopt;
}

}  // namespace

Broken broken_by_dockerfile(std::string_view text, bool& accepted) {
  accepted = false;
  try {
    const Dockerfile file = parse_dockerfile(text, "Dockerfile");
    accepted = true;
    if (auto broken = lost_line(file)) return broken;
    if (auto broken = not_the_same_again(file)) return broken;
    return bad_findings(file);
  } catch (const Error& error) {
    return bad_error(error);
  } catch (const std::exception& error) {
    return std::string("fell over: ") + error.what();
  }
}

Broken broken_by_ignore_file(std::string_view text, bool& accepted) {
  accepted = false;
  try {
    const IgnoreFile file = IgnoreFile::parse(text, "ignore");
    accepted = true;
    const auto kept_below = [&file](const std::string& folder) {
      for (const char* name : {"/a", "/b/a", "/a/b/a", "/.x"})
        if (file.prunes(folder) && !file.ignores(folder + name)) return true;
      return false;
    };
    for (const std::string folder : {"a", "b", "a/b", "b/a/b"}) {
      if (file.prunes(folder) && !file.ignores(folder)) return "prunes what it keeps: " + folder;
      if (kept_below(folder)) return "prunes a folder of which it keeps something: " + folder;
    }
    if (file.ignores_everything() && !file.has_exceptions() && !file.ignores("a"))
      return "leaves out everything, but not a";
    return std::nullopt;
  } catch (const Error& error) {
    return bad_error(error);
  } catch (const std::exception& error) {
    return std::string("fell over: ") + error.what();
  }
}

}  // namespace fuzz

#include <algorithm>

#include "dockerfile/characters.hpp"
#include "lint/checks.hpp"

// How a file is written: the case of its words, names of stages, comments, empty lines.

namespace trainyard::lint {

using dockerfile::Dockerfile;
using dockerfile::Location;
using dockerfile::lowered;
using dockerfile::Stage;
using dockerfile::uppered;
using dockerfile::Word;

namespace {

struct Keyword {
  std::string written;
  Location at;
};

std::string first_word(const std::string& text) {
  return text.substr(0, std::min(text.find_first_of(" \t\v\f\r"), text.size()));
}

/// Of every instruction but the ARGs before the first FROM.
std::vector<Keyword> keywords_of(const Dockerfile& file) {
  std::vector<Keyword> keywords;
  for (const Stage& stage : file.stages) {
    keywords.push_back({first_word(stage.text), stage.at});
    for (const auto& instruction : stage.instructions)
      keywords.push_back({first_word(instruction.text), instruction.at});
  }
  return keywords;
}

void check_case_of_keywords(const Dockerfile& file, Findings& findings) {
  const std::vector<Keyword> keywords = keywords_of(file);
  size_t uppers = 0, lowers = 0;
  for (const Keyword& keyword : keywords) {
    uppers += keyword.written == uppered(keyword.written) ? 1 : 0;
    lowers += keyword.written == lowered(keyword.written) ? 1 : 0;
  }
  const bool lower = lowers > uppers;
  for (const Keyword& keyword : keywords) {
    const std::string right = lower ? lowered(keyword.written) : uppered(keyword.written);
    if (keyword.written == right) continue;
    findings.add("ConsistentInstructionCasing", keyword.at, keyword.written.size(),
                 "\"" + keyword.written + "\" should be " + (lower ? "lower" : "upper") +
                     " case, as most instructions of this file are",
                 "write " + right);
  }
}

void check_stage_name(const Stage& stage, Findings& findings) {
  const Word& written = *stage.from.written_name;
  const std::string& name = stage.from.name;
  if (written.text != name)
    findings.add("StageNameCasing", written.at, written.text.size(),
                 "the name of the stage \"" + written.text + "\" should be lower case",
                 "write AS " + name);
  if (name == "scratch" || name == "context")
    findings.add("ReservedStageName", written.at, written.text.size(),
                 "\"" + name + "\" is reserved: it has a meaning of its own where a stage is named",
                 "choose another name");
  // Of a FROM in mixed case the keyword itself is what is wrong.
  const std::string from = first_word(stage.text);
  const Word& as = *stage.from.as;
  const bool lower = from == lowered(from);
  if (!lower && from != uppered(from)) return;
  const std::string right = lower ? "as" : "AS";
  if (as.text != right)
    findings.add("FromAsCasing", as.at, as.text.size(),
                 "\"" + as.text + "\" is not written in the case of \"" + from + "\"",
                 "write " + right);
}

void check_stage_names(const Dockerfile& file, Findings& findings) {
  for (size_t i = 0; i < file.stages.size(); ++i) {
    const Stage& stage = file.stages[i];
    if (stage.from.name.empty()) continue;
    check_stage_name(stage, findings);
    for (size_t j = 0; j < i; ++j) {
      if (file.stages[j].from.name != stage.from.name) continue;
      findings.add("DuplicateStageName", stage.from.written_name->at,
                   stage.from.written_name->text.size(),
                   "the name of the stage \"" + stage.from.name + "\" is taken by line " +
                       std::to_string(file.stages[j].at.line),
                   "give each stage a name of its own");
      break;
    }
  }
}

void check_description(const std::string& keyword, const Location& at,
                       const std::vector<std::string>& names, Findings& findings) {
  const std::vector<std::string> comments = comments_above(findings.file(), at.line);
  if (comments.empty() || names.empty()) return;
  const std::string& comment = comments.back();
  if (lowered(comment).starts_with("check=")) return;
  if (std::find(names.begin(), names.end(), comment.substr(0, comment.find(' '))) != names.end())
    return;
  findings.add("InvalidDefinitionDescription", at, keyword.size(),
               "the comment above this " + keyword + " does not describe it",
               "write \"# " + names.front() +
                   " description\", or an empty line between the comment and the instruction");
}

void check_descriptions(const dockerfile::Arg& arg, const Location& at, Findings& findings) {
  std::vector<std::string> names;
  for (const auto& declaration : arg.declarations) names.push_back(declaration.name.text);
  check_description("ARG", at, names, findings);
}

void check_all_descriptions(const Dockerfile& file, Findings& findings) {
  for (const auto& arg : file.global_args) {
    const Location& name = arg.declarations.front().name.at;
    check_descriptions(arg, {name.line, 1, name.end_line}, findings);
  }
  for (const Stage& stage : file.stages) {
    if (!stage.from.name.empty()) check_description("FROM", stage.at, {stage.from.name}, findings);
    for (const auto& instruction : stage.instructions)
      if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body))
        check_descriptions(*arg, instruction.at, findings);
  }
}

void check_maintainers(const Dockerfile& file, Findings& findings) {
  for (const Stage& stage : file.stages)
    for (const auto& instruction : stage.instructions)
      if (const auto* maintainer = std::get_if<dockerfile::Maintainer>(&instruction.body))
        findings.add(
            "MaintainerDeprecated", instruction.at, first_word(instruction.text).size(),
            "MAINTAINER is deprecated: a label says who wrote an image",
            "write LABEL org.opencontainers.image.authors=\"" + maintainer->name.text + "\"");
}

}  // namespace

void check_spelling(const Dockerfile& file, Findings& findings) {
  for (const Location& blank : file.blank_continuations)
    findings.add("NoEmptyContinuation", blank, 1,
                 "an empty line inside a continued instruction; it will be an error some day",
                 "remove the line, or begin it with #");
  check_case_of_keywords(file, findings);
  check_stage_names(file, findings);
  check_all_descriptions(file, findings);
  check_maintainers(file, findings);
}

}  // namespace trainyard::lint

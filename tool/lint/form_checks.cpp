#include <array>

#include "dockerfile/characters.hpp"
#include "lint/checks.hpp"

// Instructions in an old form, and such as have no effect.

namespace trainyard::lint {

using dockerfile::Body;
using dockerfile::Instruction;
using dockerfile::KeyValue;
using dockerfile::Stage;

namespace {

void check_old_form(const std::string& keyword, const std::vector<KeyValue>& pairs,
                    Findings& findings) {
  const KeyValue& pair = pairs.front();
  const bool quoted = pair.value.text.starts_with('"') || pair.value.text.starts_with('\'');
  // `ENV A = 1` sets A to "= 1": the blanks are the mistake.
  const bool spaced = pair.value.text.starts_with("= ") || pair.value.text == "=";
  const std::string value =
      spaced ? std::string(dockerfile::trimmed(std::string_view(pair.value.text).substr(1)))
             : pair.value.text;
  const bool simple = quoted || value.find_first_of(" \t") == std::string::npos;
  findings.add(
      "LegacyKeyValueFormat", pair.key.at, pair.key.text.size(),
      spaced ? "with blanks around \"=\" this is the old form \"" + keyword +
                   " name value\", and the value begins with \"=\""
             : "\"" + keyword + " name value\" is the old form, in which no second pair can stand",
      "write " + keyword + " " + pair.key.text + "=" + (simple ? value : "\"" + value + "\""));
}

void check_repeated(const Stage& stage, Findings& findings) {
  constexpr std::array<const char*, 3> names{"CMD", "ENTRYPOINT", "HEALTHCHECK"};
  std::array<const Instruction*, 3> last{};
  for (const Instruction& instruction : stage.instructions) {
    const Body& body = instruction.body;
    const size_t kind = std::holds_alternative<dockerfile::Cmd>(body)           ? 0
                        : std::holds_alternative<dockerfile::Entrypoint>(body)  ? 1
                        : std::holds_alternative<dockerfile::HealthCheck>(body) ? 2
                                                                                : 3;
    if (kind == names.size()) continue;
    if (last[kind] != nullptr)
      findings.add("MultipleInstructionsDisallowed", last[kind]->at,
                   std::string(names[kind]).size(),
                   std::string("this ") + names[kind] +
                       " has no effect: only the last of a stage counts, line " +
                       std::to_string(instruction.at.line),
                   std::string("remove it, or give its ") + names[kind] + " a stage of its own");
    last[kind] = &instruction;
  }
}

}  // namespace

void check_forms(const Stage& stage, Findings& findings) {
  for (const Instruction& instruction : stage.instructions) {
    if (const auto* env = std::get_if<dockerfile::Env>(&instruction.body); env && env->old_form)
      check_old_form("ENV", env->variables, findings);
    if (const auto* label = std::get_if<dockerfile::Label>(&instruction.body);
        label && label->old_form)
      check_old_form("LABEL", label->labels, findings);
  }
  check_repeated(stage, findings);
}

}  // namespace trainyard::lint

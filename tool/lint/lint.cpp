#include "lint/lint.hpp"

#include <algorithm>

#include "base/spelling.hpp"
#include "build/expand_word.hpp"
#include "dockerfile/characters.hpp"
#include "lint/checks.hpp"

namespace trainyard::lint {

using build::BuildArguments;
using build::StageState;
using dockerfile::CheckSettings;
using dockerfile::Dockerfile;
using dockerfile::Instruction;
using dockerfile::Location;
using dockerfile::Stage;

namespace {

/// The build argument outdoes what the file says.
constexpr const char* k_argument = "BUILDKIT_DOCKERFILE_CHECK";

CheckSettings settings_of(const Dockerfile& file, const Surroundings& surroundings) {
  for (const auto& [name, value] : surroundings.build_args) {
    if (name != k_argument) continue;
    CheckSettings settings;
    if (const auto problem = read_check_settings(value, settings))
      throw usage_error("reading", std::string("--build-arg ") + k_argument, problem->cause,
                        "write skip=RuleName,OtherRule;error=true");
    return settings;
  }
  return file.checks;
}

void check_names_of_rules(const CheckSettings& settings, Findings& findings) {
  std::vector<std::string> names;
  for (const Rule& rule : all_rules()) names.emplace_back(rule.name);
  const auto known = [&names](const std::string& name) {
    return name == "all" || std::any_of(names.begin(), names.end(), [&](const std::string& each) {
             return dockerfile::lowered(each) == name;
           });
  };
  for (const auto* list : {&settings.skipped, &settings.experimental})
    for (const std::string& name : *list)
      if (!known(name))
        findings.add("UnknownCheck", Location{1, 1, 1}, 1, "there is no rule \"" + name + "\"",
                     suggestion(name, names));
}

class Walk {
 public:
  Walk(const Dockerfile& file, const Surroundings& surroundings, Findings& findings)
      : file_(file),
        surroundings_(surroundings),
        findings_(findings),
        arguments_(file, surroundings.build_args, surroundings.platform, surroundings.target) {}

  void run() {
    check_spelling(file_, findings_);
    check_bases(file_, surroundings_, arguments_, findings_);
    check_secret_values(file_, findings_);
    for (size_t i = 0; i < file_.stages.size(); ++i)
      if (!surroundings_.needed || surroundings_.needed->contains(static_cast<int>(i)))
        scope_of(static_cast<int>(i));
  }

 private:
  /// Goes through a stage once, after those that it stands on.
  const StageScope& scope_of(int index) {
    if (const auto it = scopes_.find(index); it != scopes_.end()) return it->second;
    const Stage& stage = file_.stages[static_cast<size_t>(index)];
    StageScope scope = start(stage, index);
    check_forms(stage, findings_);
    check_commands(stage, findings_);
    for (const Instruction& instruction : stage.instructions) {
      try {
        check_values(instruction, scope, surroundings_, arguments_, findings_);
        take_in(instruction, scope);
      } catch (const Error&) {
        // Variables that an unknown base image sets are missing here, not in the build.
        if (scope.base_known || instruction.text.find('$') == std::string::npos) throw;
      }
    }
    return scopes_.emplace(index, std::move(scope)).first->second;
  }

  StageScope start(const Stage& stage, int index) {
    const auto lookup = [this](std::string_view name) { return arguments_.global(name); };
    const std::string name = build::expand_word(file_, stage.from.image, lookup);
    const bool is_context = surroundings_.contexts.contains(name);
    for (int i = is_context ? -1 : index - 1; i >= 0; --i) {
      if (file_.stages[static_cast<size_t>(i)].from.name != dockerfile::lowered(name)) continue;
      StageScope scope = scope_of(i);
      scope.state = StageState::inherit(scope.state);
      return scope;
    }
    StageScope scope;
    scope.base_name = name;
    std::shared_ptr<const build::BaseImage> base;
    if (is_context || name != "scratch") {
      if (surroundings_.base) base = surroundings_.base(index, name);
      scope.base_known = base != nullptr;
    }
    if (base) check_platform(stage, *base);
    scope.state = StageState::begin(base.get(), surroundings_.platform);
    Dockerfile copy;
    for (const std::string& trigger : scope.state.take_triggers()) {
      if (copy.lines.empty()) copy = file_;
      take_in(dockerfile::parse_trigger(copy, trigger, stage.at), scope);
    }
    return scope;
  }

  void check_platform(const Stage& stage, const build::BaseImage& base) {
    const auto lookup = [this](std::string_view name) { return arguments_.global(name); };
    oci::Platform wanted = surroundings_.platform;
    if (stage.from.platform)
      wanted = oci::parse_platform(build::expand_word(file_, *stage.from.platform, lookup));
    const oci::Platform& actual = base.config.platform;
    if (actual.architecture.empty() ||
        (actual.os == wanted.os && actual.architecture == wanted.architecture))
      return;
    const std::string image = stage.from.image.text;
    findings_.add("InvalidBaseImagePlatform", stage.from.image.at, image.size(),
                  "the base image " + image + " is for " + actual.os + "/" + actual.architecture +
                      ", and this build for " + wanted.os + "/" + wanted.architecture,
                  "take an image for " + wanted.os + "/" + wanted.architecture);
  }

  void take_in(const Instruction& instruction, StageScope& scope) {
    if (const auto* workdir = std::get_if<dockerfile::Workdir>(&instruction.body)) {
      scope.state.change_directory(file_, *workdir);
      scope.workdir_set = true;
      return;
    }
    scope.state.apply(file_, instruction, arguments_);
    if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body))
      for (const auto& declaration : arg->declarations)
        scope.declared.insert(declaration.name.text);
  }

  const Dockerfile& file_;
  const Surroundings& surroundings_;
  Findings& findings_;
  const BuildArguments arguments_;
  std::map<int, StageScope> scopes_;
};

}  // namespace

bool Report::clean() const {
  return std::all_of(findings.begin(), findings.end(),
                     [](const Finding& finding) { return finding.severity == Severity::note; });
}

Report check(const Dockerfile& file, const Surroundings& surroundings) {
  const CheckSettings settings = settings_of(file, surroundings);
  Findings findings(file, settings, surroundings.rules);
  check_names_of_rules(settings, findings);
  Walk(file, surroundings, findings).run();
  return {findings.take(), settings.error};
}

}  // namespace trainyard::lint

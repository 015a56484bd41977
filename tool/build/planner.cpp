#include "build/planner.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/spelling.hpp"
#include "build/build_arguments.hpp"
#include "build/copy_plan.hpp"
#include "build/expand_word.hpp"
#include "build/history_text.hpp"
#include "build/stage_state.hpp"

namespace trainyard::build {

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::optional<int> stage_number(const std::string& text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

int target_stage(const dockerfile::Dockerfile& source, const std::string& wanted) {
  const int count = static_cast<int>(source.stages.size());
  if (wanted.empty()) return count - 1;
  std::vector<std::string> names;
  for (int i = count - 1; i >= 0; --i) {
    const std::string& name = source.stages[static_cast<size_t>(i)].from.name;
    if (!name.empty() && name == lower(wanted)) return i;
    if (!name.empty()) names.push_back(name);
  }
  if (const auto number = stage_number(wanted); number && *number >= 0 && *number < count)
    return *number;
  throw usage_error("building stage", "\"" + wanted + "\"", source.name + " has no such stage",
                    suggestion(wanted, names));
}

class Planner {
 public:
  Planner(Plan& plan, const BuildRequest& request, BaseImages& images)
      : plan_(plan),
        request_(request),
        images_(images),
        arguments_(plan.source, request.build_args, plan.platform, request.stage) {}

  void run() {
    plan_.target = target_stage(plan_.source, request_.stage);
    need(plan_.target);
    number_steps();
    for (const std::string& name : arguments_.unused(plan_.source)) warn_unused(name);
    for (const std::string& name : request_.uncached_stages)
      warn_unknown_stage(name, "--no-cache-filter");
    for (const std::string& name : request_.squashed_stages)
      if (!name.empty()) warn_unknown_stage(name, "--squash");
    plan_.source_date_epoch = source_date_epoch();
  }

 private:
  void warn_unused(const std::string& name) {
    std::vector<std::string> known;
    for (const auto& arg : plan_.source.global_args)
      for (const auto& declaration : arg.declarations) known.push_back(declaration.name.text);
    for (const auto& stage : plan_.source.stages)
      for (const auto& instruction : stage.instructions)
        if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body))
          for (const auto& declaration : arg->declarations) known.push_back(declaration.name.text);
    const std::string hint = suggestion(name, known);
    plan_.warnings.push_back("warning: no ARG takes the build argument \"" + name + "\"" +
                             (hint.empty() ? "" : "; " + hint) + "\n");
  }

  std::string source_date_epoch() const {
    const std::string text = arguments_.given("SOURCE_DATE_EPOCH").value_or("");
    if (text.size() > 15 || text.find_first_not_of("0123456789") != std::string::npos)
      throw usage_error("reading", "SOURCE_DATE_EPOCH",
                        "\"" + text + "\" is not a number of seconds",
                        "write seconds since 1970: $(git log -1 --format=%ct)");
    return text;
  }

  /// Whether one of the words means the stage, by its name or number.
  bool is_among(const std::set<std::string>& words, int index) const {
    const std::string& name = plan_.source.stages[static_cast<size_t>(index)].from.name;
    return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
      return word == std::to_string(index) || (!name.empty() && lower(word) == name);
    });
  }

  bool is_squashed(int index) const {
    return is_among(request_.squashed_stages, index) ||
           (index == plan_.target && request_.squashed_stages.contains(""));
  }

  void warn_unknown_stage(const std::string& word, const std::string& option) {
    std::vector<std::string> names;
    for (const auto& stage : plan_.source.stages)
      if (!stage.from.name.empty()) names.push_back(stage.from.name);
    const auto number = stage_number(word);
    const bool is_number =
        number && *number >= 0 && *number < static_cast<int>(plan_.source.stages.size());
    if (is_number || std::find(names.begin(), names.end(), lower(word)) != names.end()) return;
    const std::string hint = suggestion(word, names);
    plan_.warnings.push_back("warning: no stage is called \"" + word + "\" (" + option + ")" +
                             (hint.empty() ? "" : "; " + hint) + "\n");
  }

  /// Plans a stage and, before it, those that it starts from or copies from. Stages refer to
  /// earlier ones only, so this ends.
  const StageState& need(int index) {
    if (const auto it = states_.find(index); it != states_.end()) return it->second;
    const dockerfile::Stage& stage = plan_.source.stages[static_cast<size_t>(index)];
    PlannedStage planned;
    planned.index = index;
    planned.platform = platform_of(stage);
    planned.uncached = request_.no_cache || is_among(request_.uncached_stages, index);
    StageState state = start(stage, index, planned);
    for (const std::string& trigger : state.take_triggers())
      plan_instruction(planned, state, dockerfile::parse_trigger(plan_.source, trigger, stage.at));
    for (const dockerfile::Instruction& instruction : stage.instructions)
      plan_instruction(planned, state, instruction);
    if (is_squashed(index) && planned.steps.size() > 1)
      planned.steps.push_back({SquashStep{}, stage.at, "squash",
                               state.add_history("squash of the layers of this stage", true), 0});
    planned.history = state.history();
    planned.config = state.image();
    plan_.stages[index] = std::move(planned);
    return states_.emplace(index, std::move(state)).first->second;
  }

  StageState start(const dockerfile::Stage& stage, int index, PlannedStage& planned) {
    const auto lookup = [this](std::string_view name) { return arguments_.global(name); };
    const std::string name = expand_word(plan_.source, stage.from.image, lookup);
    if (name.empty())
      throw plan_.source.error(stage.from.image.at, "FROM names no image: it expands to nothing",
                               hint_for_empty(stage.from.image),
                               static_cast<int>(stage.from.image.text.size()));
    const auto context = request_.contexts.find(name);
    if (context == request_.contexts.end()) {
      if (const auto earlier = stage_called(lower(name), index)) {
        planned.base_stage = *earlier;
        return StageState::inherit(need(*earlier));
      }
      if (name == "scratch") return StageState::begin(nullptr, planned.platform);
    } else if (context->second.kind == ContextSource::Kind::folder) {
      throw plan_.source.error(stage.from.image.at,
                               "the context \"" + name + "\" is a folder, not an image",
                               "start FROM scratch and COPY --from=" + name + " . /");
    }
    planned.base = at_word(plan_.source, stage.from.image, [&] {
      return context == request_.contexts.end()
                 ? image_called(name, index, planned.platform)
                 : images_.find(name, context->second, planned.platform);
    });
    return StageState::begin(planned.base.get(), planned.platform);
  }

  /// A variable that no ARG before the first FROM declares can have no value there.
  std::string hint_for_empty(const dockerfile::Word& image) const {
    std::set<std::string> declared;
    for (const auto& arg : plan_.source.global_args)
      for (const auto& declaration : arg.declarations) declared.insert(declaration.name.text);
    const auto lookup = [this](std::string_view name) { return arguments_.global(name); };
    for (const std::string& name :
         dockerfile::expand(image.text, plan_.source.escape, lookup).unset)
      if (!declared.contains(name))
        return "declare it before the first FROM: ARG " + name + "=IMAGE";
    return "give its ARG a default, or a value with --build-arg";
  }

  oci::Platform platform_of(const dockerfile::Stage& stage) const {
    if (!stage.from.platform) return plan_.platform;
    const auto lookup = [this](std::string_view name) { return arguments_.global(name); };
    const dockerfile::Word& word = *stage.from.platform;
    const std::string text = expand_word(plan_.source, word, lookup);
    oci::Platform platform = at_word(plan_.source, word, [&] { return oci::parse_platform(text); });
    if (platform.os != "linux")
      throw plan_.source.error(word.at, "images for " + text + " are not built",
                               "write linux/ARCHITECTURE", static_cast<int>(word.text.size()));
    return platform;
  }

  std::optional<int> stage_called(const std::string& name, int before) const {
    for (int i = before - 1; i >= 0; --i)
      if (plan_.source.stages[static_cast<size_t>(i)].from.name == name) return i;
    return std::nullopt;
  }

  /// An image in the store; a name that is near an earlier stage's most likely means that.
  std::shared_ptr<const BaseImage> image_called(const std::string& name, int before,
                                                const oci::Platform& platform) {
    try {
      return images_.find(name, platform);
    } catch (const Error& error) {
      std::vector<std::string> stages;
      for (int i = 0; i < before; ++i)
        if (const auto& stage = plan_.source.stages[static_cast<size_t>(i)];
            !stage.from.name.empty())
          stages.push_back(stage.from.name);
      const std::string near = suggestion(name, stages);
      if (near.empty()) throw;
      throw Error(error).with_hint(near);
    }
  }

  void plan_instruction(PlannedStage& planned, StageState& state,
                        const dockerfile::Instruction& instruction) {
    if (const auto* run = std::get_if<dockerfile::Run>(&instruction.body))
      add_step(
          planned, instruction, plan_run(planned, state, instruction, *run),
          state.add_history(run_history(state.declared_arguments(), run_argv(state, *run)), false));
    else if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction.body))
      plan_copy(planned, state, instruction, *copy);
    else if (const auto* workdir = std::get_if<dockerfile::Workdir>(&instruction.body))
      plan_workdir(planned, state, instruction, *workdir);
    else
      state.apply(plan_.source, instruction, arguments_);
  }

  void add_step(PlannedStage& planned, const dockerfile::Instruction& instruction,
                decltype(PlannedStep::body) body, size_t history) {
    planned.steps.push_back({std::move(body), instruction.at, instruction.text, history, 0});
  }

  static std::vector<std::string> run_argv(const StageState& state, const dockerfile::Run& run) {
    if (run.command.exec_form) return run.command.argv;
    std::vector<std::string> argv = state.shell();
    argv.insert(argv.end(), run.command.argv.begin(), run.command.argv.end());
    return argv;
  }

  RunStep plan_run(const PlannedStage& planned, const StageState& state,
                   const dockerfile::Instruction& instruction, const dockerfile::Run& run) {
    RunStep step;
    step.argv = run_argv(state, run);
    step.environment = state.run_environment();
    for (const std::string& proxy : arguments_.proxies())
      if (!state.lookup(proxy.substr(0, proxy.find('=')))) step.unkeyed.push_back(proxy);
    step.working_directory = state.working_directory();
    step.user = state.image().config.user;
    step.network = request_.network;
    if (run.network == "none") step.network = engine::Network::none;
    if (run.network == "host") step.network = engine::Network::host;
    step.platform = planned.platform;
    step.hosts = request_.hosts;
    step.script = run.script;
    step.insecure = run.insecure;
    if (run.insecure && !request_.allowed.contains("security.insecure"))
      throw plan_.source.error(instruction.at,
                               "RUN --security=insecure asks for a step without restrictions, "
                               "which this build does not allow",
                               "if you trust this Dockerfile: trainyard build --allow "
                               "security.insecure");
    step.devices = plan_devices(run, request_);
    step.mounts = plan_mounts(plan_.source, state, run, request_);
    for (PlannedMount& mount : step.mounts) {
      if (mount.asked.from)
        set_origin(mount, planned.index, *mount.asked.from);
      else if (mount.is_bind() && request_.context.empty())
        throw plan_.source.error(mount.asked.text.at, "there is no context folder to mount from",
                                 "give one with CONTEXT, or mount from=STAGE");
    }
    return step;
  }

  void plan_workdir(PlannedStage& planned, StageState& state,
                    const dockerfile::Instruction& instruction,
                    const dockerfile::Workdir& workdir) {
    const std::string path = state.change_directory(plan_.source, workdir);
    // Whether it makes a layer is known when the folder has been looked for.
    const size_t history = state.add_history("WORKDIR " + path, true);
    if (path == "/") return;
    add_step(planned, instruction, WorkdirStep{path, state.image().config.user}, history);
  }

  void plan_copy(PlannedStage& planned, StageState& state,
                 const dockerfile::Instruction& instruction, const dockerfile::Copy& copy) {
    CopyPlan plan = build::plan_copy(plan_.source, state, copy);
    CopyStep& step = plan.step;
    if (copy.from) set_origin(step, planned.index, *copy.from);
    const bool of_context = step.from == CopyStep::From::context && !step.sources.empty();
    if (of_context && request_.context.empty())
      throw plan_.source.error(instruction.at, "there is no context folder to copy from",
                               "give one with CONTEXT, or copy --from another stage");
    add_step(planned, instruction, std::move(step), state.add_history(plan.history, false));
  }

  /// Of a COPY or a mount.
  template <class Step>
  void set_origin(Step& step, int index, const dockerfile::Word& from) {
    using From = typename Step::From;
    const std::string& name = from.text;
    if (const auto context = request_.contexts.find(name); context != request_.contexts.end()) {
      if (context->second.kind == ContextSource::Kind::folder) {
        step.from = From::folder;
        step.folder = context->second.folder;
        return;
      }
      step.from = From::image;
      step.image = at_word(plan_.source, from,
                           [&] { return images_.find(name, context->second, plan_.platform); });
      return;
    }
    auto stage = stage_called(lower(name), index);
    if (!stage && lower(name) == plan_.source.stages[static_cast<size_t>(index)].from.name)
      throw plan_.source.error(from.at, "a stage cannot copy from itself",
                               "name an earlier stage, or use RUN cp",
                               static_cast<int>(name.size()));
    if (const auto number = stage_number(name); !stage && number) {
      if (*number < 0 || *number >= index)
        throw plan_.source.error(from.at, "stage " + name + " is not an earlier stage",
                                 "only what stands before can be copied from",
                                 static_cast<int>(name.size()));
      stage = number;
    }
    if (!stage && stage_called(lower(name), static_cast<int>(plan_.source.stages.size())))
      throw plan_.source.error(from.at, "stage \"" + name + "\" stands behind this one",
                               "only what stands before can be copied from: move it up",
                               static_cast<int>(name.size()));
    if (stage) {
      step.from = From::stage;
      step.stage = *stage;
      need(*stage);
      return;
    }
    step.from = From::image;
    step.image =
        at_word(plan_.source, from, [&] { return image_called(name, index, plan_.platform); });
  }

  void number_steps() {
    for (auto& [index, stage] : plan_.stages) {
      const std::string& name = plan_.source.stages[static_cast<size_t>(index)].from.name;
      if (plan_.stages.size() > 1) stage.label = name.empty() ? std::to_string(index) : name;
      for (PlannedStep& step : stage.steps) step.number = ++plan_.total;
    }
  }

  Plan& plan_;
  const BuildRequest& request_;
  BaseImages& images_;
  const BuildArguments arguments_;
  std::map<int, StageState> states_;
};

}  // namespace

Plan make_plan(dockerfile::Dockerfile source, const BuildRequest& request, BaseImages& images,
               const oci::Platform& platform) {
  Plan plan;
  plan.source = std::move(source);
  plan.platform = platform;
  Planner(plan, request, images).run();
  return plan;
}

}  // namespace trainyard::build

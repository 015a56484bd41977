#include "build/forecast.hpp"

#include <map>

#include "base/error.hpp"
#include "build/build_session.hpp"
#include "build/content_facts.hpp"
#include "build/prepared_build.hpp"
#include "build/rebuild_reason.hpp"
#include "build/step_execution.hpp"
#include "build/step_key.hpp"
#include "build/step_source.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

/// A stage as far as it is in the store.
struct KnownStage {
  std::vector<oci::Digest> layers;
  std::optional<std::string> chain = std::string();  ///< nothing: a step of it would be made

  void push(const oci::Digest& diff_id) {
    layers.push_back(diff_id);
    chain = oci::chain_id(*chain, diff_id);
  }
};

class Forecaster {
 public:
  explicit Forecaster(BuildSession& session)
      : session_(session),
        reasons_(session.store, session.request, session.engine.id_map_class()) {}

  struct State {
    const PlannedStage* stage;
    const PlannedStep* step;
    KnownStage known;
  };
  /// Behind each step, in order; after run().
  const std::vector<State>& states() const { return states_; }

  std::vector<ForecastStep> run() {
    for (const auto& [index, stage] : session_.plan.stages) look_at(index, stage);
    return std::move(steps_);
  }

 private:
  void look_at(int index, const PlannedStage& stage) {
    KnownStage known;
    if (stage.base_stage >= 0) known = stages_.at(stage.base_stage);
    if (stage.base) known = of_image(*stage.base);
    base_ = known;
    for (int i = 0; i < static_cast<int>(stage.steps.size()); ++i) look_at(stage, i, known);
    stages_[index] = std::move(known);
  }

  static KnownStage of_image(const BaseImage& image) {
    KnownStage known;
    for (const StoredLayer& layer : image.layers) known.push(layer.diff_id);
    return known;
  }

  void look_at(const PlannedStage& stage, int index, KnownStage& known) {
    const PlannedStep& step = stage.steps[static_cast<size_t>(index)];
    ForecastStep result{stage.label, step.number, session_.plan.total, step.text, false, "", {}};
    const std::optional<StepSource> source = source_of(step, known, result);
    if (source) look_up(stage, index, *source, known, result);
    if (!result.cached) known.chain.reset();
    steps_.push_back(std::move(result));
    states_.push_back({&stage, &step, known});
  }

  void look_up(const PlannedStage& stage, int index, const StepSource& source, KnownStage& known,
               ForecastStep& result) {
    const PlannedStep& step = stage.steps[static_cast<size_t>(index)];
    const Json inputs = step_inputs(step, session_.plan, source.content, source.mount_contents(),
                                    session_.engine.id_map_class());
    std::optional<std::string> parent = known.chain;
    if (is_linked(step)) parent = "";
    if (is_squash(step) && parent && known.layers.size() < base_.layers.size() + 2) {
      result.cached = true;  // there is nothing to merge
      return;
    }
    if (parent && !stage.uncached) {
      if (const auto record = store::find_step(session_.store, step_key(inputs, *parent))) {
        result.cached = true;
        if (is_squash(step)) known = base_;
        if (record->diff_id && known.chain) known.push(*record->diff_id);
        return;
      }
    }
    const RebuildReason reason = reasons_.explain(
        {stage, index, inputs, parent, source.selection ? &*source.selection : nullptr});
    result.reason = reason.text;
    result.last_seconds = reason.last_seconds;
  }

  std::optional<StepSource> source_of(const PlannedStep& step, const KnownStage& known,
                                      ForecastStep& result) {
    const auto digest = [&](const LayersOrigin& origin, const std::vector<std::string>& paths,
                            const CopyFilter& filter) {
      return content_in_layers(
          origin.stage >= 0 ? stages_.at(origin.stage) : of_image(*origin.image), paths, filter,
          result);
    };
    std::optional<StepSource> source = find_step_source(session_, step, digest);
    if (is_squash(step))
      source->content = std::to_string(known.layers.size() - base_.layers.size());
    return source;
  }

  std::optional<std::string> content_in_layers(const KnownStage& source,
                                               const std::vector<std::string>& paths,
                                               const CopyFilter& filter, ForecastStep& result) {
    if (!source.chain) {
      result.reason = "it copies from a stage that would be made anew";
      return std::nullopt;
    }
    if (const auto known = find_content_fact(session_, *source.chain, paths, filter)) return known;
    Trees trees;
    for (const oci::Digest& layer : source.layers) {
      const auto tree = store::ensure_tree(session_.store, session_.engine, layer);
      if (!tree) {
        result.reason = "a layer that it copies from is no longer in the store";
        return std::nullopt;
      }
      trees.push_back(*tree);
    }
    return digest_in_trees(session_, trees, paths, filter);
  }

  BuildSession& session_;
  RebuildReasons reasons_;
  std::map<int, KnownStage> stages_;
  KnownStage base_;  ///< of the stage at hand
  std::vector<ForecastStep> steps_;
  std::vector<State> states_;
};

}  // namespace

std::vector<ForecastStep> forecast_build(const store::Store& store, engine::Engine& engine,
                                         const BuildRequest& request) {
  PreparedBuild prepared(store, engine, request);
  Reporter reporter({}, request.name, prepared.plan.total);
  BuildSession session = prepared.session(reporter);
  return Forecaster(session).run();
}

StepState state_behind_step(const store::Store& store, engine::Engine& engine,
                            const BuildRequest& request, int number) {
  PreparedBuild prepared(store, engine, request);
  Reporter reporter({}, request.name, prepared.plan.total);
  BuildSession session = prepared.session(reporter);
  Forecaster forecaster(session);
  const std::vector<ForecastStep> steps = forecaster.run();
  const std::string subject = "step " + std::to_string(number) + " of " + request.name;
  if (number < 1 || static_cast<size_t>(number) > steps.size())
    throw usage_error("looking up", subject, "it has " + std::to_string(steps.size()) + " steps");
  const auto& [stage, step, known] = forecaster.states()[static_cast<size_t>(number) - 1];
  if (!known.chain)
    throw usage_error("looking up", subject, "it is not in the store as the sources stand now",
                      "build first; trainyard why says what would be made");
  const oci::ContainerConfig& config = stage->config.config;
  StepState state{step->text, {}, config.env, config.working_dir, config.user};
  if (const auto* run = std::get_if<RunStep>(&step->body)) {
    state.environment = run->environment;
    state.working_directory = run->working_directory;
    state.user = run->user;
  }
  for (const oci::Digest& layer : known.layers) {
    const auto tree = store::ensure_tree(store, engine, layer);
    if (!tree)
      throw usage_error("looking up", subject, "a layer of it is no longer in the store",
                        "build first");
    state.layers.push_back(*tree);
  }
  return state;
}

}  // namespace trainyard::build

#include "build/solver.hpp"

#include <chrono>
#include <system_error>

#include "base/error.hpp"
#include "build/content_facts.hpp"
#include "build/repeated_remark.hpp"
#include "build/step_execution.hpp"
#include "build/step_key.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

/// Steps often wait for a network or a disk, so even two cores are given four at a time.
ptrdiff_t step_width() {
  return std::max<ptrdiff_t>(4, static_cast<ptrdiff_t>(std::thread::hardware_concurrency()));
}

/// Holds one of the places for executing steps.
class Place {
 public:
  explicit Place(std::counting_semaphore<>& places) : places_(places) { places_.acquire(); }
  ~Place() { places_.release(); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  std::counting_semaphore<>& places_;
};

/// What the step's key says of the layers below it; nothing while that is not known. A layer of
/// COPY --link is the same on all of them.
std::optional<std::string> parent_chain(const PlannedStep& step, const FileSystem& files) {
  if (is_linked(step)) return "";
  return files.chain;
}

FileSystem base_files(const BaseImage& image) {
  FileSystem files;
  for (const StoredLayer& layer : image.layers) files.push(layer, -1, -1);
  return files;
}

}  // namespace

Solver::Solver(BuildSession& session, std::set<StepPlace> forced)
    : session_(session),
      forced_(std::move(forced)),
      width_(step_width()),
      reasons_(session.store, session.request, session.engine.id_map_class()),
      recorder_(session) {}

std::vector<NotedStep> Solver::noted_steps() const {
  std::vector<NotedStep> steps;
  for (const auto& [place, parts] : key_parts_) {
    const PlannedStage& stage = session_.plan.stages.at(place.first);
    const PlannedStep& step = stage.steps[static_cast<size_t>(place.second)];
    const std::string chain = is_linked(step) ? std::string() : wait_for_chain(parts.below);
    steps.push_back({stage.label, step.text, step_key(parts.inputs, chain), chain});
  }
  return steps;
}

StageResult Solver::solve() {
  start_stages();
  for (std::thread& thread : threads_) thread.join();
  recorder_.finish();
  if (failure_) std::rethrow_exception(failure_);
  StageResult result = results_.at(session_.plan.target).get();
  wait_for_chain(result.files);
  write_late_facts();
  check_layers(result.files);
  return result;
}

void Solver::start_stages() {
  for (const auto& [index, stage] : session_.plan.stages)
    results_[index] = promises_[index].get_future().share();
  for (const auto& [index, planned] : session_.plan.stages) {
    const PlannedStage& stage = planned;
    std::promise<StageResult>& promise = promises_.at(index);
    const auto work = [this, &stage, &promise] { promise_stage(stage, promise); };
    try {
      threads_.emplace_back(work);
    } catch (const std::system_error&) {
      work();  // no more threads are allowed here; a stage waits for earlier ones alone
    }
  }
}

void Solver::promise_stage(const PlannedStage& stage, std::promise<StageResult>& promise) {
  try {
    promise.set_value(solve_stage(stage));
  } catch (const Stopped&) {
    promise.set_exception(std::current_exception());
  } catch (...) {
    fail();
    promise.set_exception(std::make_exception_ptr(Stopped{}));
  }
}

/// Keeps the exception that is being handled, if it is the first, and stops the other stages.
void Solver::fail() {
  {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::current_exception();
  }
  session_.cancellation.cancel();
}

StageResult Solver::begin_stage(const PlannedStage& stage) {
  StageResult result;
  if (stage.base_stage >= 0) result = results_.at(stage.base_stage).get();
  if (stage.base) {
    result.files = base_files(*stage.base);
    result.history = stage.base->config.history;
  }
  result.base = result.files;
  return result;
}

StageResult Solver::solve_stage(const PlannedStage& stage) {
  StageResult result = begin_stage(stage);
  const size_t inherited = result.history.size();
  result.history.insert(result.history.end(), stage.history.begin(), stage.history.end());
  for (int i = 0; i < static_cast<int>(stage.steps.size()); ++i) {
    session_.cancellation.check();
    const size_t before = result.files.layers.size();
    solve_step(stage, i, result);
    const PlannedStep& step = stage.steps[static_cast<size_t>(i)];
    const bool empty = result.files.layers.size() == before;
    if (is_squash(step) && !empty)
      for (size_t k = inherited; k < result.history.size(); ++k)
        result.history[k].empty_layer = true;
    result.history[inherited + step.history].empty_layer = empty;
  }
  return result;
}

void Solver::solve_step(const PlannedStage& stage, int index, StageResult& result) {
  const PlannedStep& step = stage.steps[static_cast<size_t>(index)];
  const size_t made = result.files.layers.size() - result.base.layers.size();
  if (is_squash(step) && made < 2) {
    ++cached_;
    session_.reporter.report(StepEvent::Kind::cached, stage, step);
    return;
  }
  const auto digest = [this](const LayersOrigin& origin, const std::vector<std::string>& paths,
                             const CopyFilter& filter) {
    return std::optional(digest_of(files_of(origin), paths, filter));
  };
  StepSource source = *find_step_source(session_, step, digest);
  if (is_squash(step)) source.content = std::to_string(made);
  Json inputs = step_inputs(step, session_.plan, source.content, source.mount_contents(),
                            session_.engine.id_map_class());
  {
    const std::lock_guard lock(mutex_);
    key_parts_[{stage.index, index}] = {inputs, result.files};
  }
  std::optional<LockFile> lock;
  if (const auto chain = parent_chain(step, result.files)) {
    const std::string key = step_key(inputs, *chain);
    const bool look_up = !stage.uncached && !forced_.contains({stage.index, index});
    if (look_up && take_record(stage, index, key, result)) return;
    lock = LockFile::acquire(step_lock(session_.store, key));
    session_.cancellation.check();
    // Whoever held the lock may have made it.
    if (look_up && take_record(stage, index, key, result)) return;
  }
  execute(stage, index, std::move(inputs), std::move(lock), source, result);
}

bool Solver::take_record(const PlannedStage& stage, int index, const std::string& key,
                         StageResult& result) {
  const auto record = store::find_step(session_.store, key);
  if (!record) return false;
  const PlannedStep& step = stage.steps[static_cast<size_t>(index)];
  if (is_squash(step)) result.files = result.base;
  if (record->diff_id) result.files.push({*record->diff_id, record->size}, stage.index, index);
  ++cached_;
  remark_on_repeated(session_, step, {record->changed, record->moved});
  session_.reporter.report(StepEvent::Kind::cached, stage, step);
  return true;
}

FileSystem Solver::files_of(const LayersOrigin& origin) const {
  return origin.stage >= 0 ? results_.at(origin.stage).get().files : base_files(*origin.image);
}

/// A function of the source's chain-id and of what is selected, so it is remembered: a cached build
/// starts nothing for it.
std::string Solver::digest_of(const FileSystem& files, const std::vector<std::string>& paths,
                              const CopyFilter& filter) {
  if (files.chain)
    if (const auto known = find_content_fact(session_, *files.chain, paths, filter)) return *known;
  const std::string digest = digest_in_trees(session_, trees(files), paths, filter);
  if (files.chain) {
    put_content_fact(session_, *files.chain, paths, filter, digest);
  } else {
    const std::lock_guard lock(mutex_);
    late_facts_.push_back({files, paths, filter, digest});
  }
  return digest;
}

void Solver::write_late_facts() {
  for (const LateFact& fact : late_facts_)
    put_content_fact(session_, wait_for_chain(fact.files), fact.paths, fact.filter, fact.digest);
}

void Solver::report_start(const PlannedStage& stage, int index, const Json& inputs,
                          const StepSource& source, const FileSystem& below) {
  const PlannedStep& step = stage.steps[static_cast<size_t>(index)];
  // What follows a step that is being made needs no other reason.
  const std::optional<std::string> parent = parent_chain(step, below);
  RebuildReason reason;
  if (parent)
    reason = reasons_.explain(
        {stage, index, inputs, parent, source.selection ? &*source.selection : nullptr});
  session_.reporter.report(StepEvent::Kind::started, stage, step, reason.last_seconds.value_or(0),
                           reason.text);
}

void Solver::execute(const PlannedStage& stage, int index, Json inputs,
                     std::optional<LockFile> lock, StepSource& source, StageResult& result) {
  const PlannedStep& step = stage.steps[static_cast<size_t>(index)];
  StepTask task{session_, stage, step, trees(result.files), nullptr, {}, {}};
  if (is_squash(step)) {
    const auto own = task.parents.begin() + static_cast<ptrdiff_t>(result.base.layers.size());
    task.source.assign(own, task.parents.end());
    task.parents.erase(own, task.parents.end());
  }
  if (source.outside && !source.selection) source.selection.emplace();
  if (source.selection) task.selection = &*source.selection;
  if (source.origin) task.source = trees(files_of(*source.origin));
  for (const MountSource& mount : source.mounts)
    task.mounts.push_back({mount.content, mount.selection ? &*mount.selection : nullptr,
                           mount.origin ? trees(files_of(*mount.origin)) : Trees{}});
  const Place place(width_);
  session_.cancellation.check();
  report_start(stage, index, inputs, source, result.files);
  std::promise<ExecutedStep> executed;
  auto layer = std::make_shared<Layer>();
  layer->stored = recorder_.record({stage, step, std::move(inputs), result.files, std::move(lock)},
                                   executed.get_future());
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&begin] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  try {
    if (source.outside) source.outside->add_to(*source.selection);
    const std::optional<MadeLayer> made = execute_step(task);
    session_.reporter.report(StepEvent::Kind::done, stage, step, seconds());
    if (!made) {
      executed.set_value({std::nullopt, seconds(), std::nullopt});
      return;
    }
    executed.set_value({made->tree, seconds(), made->note, made->repeated});
    remark_on_repeated(session_, step, made->repeated);
    layer->tree = made->tree;
  } catch (const Stopped&) {
    throw;
  } catch (...) {
    session_.reporter.report(StepEvent::Kind::failed, stage, step, seconds());
    throw;
  }
  layer->stage = stage.index;
  layer->step = index;
  if (is_squash(step)) result.files = result.base;
  result.files.push(std::move(layer));
}

fs::path Solver::tree_of(Layer& layer) {
  const std::lock_guard lock(layer.mutex);
  if (!layer.tree.empty()) return layer.tree;
  const oci::Digest diff_id = layer.stored.get().diff_id;
  const auto tree = store::ensure_tree(session_.store, session_.engine, diff_id);
  if (!tree && layer.stage >= 0) throw LayerGone{{layer.stage, layer.step}};
  if (!tree)
    throw Error("reading layer", diff_id.str(),
                "it belongs to a base image and is no longer in the store",
                "import or build the base image again");
  layer.tree = *tree;
  return layer.tree;
}

std::vector<fs::path> Solver::trees(const FileSystem& files) {
  std::vector<fs::path> list;
  for (const auto& layer : files.layers) list.push_back(tree_of(*layer));
  return list;
}

/// An image is committed whole: a layer whose blob is gone or cut short is written again from its
/// tree, or made again.
void Solver::check_layers(const FileSystem& files) {
  for (const auto& layer : files.layers) {
    const StoredLayer stored = layer->stored.get();
    std::error_code gone;
    const auto size = fs::file_size(session_.store.blob(stored.diff_id), gone);
    if (!gone && size == stored.size) continue;
    if (store::rewrite_layer(session_.store, session_.engine, stored.diff_id)) continue;
    if (layer->stage < 0)
      throw Error("reading layer", stored.diff_id.str(),
                  "it belongs to a base image and is no longer in the store",
                  "import or build the base image again");
    throw LayerGone{{layer->stage, layer->step}};
  }
}

}  // namespace trainyard::build

#include "build/verification.hpp"

#include <algorithm>
#include <optional>

#include "build/build_note.hpp"
#include "build/remote_contexts.hpp"
#include "store/caches.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

/// What one build made.
struct Made {
  BuildResult result;
  std::vector<NotedStep> steps;
  std::vector<std::optional<oci::Digest>> layers;  ///< of the steps
};

/// Caches of a verification are nobody else's, and go with it.
class FreshCaches {
 public:
  FreshCaches(const store::Store& store, engine::Engine& engine, BuildRequest& request)
      : store_(store), engine_(engine), scope_(random_name(12)) {
    request.cache_scope = scope_;
  }
  ~FreshCaches() {
    try {
      for (const store::StoredCache& cache : store::list_caches(store_))
        if (cache.identity.options.value("scope", "") == scope_)
          store::remove_cache(store_, engine_, cache.name);
    } catch (const std::exception&) {
      // gc takes what is left
    }
  }
  FreshCaches(const FreshCaches&) = delete;
  FreshCaches& operator=(const FreshCaches&) = delete;

 private:
  const store::Store& store_;
  engine::Engine& engine_;
  const std::string scope_;
};

Made build_from_nothing(const store::Store& store, engine::Engine& engine, BuildRequest request,
                        const Progress& progress, const PlanReview& review) {
  request.no_cache = true;
  const FreshCaches caches(store, engine, request);
  Made made{build_image(store, engine, request, progress, review), {}, {}};
  if (const auto note = find_build_note(store, request)) made.steps = note->steps;
  for (const NotedStep& step : made.steps) {
    const auto record = store::find_step(store, step.key);
    made.layers.push_back(record ? record->diff_id : std::nullopt);
  }
  return made;
}

std::vector<UnsteadyStep::Entry> compare(const store::Store& store, engine::Engine& engine,
                                         const std::optional<oci::Digest>& first,
                                         const std::optional<oci::Digest>& second) {
  if (!first || !second)
    return {{"/", first ? "the second time it left no layer" : "the first time it left no layer"}};
  const auto left = store::ensure_tree(store, engine, *first);
  const auto right = store::ensure_tree(store, engine, *second);
  if (!left || !right) return {{"/", "a layer is no longer in the store"}};
  const Json answer =
      engine.call("build.compare_trees", {{"left", left->string()}, {"right", right->string()}});
  std::vector<UnsteadyStep::Entry> entries;
  for (const Json& entry : answer.at("differences"))
    entries.push_back({entry.at("path"), entry.at("what")});
  if (entries.empty()) entries.push_back({"/", "the layers' tars differ"});
  return entries;
}

}  // namespace

bool UnsteadyStep::times_alone() const {
  return std::all_of(entries.begin(), entries.end(),
                     [](const Entry& entry) { return entry.what == "has another time"; });
}

Verification verify_build(const store::Store& store, engine::Engine& engine,
                          const BuildRequest& request, const Progress& progress,
                          const PlanReview& review) {
  // The same ones for both.
  const RemoteContexts held(store, engine, request, RemoteContexts::Which::all, progress);
  const Made first = build_from_nothing(store, engine, request, progress, review);
  const Made second = build_from_nothing(store, engine, request, progress, {});
  Verification found{second.result, {}, false};
  found.same = first.result.image.digest == second.result.image.digest;
  const size_t count = std::min(first.steps.size(), second.steps.size());
  for (size_t i = 0; i < count; ++i)
    if (first.layers[i] != second.layers[i])
      found.steps.push_back({second.steps[i].stage, second.steps[i].text,
                             compare(store, engine, first.layers[i], second.layers[i])});
  return found;
}

}  // namespace trainyard::build

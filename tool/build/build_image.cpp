#include "build/build_image.hpp"

#include "base/error.hpp"
#include "build/build_note.hpp"
#include "build/build_session.hpp"
#include "build/image_origin.hpp"
#include "build/prepared_build.hpp"
#include "build/solver.hpp"
#include "store/image_origin.hpp"

namespace trainyard::build {

namespace {

/// So often may a build start over because a layer is gone; each time at least one more step is
/// made.
constexpr int k_most_restarts = 1000;

struct Solved {
  StageResult result;
  std::vector<NotedStep> steps;
};

Solved solve(BuildSession& session, const Json& noted, int& cached, uint64_t& written) {
  std::set<StepPlace> forced;
  for (int i = 0;; ++i) {
    Solver solver(session, forced);
    try {
      StageResult result = solver.solve();
      std::vector<NotedStep> steps = solver.noted_steps();
      keep_build_note(session.store, session.request, {steps, noted});
      cached = solver.cached();
      written += solver.written();
      return {std::move(result), std::move(steps)};
    } catch (const LayerGone& gone) {
      if (i == k_most_restarts || !forced.insert(gone.maker).second)
        throw Error("building", session.request.name,
                    "layers vanish from the store while it is built",
                    "does another program remove files there? Build again without it");
      session.cancellation.reset();
    }
  }
}

store::Image commit(const BuildSession& session, const Solved& solved, bool all_cached) {
  const StageResult& result = solved.result;
  oci::ImageConfig config = session.plan.stages.at(session.plan.target).config;
  config.history = result.history;
  std::vector<uint64_t> sizes;
  for (const auto& layer : result.files.layers) {
    const StoredLayer stored = layer->stored.get();
    config.diff_ids.push_back(stored.diff_id);
    sizes.push_back(stored.size);
  }
  store::Image image = store::put_image(session.store, config, sizes, session.request.tags);
  // Steps that were there tell nothing new, unless gc took it.
  if (!all_cached || !store::note_image_origin(session.store, image.digest))
    keep_image_origin(session, image, solved.steps);
  return image;
}

}  // namespace

BuildResult build_image(const store::Store& store, engine::Engine& engine,
                        const BuildRequest& request, const Progress& progress,
                        const PlanReview& review) {
  PreparedBuild prepared(store, engine, request, progress);
  if (review && !request.executables) review(prepared.plan, prepared.request);
  Reporter reporter(progress, request.name, prepared.plan.total);
  BuildSession session = prepared.session(reporter);
  int cached = 0;
  uint64_t written = 0;
  const auto warnings = [&] {
    std::vector<std::string> all = prepared.plan.warnings;
    all.insert(all.end(), session.warnings.begin(), session.warnings.end());
    return all;
  };
  try {
    const Solved solved = solve(session, noted_request(prepared.asked), cached, written);
    return {commit(session, solved, cached == prepared.plan.total),
            prepared.plan.total,
            cached,
            prepared.folders.read(),
            warnings(),
            written};
  } catch (const Error&) {
    for (const std::string& text : progress ? warnings() : std::vector<std::string>())
      progress({StepEvent::Kind::warning, request.name, "", 0, 0, text, {}, 0});
    throw;
  }
}

}  // namespace trainyard::build

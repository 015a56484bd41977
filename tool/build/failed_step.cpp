#include "build/failed_step.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"
#include "store/work_folder.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_failures = "failures";  ///< the kind of fact

std::string fact_key(const std::string& name) {
  return sha256_hex("failure 1\n" + name);
}

std::optional<Json> find_fact(const store::Store& store, const std::string& name) {
  const auto text = store::find_fact(store, k_failures, fact_key(name));
  if (!text) return std::nullopt;
  return Json::parse(*text);
}

/// The trees by their names: the store may be moved.
Json names_of(const Trees& trees) {
  Json names = Json::array();
  for (const fs::path& tree : trees) names.push_back(tree.filename().string());
  return names;
}

void keep(const StepTask& task, const RunStep& run, const fs::path& tree) {
  const store::Store& store = task.session.store;
  const std::string& name = task.session.request.name;
  Trees layers = task.parents;
  layers.push_back(tree);
  const auto before = find_fact(store, name);
  const Json json = {{"number", task.step.number},   {"text", task.step.text},
                     {"layers", names_of(layers)},   {"environment", run.environment},
                     {"cwd", run.working_directory}, {"user", run.user}};
  store::put_fact(store, k_failures, fact_key(name), dump_json(json));
  store::unmark_unlinked(store, tree.filename().string());     // it outlives this process
  if (!before || !store::pinned_trees(store).empty()) return;  // a shell may be in it: gc's
  const fs::path old = store::layer_tree(store, before->at("layers").back());
  if (fs::exists(old)) store::remove_trees(task.session.engine, {old});
}

}  // namespace

bool keep_failed_step(const StepTask& task, const RunStep& run, const fs::path& upper) {
  try {
    keep(task, run, take_upper(task, upper).tree);
    return true;
  } catch (const Error&) {
    return false;  // a full disk, perhaps: the step's failure is what counts
  }
}

std::optional<FailedStep> find_failed_step(const store::Store& store, const std::string& name) {
  const auto json = find_fact(store, name);
  if (!json) return std::nullopt;
  FailedStep step{json->at("number"),      json->at("text"), {},
                  json->at("environment"), json->at("cwd"),  json->at("user")};
  for (const Json& layer : json->at("layers")) {
    step.layers.push_back(store::layer_tree(store, layer.get<std::string>()));
    if (!fs::exists(step.layers.back())) return std::nullopt;
  }
  return step;
}

}  // namespace trainyard::build

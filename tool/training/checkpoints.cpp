#include "training/checkpoints.hpp"

#include <sys/stat.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "store/run_records.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_copy = "training.copy_checkpoints";

fs::path ancestor_file(const store::Store& store, const std::string& key) {
  return store::run_folder(store, key) / "ancestor";
}

/// The container's user may be anybody; the store itself is 0700.
void make_folder(const fs::path& folder) {
  make_directories(folder);
  if (::chmod(folder.c_str(), 0777) != 0) throw system_error("making folder", folder.string());
}

/// Inside the namespaces: whoever owns a file owns its copy. The name comes last, so that half a
/// copy is never continued.
Json copy_job(const Json& request) {
  const std::string from = request.at("from"), to = request.at("to"), half = request.at("half");
  const Captured done = capture({"cp", "-a", "--reflink=auto", "--", from, half});
  if (!done.status.success()) throw Error("copying checkpoints", from, done.err);
  rename_path(half, to);
  return Json::object();
}

void forget(const store::Store& store, JobRunner& runner, const std::string& key,
            const fs::path& temporary) {
  const fs::path folder = checkpoint_folder(store, key);
  std::error_code gone;
  if (fs::exists(folder, gone)) {
    const fs::path doomed = temporary / "older-checkpoints";
    rename_path(folder, doomed);
    store::remove_trees(runner, {doomed});
  }
  fs::remove(ancestor_file(store, key), gone);
}

/// False when the ancestor's are gone.
bool begin_with(const store::Store& store, JobRunner& runner, const RunPlan& plan,
                const fs::path& temporary) {
  const store::Visit visit(store);
  store::note_use(store::run_folder(store, plan.ancestor) / "record.json");
  if (!has_checkpoints(store, plan.ancestor)) return false;
  write_file_atomic(ancestor_file(store, plan.key), plan.ancestor + "\n", Durability::dear);
  const fs::path folder = checkpoint_folder(store, plan.key);
  std::error_code none;
  fs::remove(folder, none);  // an empty one
  runner.call(k_copy, {{"from", checkpoint_folder(store, plan.ancestor).string()},
                       {"to", folder.string()},
                       {"half", (temporary / "checkpoints").string()}});
  return true;
}

}  // namespace

fs::path checkpoint_folder(const store::Store& store, const std::string& key) {
  return store::run_folder(store, key) / "checkpoints";
}

bool has_checkpoints(const store::Store& store, const std::string& key) {
  std::error_code none;
  const fs::directory_iterator first(checkpoint_folder(store, key), none);
  return !none && first != fs::directory_iterator();
}

std::optional<std::string> find_ancestor(const store::Store& store, const std::string& key) {
  const auto text = read_file_if_exists(ancestor_file(store, key));
  if (!text || text->size() != 65) return std::nullopt;
  return text->substr(0, 64);
}

bool prepare_checkpoints(const store::Store& store, JobRunner& runner, const RunPlan& plan,
                         const fs::path& temporary) {
  if (plan.from_scratch) forget(store, runner, plan.key, temporary);
  bool found = true;
  if (!plan.ancestor.empty() && !has_checkpoints(store, plan.key))
    found = begin_with(store, runner, plan, temporary);
  make_folder(checkpoint_folder(store, plan.key));
  return found;
}

JobTable checkpoint_jobs() {
  return {{k_copy, copy_job}};
}

}  // namespace trainyard::training

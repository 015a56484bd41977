#include <sys/stat.h>

#include "base/error.hpp"
#include "store/check_pass.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

bool anybody_at_work(const Store& store) {
  return has_visits(store) || !pinned_images(store).empty() || !pinned_trees(store).empty();
}

/// From here on nobody finds it. Who found it before may be working in it: then it stays, under
/// another name, as a tree that was changed just now, which gc takes when these have left.
std::string drop_tree(CheckPass& pass, const oci::Digest& diff_id) {
  const std::string after = pass.store.has_blob(diff_id)
                                ? "it is unpacked again from its blob when needed"
                                : "the step that makes it is done again when needed";
  const auto id = unlink_tree(pass.store, diff_id);
  if (!id) return "removed in the meantime";
  const fs::path tree = layer_tree(pass.store, *id);
  if (anybody_at_work(pass.store)) {
    rename_path(tree, layer_tree(pass.store, new_layer_id()));
    return "taken out of use: " + after +
           ". A build or container may be working in it, so gc removes it later";
  }
  remove_trees(pass.runner, {tree});
  return "removed: " + after;
}

/// What cannot be read now may be whole: a limit of open files or a network file system pass.
std::string left_unread(const Store& store, const oci::Digest& diff_id, bool has_blob) {
  if (!has_blob) return "left where it is, as there is no blob to unpack it from: call check again";
  return "left where it is: call check again; if it stays so, remove " +
         (store.diffs() / diff_id.hex()).string() + ", and it is unpacked again from its blob";
}

void check_tree(CheckPass& pass, const oci::Digest& diff_id, bool is_own) {
  const std::string subject = "layer tree of " + diff_id.str();
  const std::string otherwise = "call check without --dry-run to remove it";
  const auto id = id_of_link(pass.store, diff_id);
  struct stat status {};
  if (!id || ::lstat(layer_tree(pass.store, *id).c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return pass.found(
        subject, "its name leads to no folder",
        [&] {
          unlink_tree(pass.store, diff_id);
          return std::string("the name was removed");
        },
        otherwise);
  // One of another boot that was never synced is not used; what is wrong with it harms nobody.
  if (!linked_tree(pass.store, diff_id)) return;
  ++pass.report.trees;
  const WorkFolder work(pass.store);
  const bool has_blob = pass.store.has_blob(diff_id) && !pass.lost.contains(diff_id);
  const Json answer =
      pass.runner.call("store.verify", {{"tree", layer_tree(pass.store, *id).string()},
                                        {"diff_id", diff_id.str()},
                                        {"is_own", is_own},
                                        {"blob", has_blob ? pass.store.blob(diff_id).string() : ""},
                                        {"work", work.path().string()}});
  if (answer.at("whole").get<bool>()) return;
  if (id_of_link(pass.store, diff_id) != id) return;  // rmi or gc went by
  if (!answer.at("readable").get<bool>())
    return pass.found(subject, answer.at("cause").get<std::string>(),
                      left_unread(pass.store, diff_id, has_blob));
  pass.found(
      subject, answer.at("cause").get<std::string>(), [&] { return drop_tree(pass, diff_id); },
      otherwise);
}

}  // namespace

void check_trees(CheckPass& pass) {
  std::set<oci::Digest> own;
  for (const KeptStep& step : list_steps(pass.store))
    if (step.record && step.record->diff_id) own.insert(*step.record->diff_id);
  for (const oci::Digest& diff_id : linked_layers(pass.store))
    check_tree(pass, diff_id, own.contains(diff_id));
}

}  // namespace trainyard::store

#include <sys/stat.h>

#include "base/error.hpp"
#include "store/check_pass.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

void drop_tree(CheckPass& pass, const oci::Digest& diff_id) {
  const auto id = unlink_tree(pass.store, diff_id);
  if (id) remove_trees(pass.runner, {layer_tree(pass.store, *id)});
}

/// What becomes of a tree that is removed.
std::string after_removal(const CheckPass& pass, const oci::Digest& diff_id) {
  return pass.store.has_blob(diff_id) ? "removed: it is unpacked again from its blob when needed"
                                      : "removed: the step that makes it is done again when needed";
}

void check_tree(CheckPass& pass, const oci::Digest& diff_id) {
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
                                        {"blob", has_blob ? pass.store.blob(diff_id).string() : ""},
                                        {"work", work.path().string()}});
  if (answer.at("whole").get<bool>()) return;
  if (id_of_link(pass.store, diff_id) != id) return;  // rmi or gc went by
  pass.found(
      subject, answer.at("cause").get<std::string>(),
      [&] {
        const std::string outcome = after_removal(pass, diff_id);
        drop_tree(pass, diff_id);
        return outcome;
      },
      otherwise);
}

}  // namespace

void check_trees(CheckPass& pass) {
  for (const oci::Digest& diff_id : linked_layers(pass.store)) check_tree(pass, diff_id);
}

}  // namespace trainyard::store

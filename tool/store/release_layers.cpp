#include <unistd.h>

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "store/collect_garbage.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"
#include "store/trash.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

bool any_used_since(const std::vector<fs::path>& files, int64_t moment) {
  return std::any_of(files.begin(), files.end(),
                     [&](const fs::path& file) { return last_use(file).value_or(0) >= moment; });
}

}  // namespace

std::vector<oci::Digest> release_layers(const Store& store, JobRunner& runner,
                                        const std::vector<Contents::StoredLayer>& layers,
                                        int64_t in_use_since) {
  const WorkFolder work(store);
  const Trash trash(work.path());
  std::vector<oci::Digest> released;
  std::vector<fs::path> trees;
  const std::set<std::string> open = pinned_trees(store);
  for (const auto& layer : layers) {
    if (const auto id = id_of_link(store, layer.diff_id); id && open.contains(*id)) continue;
    // First the names go, then the question whether somebody uses it (last_use.hpp).
    const fs::path link = store.diffs() / layer.diff_id.hex();
    const bool had_link = trash.take(link);
    const bool had_blob = trash.take(store.blob(layer.diff_id));
    const auto used = [&](const fs::path& taken) { return trash.used_since(taken, in_use_since); };
    if (any_used_since(layer.records, in_use_since) ||
        (had_blob && used(store.blob(layer.diff_id))) || (had_link && used(link))) {
      if (had_blob) trash.give_back(store.blob(layer.diff_id));
      if (had_link) trash.give_back(link);
      continue;
    }
    if (had_link) {
      ::unlink((link.string() + ".born").c_str());
      std::error_code error;
      const std::string id = fs::read_symlink(trash.place_of(link), error).filename().string();
      if (error) throw system_error("reading the link", link.string(), error.value());
      if (!id.empty() && id != "." && id != "..") trees.push_back(layer_tree(store, id));
    }
    released.push_back(layer.diff_id);
  }
  remove_trees(runner, trees);
  return released;
}

}  // namespace trainyard::store

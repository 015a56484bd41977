#include "store/layer_trees.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "base/sha256.hpp"
#include "store/last_use.hpp"
#include "store/layer_links.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

int64_t hash_delay() {
  const char* value = std::getenv("TRAINYARD_TEST_HASH_DELAY_MS");
  return value != nullptr ? std::strtoll(value, nullptr, 10) : 0;
}

fs::path tree_lock(const Store& store, const oci::Digest& diff_id) {
  return store.locks() / "trees" / diff_id.hex();
}

oci::LayerTar layer_of(const Json& answer) {
  return {oci::Digest::parse(answer.at("diff_id").get<std::string>()),
          answer.at("size").get<uint64_t>(), answer.value("entries", uint64_t{0})};
}

oci::LayerTar unpack(const Store& store, JobRunner& runner, const fs::path& file, bool take,
                     const std::optional<oci::Digest>& expected) {
  const WorkFolder work(store);
  return layer_of(runner.call("store.unpack", {{"root", store.root().string()},
                                               {"work", work.path().string()},
                                               {"file", absolute_normal(file).string()},
                                               {"id", new_layer_id()},
                                               {"take", take},
                                               {"expected", expected ? expected->str() : ""}}));
}

std::optional<uint64_t> blob_size(const Store& store, const oci::Digest& digest) {
  struct stat status {};
  if (::stat(store.blob(digest).c_str(), &status) != 0) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

bool is_damaged(const Store& store, const oci::Digest& digest) {
  return sha256_hex_of_file(store.blob(digest)) != digest.hex();
}

}  // namespace

std::string new_layer_id() {
  return random_name(20);
}

fs::path layer_tree(const Store& store, const std::string& id) {
  return store.layers() / id;
}

std::optional<fs::path> find_tree(const Store& store, const oci::Digest& diff_id) {
  const auto id = linked_tree(store, diff_id);
  if (!id) return std::nullopt;
  return layer_tree(store, *id);
}

fs::path announce_tree(const Store& store, const std::string& id) {
  mark_unlinked(store, id);
  return layer_tree(store, id);
}

fs::path adopt_tree(const Store& store, JobRunner& runner, const fs::path& folder,
                    const std::string& id) {
  const fs::path tree = announce_tree(store, id);
  runner.call("store.adopt", {{"from", absolute_normal(folder).string()}, {"to", tree.string()}});
  return tree;
}

oci::LayerTar store_layer(const Store& store, JobRunner& runner, const fs::path& tree,
                          const fs::path& temporary) {
  std::optional<WorkFolder> work;
  if (temporary.empty()) work.emplace(store);
  const fs::path file = work ? work->path() / "layer.tar" : absolute_normal(temporary);
  return layer_of(runner.call("store.tar", {{"root", store.root().string()},
                                            {"temporary", file.string()},
                                            {"tree", absolute_normal(tree).string()},
                                            {"delay_ms", hash_delay()}}));
}

bool rewrite_layer(const Store& store, JobRunner& runner, const oci::Digest& diff_id) {
  const auto tree = find_tree(store, diff_id);
  if (!tree) return false;
  const WorkFolder work(store);
  const Json answer = runner.call("store.tar", {{"root", store.root().string()},
                                                {"temporary", (work.path() / "layer.tar").string()},
                                                {"tree", absolute_normal(*tree).string()},
                                                {"expected", diff_id.str()}});
  return layer_of(answer).diff_id == diff_id;
}

std::optional<fs::path> ensure_tree(const Store& store, JobRunner& runner,
                                    const oci::Digest& diff_id) {
  if (auto tree = find_tree(store, diff_id)) return tree;
  if (!store.has_blob(diff_id)) return std::nullopt;
  const LockFile lock = LockFile::acquire(tree_lock(store, diff_id));
  if (auto tree = find_tree(store, diff_id)) return tree;
  try {
    unpack(store, runner, store.blob(diff_id), false, diff_id);
  } catch (const Error&) {
    if (!store.has_blob(diff_id)) return std::nullopt;
    if (!is_damaged(store, diff_id)) throw;
    ::unlink(store.blob(diff_id).c_str());
    return std::nullopt;
  }
  return find_tree(store, diff_id);
}

oci::LayerTar take_layer(const Store& store, JobRunner& runner, const fs::path& file,
                         const std::optional<oci::Digest>& expected) {
  if (!expected) return unpack(store, runner, file, true, std::nullopt);
  const LockFile lock = LockFile::acquire(tree_lock(store, *expected));
  note_use(store.blob(*expected));
  const auto size = blob_size(store, *expected);
  if (size && find_tree(store, *expected)) return {*expected, *size, 0};
  return unpack(store, runner, file, true, expected);
}

void remove_trees(JobRunner& runner, const std::vector<fs::path>& folders) {
  if (folders.empty()) return;
  Json paths = Json::array();
  for (const fs::path& folder : folders) paths.push_back(absolute_normal(folder).string());
  runner.call("store.remove", {{"paths", paths}});
}

}  // namespace trainyard::store

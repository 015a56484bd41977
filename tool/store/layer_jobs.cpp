#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <thread>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/memory_limit.hpp"
#include "store/layer_jobs.hpp"
#include "store/layer_links.hpp"
#include "store/layer_source.hpp"
#include "store/layer_trees.hpp"
#include "store/remove_tree.hpp"
#include "store/sync_state.hpp"

namespace trainyard::store {

namespace {

fs::path path_member(ObjectReader& in, const std::string& member) {
  fs::path path = in.string(member);
  if (!path.is_absolute()) in.fail(member, "must be an absolute path");
  return path;
}

/// Renaming a folder to another parent writes its "..": its own mode must allow that, and a step
/// may have done `chmod 555 /`.
void rename_folder(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) == 0) return;
  struct stat status {};
  const bool refused = errno == EACCES || errno == EPERM;
  if (!refused || ::lstat(from.c_str(), &status) != 0) rename_path(from, to);
  if (::chmod(from.c_str(), status.st_mode | S_IRWXU) != 0)
    throw system_error("moving", from.string());
  rename_path(from, to);
  ::chmod(to.c_str(), status.st_mode & 07777);
}

/// {from, to} -> {}
Json adopt_job(const Json& request) {
  ObjectReader in(request, "store.adopt");
  const fs::path from = path_member(in, "from");
  const fs::path to = path_member(in, "to");
  in.finish();
  move_tree(from, to);
  return Json::object();
}

/// {root, temporary, tree, delay_ms, expected} -> {diff_id, size, entries}. A tar that is not the
/// expected one is thrown away: stored, it would be a second layer with this tree.
Json tar_job(const Json& request) {
  ObjectReader in(request, "store.tar");
  const Store store = Store::open(path_member(in, "root"));
  const fs::path temporary = path_member(in, "temporary");
  const fs::path tree = path_member(in, "tree");
  const std::chrono::milliseconds delay(in.integer_or("delay_ms", 0));
  const std::string expected = in.string_or("expected", "");
  in.finish();

  const UniqueFd out(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out) throw system_error("writing", temporary.string());
  const oci::LayerTar tar = oci::write_layer_tar(tree, out.get());
  const Json answer{{"diff_id", tar.diff_id.str()}, {"size", tar.size}, {"entries", tar.entries}};
  if (!expected.empty() && tar.diff_id.str() != expected) {
    ::unlink(temporary.c_str());
    return answer;
  }
  std::this_thread::sleep_for(delay);
  mark_unsynced(store);
  // Over one that is there: its bytes are the same if it is whole, and if it is not, this mends it.
  rename_path(temporary, store.blob(tar.diff_id));
  link_tree(store, tar.diff_id, tree.filename().string());
  return answer;
}

void check_diff_id(const oci::Digest& found, const std::string& expected, const fs::path& file) {
  if (expected.empty() || found.str() == expected) return;
  throw Error("unpacking the layer", file.string(),
              "its content has the digest " + found.str() + ", and " + expected + " was expected",
              "get the image again: this file is damaged or is another layer");
}

/// Puts `tree` in the place of a linked tree, or removes it when a good one is linked.
void settle_tree(const Store& store, const oci::Digest& diff_id, const fs::path& tree,
                 const std::string& id) {
  if (linked_tree(store, diff_id)) return remove_tree(tree);
  const auto distrusted = unlink_tree(store, diff_id);
  rename_folder(tree, layer_tree(store, id));
  link_tree(store, diff_id, id);
  if (distrusted) remove_tree(layer_tree(store, *distrusted));
}

/// {root, work, file, id, take, expected} -> {diff_id, size}. With `take` the file is foreign: its
/// uncompressed bytes become a blob. Without it, it is that blob.
Json unpack_job(const Json& request) {
  ObjectReader in(request, "store.unpack");
  const Store store = Store::open(path_member(in, "root"));
  const fs::path work = path_member(in, "work");
  const fs::path file = path_member(in, "file");
  const std::string id = in.string("id");
  const bool take = in.boolean_or("take", false);
  const std::string expected = in.string_or("expected", "");
  in.finish();

  const MemoryLimit memory;
  // Decompressed first and unpacked from there: the second reading comes from memory, and the
  // digest is computed once.
  const fs::path blob = take ? work / "layer.tar" : file;
  const fs::path tree = work / "tree";
  try {
    if (take) write_uncompressed(file, blob);
    if (::mkdir(tree.c_str(), 0755) != 0) throw system_error("making folder", tree.string());
    ::chmod(tree.c_str(), 0755);
    const oci::UnpackedLayer layer = oci::unpack_layer(open_for_reading(blob).get(), tree);
    check_diff_id(layer.diff_id, expected, file);
    mark_unsynced(store);
    if (take) rename_path(blob, store.blob(layer.diff_id));
    settle_tree(store, layer.diff_id, tree, id);
    return {{"diff_id", layer.diff_id.str()}, {"size", layer.size}};
  } catch (const std::bad_alloc&) {
    remove_tree(tree);
    throw usage_error("unpacking the layer", file.string(),
                      "it needs more memory than the " +
                          std::to_string(MemoryLimit::k_for_archives >> 20) +
                          " MiB that an archive may have",
                      "compress it with a smaller dictionary, or give the plain tar");
  } catch (...) {
    remove_tree(tree);
    throw;
  }
}

/// {tar, tree} -> {}: what `cache export` wrote, into a folder that is made.
Json unpack_cache_job(const Json& request) {
  ObjectReader in(request, "store.unpack_cache");
  const fs::path file = path_member(in, "tar");
  const fs::path tree = path_member(in, "tree");
  in.finish();
  const MemoryLimit memory;
  make_directories(tree);
  if (!oci::unpack_archive(open_for_reading(file).get(), file.string(), tree))
    throw usage_error("importing a cache", file.string(), "it is not a tar",
                      "name a file that `trainyard cache export` wrote");
  return Json::object();
}

/// {paths} -> {}
Json remove_job(const Json& request) {
  ObjectReader in(request, "store.remove");
  const std::vector<std::string> paths = in.strings("paths");
  in.finish();
  for (const std::string& path : paths) {
    if (!fs::path(path).is_absolute()) in.fail("paths", "must hold absolute paths");
    remove_tree(path);
  }
  return Json::object();
}

}  // namespace

void move_tree(const fs::path& folder, const fs::path& tree) {
  rename_folder(folder, tree);
}

JobTable layer_jobs() {
  return {{"store.adopt", adopt_job},
          {"store.tar", tar_job},
          {"store.unpack", unpack_job},
          {"store.remove", remove_job},
          {"store.unpack_cache", unpack_cache_job},
          {"store.verify", verify_job},
          {"store.measure", measure_job}};
}

}  // namespace trainyard::store

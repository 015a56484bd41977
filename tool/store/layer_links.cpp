#include "store/layer_links.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "store/folder_entries.hpp"
#include "store/owner.hpp"
#include "store/sync_state.hpp"

namespace trainyard::store {

namespace {

constexpr std::string_view k_unlinked = "unlinked-";
/// A file in diffs/: the trees were made with a single-id map.
constexpr const char* k_single = "single";

fs::path link_path(const Store& store, const oci::Digest& diff_id) {
  return store.diffs() / diff_id.hex();
}
fs::path birth_path(const Store& store, const oci::Digest& diff_id) {
  return store.diffs() / (diff_id.hex() + ".born");
}
fs::path mark_path(const Store& store, const std::string& id) {
  return store.tmp() / (std::string(k_unlinked) + id);
}

std::optional<std::string> link_text(const fs::path& path) {
  std::array<char, 256> text;
  const ssize_t size = ::readlink(path.c_str(), text.data(), text.size());
  if (size < 0 && errno != ENOENT && errno != ENOTDIR && errno != EINVAL)
    throw system_error("reading the link", path.string());
  if (size <= 0 || static_cast<size_t>(size) == text.size()) return std::nullopt;
  return std::string(text.data(), static_cast<size_t>(size));
}

/// One that cannot be looked at throws: taken for the other answer it would cost every tree.
bool is_marked(const fs::path& mark) {
  struct stat status {};
  if (::lstat(mark.c_str(), &status) == 0) return true;
  if (errno != ENOENT && errno != ENOTDIR) throw system_error("looking at", mark.string());
  return false;
}

/// symlink(2) does not replace, rename(2) does.
void replace_link(const std::string& text, const fs::path& path) {
  const fs::path temporary = path.parent_path() / ("." + random_name(12));
  if (::symlink(text.c_str(), temporary.c_str()) != 0) throw system_error("linking", path.string());
  rename_path(temporary, path);
}

}  // namespace

std::optional<std::string> id_of_link(const Store& store, const oci::Digest& diff_id) {
  const auto text = link_text(link_path(store, diff_id));
  if (!text) return std::nullopt;
  const std::string id = fs::path(*text).filename().string();
  if (id.empty() || id == "." || id == "..") return std::nullopt;
  return id;
}

std::vector<oci::Digest> linked_layers(const Store& store) {
  std::vector<oci::Digest> layers;
  for (const auto& entry : folder_entries(store.diffs())) {
    const std::string name = entry.path().filename().string();
    if (name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos)
      layers.push_back(oci::Digest::from_hex(name));
  }
  return layers;
}

std::optional<std::string> linked_tree(const Store& store, const oci::Digest& diff_id) {
  auto id = id_of_link(store, diff_id);
  if (!id) return std::nullopt;
  struct stat status {};
  if (::lstat((store.layers() / *id).c_str(), &status) != 0 || !S_ISDIR(status.st_mode))
    return std::nullopt;
  const auto text = link_text(birth_path(store, diff_id));
  const auto birth = text ? Birth::parse(*text) : std::nullopt;
  if (!birth || !is_trusted(store, *birth)) return std::nullopt;
  return id;
}

bool link_tree(const Store& store, const oci::Digest& diff_id, const std::string& id) {
  if (const auto there = linked_tree(store, diff_id)) return *there == id;
  // Killed between these, a tree is forgotten; in the other order sweep() would remove one that is
  // in use.
  unmark_unlinked(store, id);
  mark_unsynced(store);
  replace_link(Birth::now().str(), birth_path(store, diff_id));
  replace_link("../layers/" + id, link_path(store, diff_id));
  return true;
}

std::optional<std::string> unlink_tree(const Store& store, const oci::Digest& diff_id) {
  auto id = id_of_link(store, diff_id);
  remove_file(link_path(store, diff_id));
  remove_file(birth_path(store, diff_id));
  return id;
}

void keep_trees_of_map(const Store& store, const std::string& id_map_class) {
  const fs::path mark = store.diffs() / k_single;
  const bool single = id_map_class == k_single;
  if (single == is_marked(mark)) return;
  for (const oci::Digest& diff_id : linked_layers(store)) unlink_tree(store, diff_id);
  if (single)
    write_file_atomic(mark, "");
  else
    remove_file(mark);
}

void mark_unlinked(const Store& store, const std::string& id) {
  write_file_atomic(mark_path(store, id), own_owner_text());
}

void unmark_unlinked(const Store& store, const std::string& id) {
  remove_file(mark_path(store, id));
}

std::optional<std::string> unlinked_tree_of_mark(const fs::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(k_unlinked) || name.size() == k_unlinked.size()) return std::nullopt;
  return name.substr(k_unlinked.size());
}

}  // namespace trainyard::store

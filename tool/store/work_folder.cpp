#include "store/work_folder.hpp"

#include <sys/stat.h>

#include <ctime>
#include <sstream>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/lock_file.hpp"
#include "store/folder_entries.hpp"
#include "store/layer_links.hpp"
#include "store/layer_trees.hpp"
#include "store/owner.hpp"
#include "store/remove_tree.hpp"

namespace trainyard::store {

namespace {

/// A folder without an owner file is being made just now, unless it is older than this.
constexpr time_t k_seconds_to_write_owner = 60;
// Files of a work folder: the digest of the image, the key of the run and the ids of trees in use.
constexpr const char* k_pinned_image = "image";
constexpr const char* k_pinned_run = "run";
constexpr const char* k_pinned_trees = "trees";

bool is_abandoned(const fs::path& owner_file, const fs::path& dated) {
  std::optional<std::string> text;
  try {
    text = read_file_if_exists(owner_file);
  } catch (const Error&) {
    return false;  // who it belongs to cannot be told now
  }
  const OwnerState state = text ? owner_state(*text) : OwnerState::unknown;
  if (state != OwnerState::unknown) return state == OwnerState::dead;
  struct stat status {};
  return ::lstat(dated.c_str(), &status) == 0 &&
         std::time(nullptr) - status.st_mtime > k_seconds_to_write_owner;
}

bool is_folder(const fs::directory_entry& entry) {
  std::error_code ignored;
  return entry.symlink_status(ignored).type() == fs::file_type::directory;
}

/// Trees that were adopted by a process that died before they had a name.
std::vector<std::string> abandoned_trees(const Store& store) {
  std::vector<std::string> ids;
  for (const auto& entry : folder_entries(store.tmp()))
    if (const auto id = unlinked_tree_of_mark(entry.path());
        id && !is_folder(entry) && is_abandoned(entry.path(), entry.path()))
      ids.push_back(*id);
  return ids;
}

/// What the files `name` of living owners' work folders hold.
std::set<std::string> pins(const Store& store, const char* name) {
  std::set<std::string> texts;
  for (const auto& entry : folder_entries(store.tmp())) {
    auto text = is_folder(entry) ? read_file_if_exists(entry.path() / name) : std::nullopt;
    if (text && !is_abandoned(entry.path() / "owner", entry.path())) texts.insert(std::move(*text));
  }
  return texts;
}

}  // namespace

WorkFolder::WorkFolder(const Store& store) : path_(store.tmp() / random_name(12)) {
  make_directories(path_, 0700);
  write_file_atomic(path_ / "owner", own_owner_text());
}

WorkFolder::~WorkFolder() {
  try {
    remove_tree(path_);
  } catch (const std::exception&) {
    // Files of sub-uids: the next sweep removes them from inside the namespaces.
  }
}

fs::path WorkFolder::fresh(std::string_view prefix) const {
  return path_ / (std::string(prefix) + "-" + random_name(8));
}

void WorkFolder::pin_image(const oci::Digest& digest) const {
  write_file_atomic(path_ / k_pinned_image, digest.hex());
}

void WorkFolder::pin_run(const std::string& key) const {
  write_file_atomic(path_ / k_pinned_run, key);
}

void WorkFolder::pin_trees(const std::vector<fs::path>& trees) const {
  std::string ids;
  for (const fs::path& tree : trees) ids += tree.filename().string() + "\n";
  write_file_atomic(path_ / k_pinned_trees, ids);
}

std::vector<oci::Digest> pinned_images(const Store& store) {
  std::vector<oci::Digest> images;
  for (const std::string& hex : pins(store, k_pinned_image)) {
    try {
      images.push_back(oci::Digest::from_hex(hex));
    } catch (const Error&) {
      continue;  // not ours, or cut short by a power cut that its owner did not survive
    }
  }
  return images;
}

std::set<std::string> pinned_runs(const Store& store) {
  return pins(store, k_pinned_run);
}

std::set<std::string> pinned_trees(const Store& store) {
  std::set<std::string> ids;
  for (const std::string& text : pins(store, k_pinned_trees)) {
    std::istringstream lines(text);
    for (std::string id; std::getline(lines, id);) ids.insert(id);
  }
  return ids;
}

std::set<std::string> trees_at_work(const Store& store) {
  std::set<std::string> ids;
  for (const auto& entry : folder_entries(store.tmp()))
    if (const auto id = unlinked_tree_of_mark(entry.path());
        id && !is_abandoned(entry.path(), entry.path()))
      ids.insert(*id);
  return ids;
}

namespace {

/// What write_file_atomic leaves beside a blob when its process is killed: names that begin with a
/// dot. One that is a minute old belongs to nobody.
void remove_unfinished_blobs(const Store& store) {
  const auto now = fs::file_time_type::clock::now();
  std::error_code gone;
  for (const auto& entry : entries_of(store.root() / "blobs/sha256", gone)) {
    if (!entry.path().filename().native().starts_with('.')) continue;
    const auto written = entry.last_write_time(gone);
    if (!gone && now - written > std::chrono::minutes(1)) fs::remove(entry.path(), gone);
  }
}

}  // namespace

std::vector<fs::path> abandoned_work_folders(const Store& store) {
  std::vector<fs::path> folders;
  for (const auto& entry : folder_entries(store.tmp()))
    if (is_folder(entry) && is_abandoned(entry.path() / "owner", entry.path()))
      folders.push_back(entry.path());
  return folders;
}

void sweep(const Store& store, JobRunner& runner) {
  // One sweeper is enough; a second one would only get in its way.
  const auto lock = LockFile::try_acquire(store.locks() / "sweep");
  if (!lock) return;
  remove_unfinished_blobs(store);
  std::vector<fs::path> doomed = abandoned_work_folders(store);
  const std::vector<std::string> trees = abandoned_trees(store);
  for (const std::string& id : trees) doomed.push_back(layer_tree(store, id));
  if (doomed.empty()) return;
  remove_trees(runner, doomed);
  for (const std::string& id : trees) unmark_unlinked(store, id);
}

}  // namespace trainyard::store

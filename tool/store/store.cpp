#include "store/store.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "store/file_system.hpp"
#include "store/last_use.hpp"
#include "store/reserve.hpp"

namespace trainyard::store {

namespace {

constexpr const char* k_move_hint = "set TRAINYARD_STORE to a folder of your own on a local disk";
constexpr const char* k_oci_layout = "{\"imageLayoutVersion\":\"1.0.0\"}";
constexpr const char* k_empty_index =
    "{\"manifests\":[],\"mediaType\":\"application/"
    "vnd.oci.image.index.v1+json\",\"schemaVersion\":2}";
constexpr std::array<const char*, 11> k_folders{"blobs/sha256", "layers",       "diffs", "steps",
                                                "runs",         "fingerprints", "roots", "boots",
                                                "locks",        "caches",       "tmp"};

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

fs::path home_folder() {
  if (const std::string home = environment("HOME"); !home.empty()) return home;
  std::array<char, 16384> buffer;
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr || found->pw_dir == nullptr || *found->pw_dir == '\0')
    throw Error("finding", "the store", "HOME is not set and this user has no home folder",
                "set TRAINYARD_STORE to a folder");
  return found->pw_dir;
}

void check_owner(const fs::path& root, const struct stat& status) {
  if (!S_ISDIR(status.st_mode))
    throw Error("opening the store", root.string(), "it is not a folder", k_move_hint);
  if (status.st_uid == ::geteuid()) return;
  throw Error("opening the store", root.string(),
              "it belongs to user id " + std::to_string(status.st_uid) + ", and you are " +
                  std::to_string(::geteuid()),
              k_move_hint);
}

void check_file_system(const fs::path& root) {
  struct statfs status {};
  if (::statfs(root.c_str(), &status) != 0) throw system_error("opening the store", root.string());
  const auto name = unfit_file_system(static_cast<uint64_t>(status.f_type));
  if (name)
    throw Error("opening the store", root.string(),
                "it lies on " + *name + ", which cannot hold layer trees", k_move_hint);
}

void check_writable(const fs::path& root) {
  if (::faccessat(AT_FDCWD, root.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) != 0)
    throw system_error("opening the store", root.string()).with_hint(k_move_hint);
}

/// A folder that is somebody's home or a mistyped path must not be filled with our folders.
void refuse_foreign_folder(const fs::path& root) {
  std::set<std::string> ours{"oci-layout", "index.json", "index.lock", "blobs",
                             "engine",     "lost+found", "reserve"};
  ours.insert(k_folders.begin(), k_folders.end());
  for (const auto& entry : fs::directory_iterator(root)) {
    const std::string name = entry.path().filename().string();
    if (!ours.contains(name) && !name.starts_with('.'))
      throw usage_error("opening the store", root.string(),
                        "the folder is not a store, and it is not empty: it holds \"" + name + "\"",
                        "name a folder that is empty or does not exist yet");
  }
}

/// `oci-layout` comes last: where it is, the rest is.
void make_skeleton(const fs::path& root) {
  // An empty folder that was there may be open to others; set-user-id programs of images will lie
  // in it.
  if (::chmod(root.c_str(), 0700) != 0) throw system_error("closing to others", root.string());
  for (const char* folder : k_folders) make_directories(root / folder, 0700);
  if (!fs::exists(root / "index.json")) write_file_atomic(root / "index.json", k_empty_index);
  keep_reserve(root);
  write_file_atomic(root / "oci-layout", k_oci_layout);
}

bool is_there(const fs::path& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

/// A damaged one is written again: this tool does not need what it says, but other tools do.
bool has_layout(const fs::path& root) {
  const auto text = read_file_if_exists(root / "oci-layout");
  return text && Json::parse(*text, nullptr, false) == Json::parse(k_oci_layout);
}

}  // namespace

fs::path Store::default_folder() {
  if (const std::string folder = environment("TRAINYARD_STORE"); !folder.empty())
    return absolute_normal(folder);
  // The base directory specification says that a relative value is to be ignored.
  if (const std::string data = environment("XDG_DATA_HOME"); data.starts_with('/'))
    return absolute_normal(fs::path(data) / "trainyard");
  return absolute_normal(home_folder() / ".local/share/trainyard");
}

Store Store::open(const std::optional<fs::path>& folder) {
  Store store(folder ? absolute_normal(*folder) : default_folder());
  struct stat status {};
  if (::stat(store.root_.c_str(), &status) != 0) {
    try {
      make_directories(store.root_, 0700);
    } catch (Error& error) {
      throw std::move(error).with_hint(k_move_hint);
    }
    if (::stat(store.root_.c_str(), &status) != 0)
      throw system_error("opening the store", store.root_.string());
  }
  check_owner(store.root_, status);
  check_file_system(store.root_);
  check_writable(store.root_);
  if (!has_layout(store.root_) || !is_there(store.tmp())) {
    refuse_foreign_folder(store.root_);
    make_skeleton(store.root_);
  }
  return store;
}

bool Store::has_blob(const oci::Digest& digest) const {
  return is_there(blob(digest));
}

oci::Digest Store::put_blob(std::string_view content, Durability durability) const {
  const oci::Digest digest = oci::Digest::of(content);
  const fs::path path = blob(digest);
  note_use(path);
  // Compared, not only looked for: after a power cut a name may stand for an empty file.
  const auto there = read_file_if_exists(path);
  if (!there || *there != content) {
    write_file_atomic(path, content, durability);
  } else if (durability == Durability::dear) {
    sync_fd(open_for_reading(path).get(), path.string());
    sync_directory(path.parent_path());
  }
  return digest;
}

std::string Store::read_blob(const oci::Digest& digest) const {
  auto content = read_file_if_exists(blob(digest));
  if (!content)
    throw Error("reading", "blob " + digest.str(), "it is not in the store " + root_.string(),
                "build or import the image again");
  if (oci::Digest::of(*content) != digest)
    throw Error("reading", blob(digest).string(),
                "its content does not have its digest: it is damaged",
                "remove this file and build or import the image again");
  return std::move(*content);
}

}  // namespace trainyard::store

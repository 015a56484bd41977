#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace trainyard {

namespace fs = std::filesystem;

/// Whether a write must survive a power cut (docs/ARCHITECTURE.md, "Durability").
enum class Durability {
  cheap,  ///< atomic for readers, no fsync
  dear    ///< fsync of the file before the rename, of its folder after
};

/// The whole content of `path`. Throws Error naming it.
std::string read_file(const fs::path& path);
/// The same, or nothing when there is no such file; other failures throw.
std::optional<std::string> read_file_if_exists(const fs::path& path);

/// Writes `data` into a fresh file beside `path` and renames it into place: a reader sees the old
/// content or the new, never a part. Missing parent folders are made. `mode` is not changed by
/// umask.
void write_file_atomic(const fs::path& path, std::string_view data,
                       Durability durability = Durability::cheap, unsigned mode = 0644);
/// As write_file_atomic, but leaves a file that already has this content alone (its mtime too).
/// Returns whether it wrote.
bool write_file_if_changed(const fs::path& path, std::string_view data);

/// Makes `path` exist with a new mtime, as touch(1).
void touch(const fs::path& path);

/// Opens for reading, O_CLOEXEC; throws Error.
UniqueFd open_for_reading(const fs::path& path);

/// Writes all of `data`, through short writes and EINTR. Throws with `name` as subject.
void write_all(int fd, std::string_view data, const std::string& name);
/// Reads until the end or `limit` bytes.
std::string read_all(int fd, const std::string& name, uint64_t limit = UINT64_MAX);

/// fsync, throwing with `name`; and of a folder by its path.
void sync_fd(int fd, const std::string& name);
void sync_directory(const fs::path& path);

/// mkdir -p with `mode` for folders that are made.
void make_directories(const fs::path& path, unsigned mode = 0755);

/// Renames; throws Error naming both.
void rename_path(const fs::path& from, const fs::path& to);

/// Takes a file's name away; false when there is none. Other failures throw.
bool remove_file(const fs::path& path);

/// A folder under the system's temporary folder (or `parent`) that is removed with the object.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(const fs::path& parent = {}, std::string_view prefix = "trainyard-");
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// Random name of `characters` lower-case base32 characters (5 bits each) from the kernel.
std::string random_name(size_t characters = 20);

/// Absolute and lexically normal, without following links; a trailing slash goes.
fs::path absolute_normal(const fs::path& path);
/// Whether `path` is `folder` or lies below it; both absolute and lexically normal.
bool lies_within(const fs::path& path, const fs::path& folder);

}  // namespace trainyard

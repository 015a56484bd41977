#include "base/file.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"

namespace trainyard {

namespace {

UniqueFd open_or_throw(const fs::path& path, int flags, unsigned mode, const char* action) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, mode));
  if (!fd) throw system_error(action, path.string());
  return fd;
}

void unlink_quietly(const fs::path& path) {
  ::unlink(path.c_str());
}

}  // namespace

UniqueFd open_for_reading(const fs::path& path) {
  return open_or_throw(path, O_RDONLY, 0, "opening");
}

std::string read_all(int fd, const std::string& name, uint64_t limit) {
  std::string data;
  std::array<char, 1 << 16> buffer;
  while (data.size() < limit) {
    const ssize_t n =
        ::read(fd, buffer.data(), std::min<uint64_t>(buffer.size(), limit - data.size()));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("reading", name);
    if (n == 0) break;
    data.append(buffer.data(), static_cast<size_t>(n));
  }
  return data;
}

std::string read_file(const fs::path& path) {
  const UniqueFd fd = open_for_reading(path);
  return read_all(fd.get(), path.string());
}

std::optional<std::string> read_file_if_exists(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!fd) throw system_error("opening", path.string());
  return read_all(fd.get(), path.string());
}

void write_all(int fd, std::string_view data, const std::string& name) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("writing", name);
    data.remove_prefix(static_cast<size_t>(n));
  }
}

void sync_fd(int fd, const std::string& name) {
  if (::fsync(fd) != 0) throw system_error("syncing", name);
}

void sync_directory(const fs::path& path) {
  const UniqueFd fd = open_or_throw(path, O_RDONLY | O_DIRECTORY, 0, "opening");
  sync_fd(fd.get(), path.string());
}

void make_directories(const fs::path& path, unsigned mode) {
  if (path.empty() || ::mkdir(path.c_str(), mode) == 0) return;
  if (errno == ENOENT) {
    make_directories(path.parent_path(), mode);
    if (::mkdir(path.c_str(), mode) == 0) return;
  }
  std::error_code ignored;
  if (errno == EEXIST && fs::is_directory(path, ignored)) return;
  throw system_error("making folder", path.string());
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0)
    throw system_error("renaming", from.string() + " to " + to.string());
}

bool remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  throw system_error("removing", path.string());
}

void write_file_atomic(const fs::path& path, std::string_view data, Durability durability,
                       unsigned mode) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const fs::path temporary = folder / ("." + path.filename().string() + "." + random_name(8));
  int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  UniqueFd fd(::open(temporary.c_str(), flags, mode));
  if (!fd && errno == ENOENT) {
    make_directories(folder);
    fd.reset(::open(temporary.c_str(), flags, mode));
  }
  if (!fd) throw system_error("writing", path.string());
  try {
    if (::fchmod(fd.get(), mode) != 0) throw system_error("setting the mode of", path.string());
    write_all(fd.get(), data, path.string());
    if (durability == Durability::dear) sync_fd(fd.get(), path.string());
    rename_path(temporary, path);
  } catch (...) {
    unlink_quietly(temporary);
    throw;
  }
  if (durability == Durability::dear) sync_directory(folder);
}

bool write_file_if_changed(const fs::path& path, std::string_view data) {
  const auto old = read_file_if_exists(path);
  if (old && *old == data) return false;
  write_file_atomic(path, data);
  return true;
}

void touch(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!fd && errno == ENOENT) {
    make_directories(path.parent_path());
    fd.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  }
  if (!fd || ::futimens(fd.get(), nullptr) != 0) throw system_error("touching", path.string());
}

TemporaryDirectory::TemporaryDirectory(const fs::path& parent, std::string_view prefix) {
  const fs::path where = parent.empty() ? fs::temp_directory_path() : parent;
  make_directories(where);
  path_ = where / (std::string(prefix) + random_name(10));
  if (::mkdir(path_.c_str(), 0700) != 0) throw system_error("making folder", path_.string());
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

std::string random_name(size_t characters) {
  static constexpr char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";
  std::string bytes(characters, '\0');
  size_t got = 0;
  while (got < characters) {
    const ssize_t n = ::getrandom(bytes.data() + got, characters - got, 0);
    if (n < 0 && errno != EINTR) throw system_error("reading", "the kernel's random numbers");
    if (n > 0) got += static_cast<size_t>(n);
  }
  for (char& c : bytes) c = alphabet[static_cast<unsigned char>(c) & 31];
  return bytes;
}

fs::path absolute_normal(const fs::path& path) {
  fs::path normal = fs::absolute(path).lexically_normal();
  if (!normal.has_filename() && normal.has_relative_path()) normal = normal.parent_path();
  return normal;
}

bool lies_within(const fs::path& path, const fs::path& folder) {
  const std::string& inner = path.native();
  const std::string& outer = folder.native();
  if (outer == "/") return !inner.empty() && inner.front() == '/';
  return inner.size() >= outer.size() && inner.compare(0, outer.size(), outer) == 0 &&
         (inner.size() == outer.size() || inner[outer.size()] == '/');
}

}  // namespace trainyard

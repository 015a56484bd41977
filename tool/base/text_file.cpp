#include "base/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.hpp"

namespace trainyard {

namespace {

std::string read_checked(int fd, const std::string& name) {
  std::string text = read_all(fd, name, k_longest_text + 1);
  if (text.size() > k_longest_text)
    throw usage_error("reading", name, "it is larger than 4 MiB, which no such text needs");
  return text;
}

/// Without waiting for a FIFO's writer.
UniqueFd open_regular(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0) throw system_error("opening", path.string());
  if (!S_ISREG(status.st_mode))
    throw usage_error("reading", path.string(), "it is not a regular file");
  return fd;
}

}  // namespace

std::string read_text(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode))
    return read_checked(open_for_reading(path).get(), path.string());
  return read_checked(open_regular(path).get(), path.string());
}

std::optional<std::string> read_text_within(const fs::path& folder, const std::string& name) {
  const fs::path path = folder / name;
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (errno == ENOENT || errno == ENOTDIR) return std::nullopt;
    throw system_error("looking at", path.string());
  }
  std::error_code missing;
  const fs::path real = fs::canonical(path, missing);
  if (missing) throw Error("opening", path.string(), missing.message(), "", ExitCode::usage);
  if (!lies_within(real, fs::canonical(folder)))
    throw usage_error("reading", path.string(),
                      "it is a symbolic link that leads out of " + folder.string(),
                      "put the file itself there; a Dockerfile elsewhere is named with -f");
  return read_checked(open_regular(real).get(), path.string());
}

}  // namespace trainyard

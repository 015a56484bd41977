#include "training/output_files.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "training/beside.hpp"

namespace trainyard::training {

namespace {

void copy_by_reading(int from, int to, const std::string& name) {
  std::array<char, 1 << 17> buffer;
  for (;;) {
    const ssize_t n = ::read(from, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("copying", name);
    if (n == 0) return;
    write_all(to, {buffer.data(), static_cast<size_t>(n)}, name);
  }
}

void copy_content(int from, int to, uint64_t size, const std::string& name) {
  if (::ioctl(to, FICLONE, from) == 0) return;
  uint64_t done = 0;
  while (done < size) {
    const ssize_t n = ::copy_file_range(from, nullptr, to, nullptr, size - done, 0);
    if (n > 0) {
      done += static_cast<uint64_t>(n);
    } else if (n < 0 && errno == ENOSPC) {
      throw system_error("writing", name);
    } else {
      break;  // another file system, or a kernel without the call: positions are where the copy
              // stopped
    }
  }
  copy_by_reading(from, to, name);
}

UniqueFd make_file(const fs::path& path) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file) throw system_error("writing", path.string());
  return file;
}

/// Fills the new file `to`, whose name is `path`.
void write_blob(const store::Store& store, const store::OutputFile& file, const UniqueFd& to,
                const fs::path& path) {
  const fs::path blob = store.blob(file.digest);
  const UniqueFd from(::open(blob.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!from || ::fstat(from.get(), &status) != 0 ||
      static_cast<uint64_t>(status.st_size) != file.size)
    throw Error(
        "restoring", path.string(),
        "its content " + file.digest.str() + " is gone from the store or damaged",
        "remove " + blob.string() + " if it is there, and build again: the run is then made anew");
  const unsigned mode = (file.mode & 0777) | 0400;
  copy_content(from.get(), to.get(), file.size, path.string());
  if (::fchmod(to.get(), mode) != 0 || ::futimens(to.get(), nullptr) != 0)
    throw system_error("writing", path.string());
}

void fill_folder(const store::Store& store, const store::Output& output, const fs::path& folder) {
  for (const store::OutputFile& file : output.files) {
    const fs::path path = folder / file.path;
    if (file.path.ends_with('/')) {
      make_directories(path.parent_path(), file.mode | 0700);
      continue;
    }
    make_directories(path.parent_path());
    if (!file.link.empty()) {
      if (::symlink(file.link.c_str(), path.c_str()) != 0)
        throw system_error("linking", path.string());
    } else {
      write_blob(store, file, make_file(path), path);
    }
  }
  ::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0);
}

}  // namespace

void put_output(const store::Store& store, const store::Output& output,
                const fs::path& destination) {
  make_directories(destination.parent_path());
  Beside made(destination);
  if (output.folder) {
    made.make_folder();
    fill_folder(store, output, made.path());
  } else {
    if (output.files.size() != 1)
      throw Error("restoring", destination.string(), "its record is damaged",
                  "build the run again");
    write_blob(store, output.files.front(), made.make_file(), made.path());
  }
  made.move_in();
}

}  // namespace trainyard::training

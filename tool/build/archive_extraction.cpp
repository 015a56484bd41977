#include "build/archive_extraction.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "base/error.hpp"

namespace trainyard::build {

namespace {

constexpr int k_block = 64 * 1024;

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

Error archive_error(archive* from, const fs::path& file) {
  const char* cause = archive_error_string(from);
  return Error("unpacking", file.string(), cause != nullptr ? cause : "unknown failure",
               "check the archive; COPY takes it as it is", ExitCode::usage);
}

Reader open_tar(const fs::path& file) {
  Reader reader(archive_read_new(), archive_read_free);
  archive_read_support_format_tar(reader.get());
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  if (archive_read_open_filename(reader.get(), file.c_str(), k_block) != ARCHIVE_OK) reader.reset();
  return reader;
}

Reader open_disk() {
  Reader disk(archive_write_disk_new(), archive_write_free);
  int flags = ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_XATTR |
              ARCHIVE_EXTRACT_SECURE_SYMLINKS | ARCHIVE_EXTRACT_SECURE_NODOTDOT |
              ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS | ARCHIVE_EXTRACT_UNLINK;
  if (::geteuid() == 0) flags |= ARCHIVE_EXTRACT_OWNER;
  archive_write_disk_set_options(disk.get(), flags);
  return disk;
}

void copy_data(archive* from, archive* to, const fs::path& file) {
  const void* block = nullptr;
  size_t size = 0;
  la_int64_t offset = 0;
  while (true) {
    const int result = archive_read_data_block(from, &block, &size, &offset);
    if (result == ARCHIVE_EOF) return;
    if (result < ARCHIVE_WARN) throw archive_error(from, file);
    if (archive_write_data_block(to, block, size, offset) < ARCHIVE_WARN)
      throw archive_error(to, file);
  }
}

/// Leading slashes go, as tar(1) takes them off.
void make_relative(archive_entry* entry) {
  const char* name = archive_entry_pathname(entry);
  if (name == nullptr || *name != '/') return;
  while (*name == '/') ++name;
  const std::string relative = *name == '\0' ? "." : name;
  archive_entry_set_pathname(entry, relative.c_str());
}

}  // namespace

bool extract_archive(const fs::path& file, const fs::path& folder) {
  // Names in PAX headers are UTF-8; in the "C" locale libarchive could not hand them out.
  ::setlocale(LC_CTYPE, "C.UTF-8");
  ::umask(0);
  std::error_code unknown;
  if (fs::file_size(file, unknown) == 0 || unknown) return false;
  const Reader reader = open_tar(file);
  if (!reader) return false;
  archive_entry* entry = nullptr;
  int result = archive_read_next_header(reader.get(), &entry);
  if (result != ARCHIVE_OK && result != ARCHIVE_WARN) return false;
  if ((archive_format(reader.get()) & ARCHIVE_FORMAT_BASE_MASK) != ARCHIVE_FORMAT_TAR) return false;
  if (::chdir(folder.c_str()) != 0) throw system_error("entering", folder.string());
  const Reader disk = open_disk();
  for (; result != ARCHIVE_EOF; result = archive_read_next_header(reader.get(), &entry)) {
    if (result < ARCHIVE_WARN) throw archive_error(reader.get(), file);
    const mode_t type = archive_entry_filetype(entry);
    if (type == AE_IFCHR || type == AE_IFBLK) continue;
    make_relative(entry);
    if (archive_write_header(disk.get(), entry) < ARCHIVE_WARN)
      throw archive_error(disk.get(), file);
    if (archive_entry_size(entry) > 0) copy_data(reader.get(), disk.get(), file);
    if (archive_write_finish_entry(disk.get()) < ARCHIVE_WARN)
      throw archive_error(disk.get(), file);
  }
  if (archive_write_close(disk.get()) < ARCHIVE_WARN) throw archive_error(disk.get(), file);
  return true;
}

}  // namespace trainyard::build

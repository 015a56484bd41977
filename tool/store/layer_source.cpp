#include "store/layer_source.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>

#include "base/error.hpp"
#include "oci/archive_error.hpp"
#include "oci/expansion_limit.hpp"

namespace trainyard::store {

namespace {

using namespace std::string_view_literals;

bool is_compressed(int fd) {
  std::array<char, 6> bytes{};
  const ssize_t size = ::pread(fd, bytes.data(), bytes.size(), 0);
  const std::string_view head(bytes.data(), size > 0 ? static_cast<size_t>(size) : 0);
  // The second zstd form is a skippable frame, with which some writers begin.
  return head.starts_with("\x1f\x8b"sv) || head.starts_with("\x28\xb5\x2f\xfd"sv) ||
         (head.size() > 3 && (head[0] & '\xf0') == '\x50' &&
          head.substr(1, 3) == "\x2a\x4d\x18"sv) ||
         head.starts_with("\xfd\x37zXZ\0"sv) || head.starts_with("BZh"sv);
}

void copy_plain(int in, int out, const std::string& name, const std::string& to) {
  if (::ioctl(out, FICLONE, in) == 0) return;
  std::string buffer(1 << 18, '\0');
  while (true) {
    const ssize_t size = ::read(in, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw system_error("reading", name);
    if (size == 0) return;
    write_all(out, std::string_view(buffer).substr(0, static_cast<size_t>(size)), to);
  }
}

/// libarchive's "raw" format: one entry that is the whole stream. Only filters that are libraries:
/// the others start programs.
void decompress(int in, int out, uint64_t in_size, const std::string& name, const std::string& to) {
  const oci::ExpansionLimit limit(in_size, name);
  const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(),
                                                                      &archive_read_free);
  const auto check = [&](int result) {
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) return;
    throw oci::archive_error(reader.get(), "decompressing", name, "get the file again");
  };
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  check(archive_read_support_format_raw(reader.get()));
  check(archive_read_open_fd(reader.get(), in, 1 << 18));
  archive_entry* entry = nullptr;
  check(archive_read_next_header(reader.get(), &entry));
  std::string buffer(1 << 18, '\0');
  uint64_t written = 0;
  while (true) {
    const la_ssize_t size = archive_read_data(reader.get(), buffer.data(), buffer.size());
    if (size == 0) return;
    if (size < 0) check(static_cast<int>(size));
    if (size <= 0) continue;
    limit.check(written += static_cast<uint64_t>(size));
    write_all(out, std::string_view(buffer).substr(0, static_cast<size_t>(size)), to);
  }
}

}  // namespace

void write_uncompressed(const fs::path& from, const fs::path& to) {
  // A layout from anywhere may have anything in a blob's place: a FIFO would wait for ever.
  const UniqueFd in(::open(from.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  struct stat status {};
  if (!in || ::fstat(in.get(), &status) != 0) throw system_error("opening", from.string());
  if (!S_ISREG(status.st_mode))
    throw usage_error("reading the layer", from.string(), "it is not a regular file");
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!out) throw system_error("writing", to.string());
  if (is_compressed(in.get()))
    decompress(in.get(), out.get(), static_cast<uint64_t>(status.st_size), from.string(),
               to.string());
  else
    copy_plain(in.get(), out.get(), from.string(), to.string());
}

}  // namespace trainyard::store

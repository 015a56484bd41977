#include "oci/tar_source.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <sys/stat.h>

#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "oci/archive_error.hpp"
#include "oci/expansion_limit.hpp"

namespace trainyard::oci {

namespace {

constexpr size_t k_read_at_once = 512 << 10;

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

Reader new_reader() {
  Reader reader(::archive_read_new(), ::archive_read_free);
  if (!reader) throw Error("reading", "an archive", "out of memory");
  return reader;
}

const char* message_of(archive* a) {
  const char* text = ::archive_error_string(a);
  return text != nullptr ? text : "it is damaged";
}

/// A name that is not plain ASCII is kept byte by byte, which libarchive reports as a failed
/// translation.
bool is_harmless_warning(archive* a) {
  return std::string_view(message_of(a)).find("can't be converted") != std::string_view::npos;
}

uint32_t checked_id(int64_t id, const char* what, const std::string& entry) {
  // The last value means "leave it as it is" to chown.
  if (id < 0 || id >= int64_t{UINT32_MAX})
    throw usage_error("unpacking the entry", "\"" + entry + "\"",
                      std::string("its ") + what + " " + std::to_string(id) + " is out of range");
  return static_cast<uint32_t>(id);
}

ForeignEntry::Kind kind_of(archive_entry* entry) {
  if (::archive_entry_hardlink(entry) != nullptr) return ForeignEntry::Kind::hard_link;
  switch (::archive_entry_filetype(entry)) {
    case AE_IFDIR:
      return ForeignEntry::Kind::directory;
    case AE_IFLNK:
      return ForeignEntry::Kind::symbolic_link;
    case AE_IFIFO:
      return ForeignEntry::Kind::fifo;
    case AE_IFCHR:
      return ForeignEntry::Kind::character_device;
    case AE_IFREG:
      return ForeignEntry::Kind::file;
    default:
      return ForeignEntry::Kind::other_device;
  }
}

std::map<std::string, std::string> xattrs_of(archive_entry* entry) {
  std::map<std::string, std::string> xattrs;
  const char* name;
  const void* value;
  size_t size;
  ::archive_entry_xattr_reset(entry);
  while (::archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
    if (name != nullptr) xattrs[name] = std::string(static_cast<const char*>(value), size);
  return xattrs;
}

/// Of a pipe nothing is known beforehand; what is unpacked lies in a file.
uint64_t size_of(int in) {
  struct stat status {};
  return ::fstat(in, &status) == 0 && S_ISREG(status.st_mode)
             ? static_cast<uint64_t>(status.st_size)
             : UINT64_MAX;
}

}  // namespace

struct TarSource::State {
  /// libarchive translates names into the locale's character set and normalises them on the way; in
  /// the C locale it leaves every byte as it is.
  class PlainLocale {
   public:
    PlainLocale() : plain_(::newlocale(LC_ALL_MASK, "C", nullptr)), before_(::uselocale(plain_)) {}
    ~PlainLocale() {
      ::uselocale(before_);
      ::freelocale(plain_);
    }
    PlainLocale(const PlainLocale&) = delete;
    PlainLocale& operator=(const PlainLocale&) = delete;

   private:
    locale_t plain_, before_;
  };

  std::string name;
  uint64_t limit;
  Hashing hashing;
  ExpansionLimit expansion;
  PlainLocale locale;
  Reader bytes = new_reader();  ///< decompresses
  Reader tar = new_reader();    ///< reads the tar from `bytes`, through `pull`
  std::vector<char> buffer = std::vector<char>(k_read_at_once);
  Sha256 hash;
  uint64_t size = 0;
  std::optional<Error> failure;  ///< of `pull`: exceptions may not pass through libarchive

  Error broken(archive* a) const {
    if (failure) return *failure;
    return archive_error(a, "reading the archive", name,
                         "the file is damaged, cut short or no tar: get it again");
  }

  /// The next uncompressed bytes, hashed; 0 at the end.
  size_t pull() {
    const la_ssize_t got = ::archive_read_data(bytes.get(), buffer.data(), buffer.size());
    if (got < 0) throw broken(bytes.get());
    size += static_cast<uint64_t>(got);
    if (limit != 0 && size > limit)
      throw usage_error("reading the archive", name,
                        "it is larger than the limit of " + std::to_string(limit) + " bytes");
    expansion.check(size);
    if (hashing == Hashing::whole)
      hash.update(std::string_view(buffer.data(), static_cast<size_t>(got)));
    return static_cast<size_t>(got);
  }

  static la_ssize_t pull_callback(archive* a, void* self_pointer, const void** data) {
    auto* self = static_cast<State*>(self_pointer);
    try {
      const size_t got = self->pull();
      *data = self->buffer.data();
      return static_cast<la_ssize_t>(got);
    } catch (const Error& error) {
      self->failure = error;
      ::archive_set_error(a, EIO, "%s", error.cause().c_str());
      return -1;
    }
  }

  void open(int in) {
    ::archive_read_support_filter_gzip(bytes.get());
    ::archive_read_support_filter_bzip2(bytes.get());
    ::archive_read_support_filter_xz(bytes.get());
    ::archive_read_support_filter_zstd(bytes.get());
    ::archive_read_support_format_raw(bytes.get());
    ::archive_read_support_format_empty(bytes.get());
    if (::archive_read_open_fd(bytes.get(), in, k_read_at_once) != ARCHIVE_OK)
      throw broken(bytes.get());
    archive_entry* whole;
    const int begun = ::archive_read_next_header(bytes.get(), &whole);
    if (begun == ARCHIVE_EOF) throw usage_error("reading the archive", name, "it is empty");
    if (begun != ARCHIVE_OK) throw broken(bytes.get());
    ::archive_read_support_format_tar(tar.get());
    if (::archive_read_open(tar.get(), this, nullptr, pull_callback, nullptr) != ARCHIVE_OK)
      throw broken(tar.get());
  }
};

TarSource::TarSource(int in, std::string name, uint64_t limit, Hashing hashing)
    : state_(new State{.name = name,
                       .limit = limit,
                       .hashing = hashing,
                       .expansion = ExpansionLimit(size_of(in), name)}) {
  state_->open(in);
}

TarSource::~TarSource() = default;

std::optional<ForeignEntry> TarSource::next() {
  archive* tar = state_->tar.get();
  archive_entry* entry;
  const int result = ::archive_read_next_header(tar, &entry);
  if (result == ARCHIVE_EOF) return std::nullopt;
  if (result != ARCHIVE_OK && !(result == ARCHIVE_WARN && is_harmless_warning(tar)))
    throw state_->broken(tar);
  const char* name = ::archive_entry_pathname(entry);
  if (name == nullptr) throw state_->broken(tar);
  ForeignEntry found;
  found.kind = kind_of(entry);
  found.name = name;
  const char* target = found.kind == ForeignEntry::Kind::hard_link ? ::archive_entry_hardlink(entry)
                                                                   : ::archive_entry_symlink(entry);
  if (target != nullptr) found.link_target = target;
  found.mode = ::archive_entry_perm(entry) & 07777;
  found.uid = checked_id(::archive_entry_uid(entry), "user id", found.name);
  found.gid = checked_id(::archive_entry_gid(entry), "group id", found.name);
  const int64_t size = ::archive_entry_size(entry);
  if (size < 0) throw state_->broken(tar);
  found.size = static_cast<uint64_t>(size);
  found.seconds = ::archive_entry_mtime(entry);
  found.nanoseconds = ::archive_entry_mtime_nsec(entry);
  found.device_major = static_cast<uint32_t>(::archive_entry_rdevmajor(entry));
  found.device_minor = static_cast<uint32_t>(::archive_entry_rdevminor(entry));
  found.xattrs = xattrs_of(entry);
  return found;
}

std::optional<ContentBlock> TarSource::content() {
  ContentBlock block{};
  la_int64_t offset;
  const int result =
      ::archive_read_data_block(state_->tar.get(), &block.data, &block.size, &offset);
  if (result == ARCHIVE_EOF) return std::nullopt;
  if (result != ARCHIVE_OK || offset < 0) throw state_->broken(state_->tar.get());
  block.offset = static_cast<uint64_t>(offset);
  return block;
}

Digest TarSource::finish() {
  while (state_->pull() > 0) {
  }
  return Digest::from_hex(state_->hash.hex());
}

uint64_t TarSource::size() const {
  return state_->size;
}

}  // namespace trainyard::oci

// libarchive and what it needs itself (XML, ICU, six compressions, …: eleven libraries) take longer
// to load than a build with nothing to do takes altogether, and only unpacking an archive needs
// them. So they are not linked: the functions that we call are defined here, and the first call
// loads the library. A function that is missing here does not link.
#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>

#include <cstdarg>
#include <cstdio>

#include "base/error.hpp"

namespace {

void* library() {
  static void* const handle = [] {
    void* const opened = ::dlopen(TRAINYARD_LIBARCHIVE, RTLD_NOW | RTLD_LOCAL);
    if (opened == nullptr)
      throw trainyard::Error(
          "loading", TRAINYARD_LIBARCHIVE, ::dlerror(),
          "archives are read with libarchive: sudo apt-get install libarchive13");
    return opened;
  }();
  return handle;
}

template <typename Function>
Function* find(const char* name) {
  void* const address = ::dlsym(library(), name);
  if (address == nullptr)
    throw trainyard::Error("loading", TRAINYARD_LIBARCHIVE,
                           std::string("it has no function ") + name);
  return reinterpret_cast<Function*>(address);
}

}  // namespace

#define LATE(function, parameters, arguments)                      \
  auto function parameters->decltype(function arguments) {         \
    static auto* const late = find<decltype(function)>(#function); \
    return late arguments;                                         \
  }

using Archive = struct archive;
using Entry = struct archive_entry;

extern "C" {

// The C header declares them all; here only their results are left to it.
LATE(archive_errno, (Archive * a), (a))
LATE(archive_error_string, (Archive * a), (a))
LATE(archive_format, (Archive * a), (a))
LATE(archive_read_new, (), ())
LATE(archive_read_free, (Archive * a), (a))
LATE(archive_read_support_filter_bzip2, (Archive * a), (a))
LATE(archive_read_support_filter_gzip, (Archive * a), (a))
LATE(archive_read_support_filter_xz, (Archive * a), (a))
LATE(archive_read_support_filter_zstd, (Archive * a), (a))
LATE(archive_read_support_format_empty, (Archive * a), (a))
LATE(archive_read_support_format_raw, (Archive * a), (a))
LATE(archive_read_support_format_tar, (Archive * a), (a))
LATE(archive_read_open,
     (Archive * a, void* data, archive_open_callback* open, archive_read_callback* read,
      archive_close_callback* close),
     (a, data, open, read, close))
LATE(archive_read_open_fd, (Archive * a, int fd, size_t block), (a, fd, block))
LATE(archive_read_open_filename, (Archive * a, const char* name, size_t block), (a, name, block))
LATE(archive_read_next_header, (Archive * a, Entry** entry), (a, entry))
LATE(archive_read_data, (Archive * a, void* buffer, size_t size), (a, buffer, size))
LATE(archive_read_data_block, (Archive * a, const void** buffer, size_t* size, la_int64_t* offset),
     (a, buffer, size, offset))
LATE(archive_write_disk_new, (), ())
LATE(archive_write_disk_set_options, (Archive * a, int flags), (a, flags))
LATE(archive_write_header, (Archive * a, Entry* entry), (a, entry))
LATE(archive_write_data_block, (Archive * a, const void* buffer, size_t size, la_int64_t offset),
     (a, buffer, size, offset))
LATE(archive_write_finish_entry, (Archive * a), (a))
LATE(archive_write_close, (Archive * a), (a))
LATE(archive_write_free, (Archive * a), (a))
LATE(archive_entry_filetype, (Entry * e), (e))
LATE(archive_entry_gid, (Entry * e), (e))
LATE(archive_entry_hardlink, (Entry * e), (e))
LATE(archive_entry_mtime, (Entry * e), (e))
LATE(archive_entry_mtime_nsec, (Entry * e), (e))
LATE(archive_entry_pathname, (Entry * e), (e))
LATE(archive_entry_perm, (Entry * e), (e))
LATE(archive_entry_rdevmajor, (Entry * e), (e))
LATE(archive_entry_rdevminor, (Entry * e), (e))
LATE(archive_entry_set_pathname, (Entry * e, const char* name), (e, name))
LATE(archive_entry_size, (Entry * e), (e))
LATE(archive_entry_symlink, (Entry * e), (e))
LATE(archive_entry_uid, (Entry * e), (e))
LATE(archive_entry_xattr_next, (Entry * e, const char** name, const void** value, size_t* size),
     (e, name, value, size))
LATE(archive_entry_xattr_reset, (Entry * e), (e))

void archive_set_error(Archive* a, int number, const char* format, ...) {
  static auto* const late = find<decltype(archive_set_error)>("archive_set_error");
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  late(a, number, "%s", text);
}

}  // extern "C"

#undef LATE

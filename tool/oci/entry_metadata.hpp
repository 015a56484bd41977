#pragma once

#include <sys/stat.h>

#include <string>

#include "oci/tar_source.hpp"

namespace trainyard::oci {

/// Owner, mode, xattrs and time of an entry that is being unpacked. `subject` is its path for
/// errors.

/// Without effect where the user namespace has one id alone. Otherwise throws Error that names the
/// id and says how to get more when the user namespace does not map it.
void set_owner(int fd, const ForeignEntry& entry, const std::string& subject);
void set_owner_in(int folder, const std::string& name, const ForeignEntry& entry,
                  const std::string& subject);

/// Of an open file or folder: all but the time, in the order in which none undoes another.
void set_metadata(int fd, const ForeignEntry& entry, const std::string& subject);

void set_opaque(int folder, const std::string& subject);

/// The two times for utimensat: mtime alone.
struct Times {
  timespec values[2];
};
Times mtime_of(const ForeignEntry& entry);

}  // namespace trainyard::oci

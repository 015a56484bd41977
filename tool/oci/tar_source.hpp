#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "oci/digest.hpp"
#include "oci/tar_header.hpp"

namespace trainyard::oci {

/// An entry as an archive from anywhere has it: nothing in it is checked but the numbers' ranges.
struct ForeignEntry {
  enum class Kind {
    file,
    directory,
    symbolic_link,
    hard_link,
    fifo,
    character_device,
    other_device
  };
  Kind kind = Kind::file;
  std::string name;
  std::string link_target;
  uint32_t mode = 0;
  uint32_t uid = 0, gid = 0;
  uint64_t size = 0;
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  uint32_t device_major = 0, device_minor = 0;
  std::map<std::string, std::string> xattrs;
};

/// A run of an entry's content; the gaps between runs are holes.
struct ContentBlock {
  const void* data;
  size_t size;
  uint64_t offset;
};

/// Reads a tar (ustar, pax, GNU, v7; plain, gzip, zstd, xz or bzip2, by content) and hashes its
/// uncompressed bytes on the way. Names are bytes: no locale has a part in them.
class TarSource {
 public:
  enum class Hashing { none, whole };

  /// `in` is read from where it stands to its end and not owned; `name` is the subject of errors.
  /// More than `limit` uncompressed bytes are an error (0: any number), and so is more than
  /// ExpansionLimit lets come out of a file of its size.
  TarSource(int in, std::string name, uint64_t limit, Hashing hashing = Hashing::whole);
  ~TarSource();
  TarSource(const TarSource&) = delete;
  TarSource& operator=(const TarSource&) = delete;

  /// The next entry, or nothing at the end.
  std::optional<ForeignEntry> next();
  /// The next run of the content of the entry at hand; valid until the next call.
  std::optional<ContentBlock> content();

  /// Reads to the stream's last byte, past the tar's end mark too, and gives the digest. Call once,
  /// and only where the whole is hashed.
  Digest finish();
  uint64_t size() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace trainyard::oci

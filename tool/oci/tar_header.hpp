#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace trainyard::oci {

/// One entry of a tar as POSIX.1-2001 pax has it, with nothing that a layer does not need: no names
/// of users, no atime, no ctime.
struct TarEntry {
  enum class Type : char {
    file = '0',
    hard_link = '1',
    symbolic_link = '2',
    character_device = '3',
    block_device = '4',
    directory = '5',
    fifo = '6',
  };
  std::string name;  ///< relative; a directory's ends in a slash
  Type type = Type::file;
  uint32_t mode = 0644;  ///< permission bits with setuid, setgid, sticky
  uint64_t uid = 0;
  uint64_t gid = 0;
  uint64_t size = 0;
  int64_t seconds = 0;  ///< mtime
  int64_t nanoseconds = 0;
  std::string link_target;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;
};

inline constexpr uint64_t k_tar_block = 512;

/// Bytes that fill `size` up to a whole block.
constexpr uint64_t tar_padding(uint64_t size) {
  return (k_tar_block - size % k_tar_block) % k_tar_block;
}

/// The bytes before the entry's content: one ustar block, and before it an extended header with
/// what the block cannot hold (path, linkpath, size, uid, gid, mtime, SCHILY.xattr.*), its records
/// sorted by keyword. The bytes are a part of layers' identity: they never change for entries that
/// could be written before.
std::string encode_tar_header(const TarEntry& entry);

}  // namespace trainyard::oci

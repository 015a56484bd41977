#pragma once

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

/// What the readers of ELF objects share: nothing outside of the file is read, and no size in it is
/// believed. Included by their source files alone.
namespace trainyard::build {

inline constexpr unsigned char k_native_order =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
/// PATH_MAX, and the piece that longer lists are read by.
inline constexpr uint64_t k_longest_string = 4096;
inline constexpr uint64_t k_longest_list = uint64_t{64} * 1024;
inline constexpr uint64_t k_most_dynamic_entries = uint64_t{8} * 1024;

[[noreturn]] inline void fail_elf(const fs::path& path, const std::string& cause) {
  throw usage_error("reading the ELF object", path.string(), cause,
                    "the file is damaged or was not written to its end; build or install it again");
}

/// Reads by offset and refuses everything that does not lie inside the file. pread and not mmap: a
/// file that a linker truncates meanwhile gives an error here, and SIGBUS there.
class ByteReader {
 public:
  explicit ByteReader(const fs::path& path) : path_(path), fd_(open_for_reading(path)) {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw system_error("reading", path.string());
    if (!S_ISREG(status.st_mode))
      throw usage_error("reading the ELF object", path.string(), "it is not a regular file");
    size_ = static_cast<uint64_t>(status.st_size);
    identity_ = {status.st_dev, status.st_ino};
  }

  uint64_t size() const { return size_; }
  const std::pair<dev_t, ino_t>& identity() const { return identity_; }

  void read(uint64_t offset, void* to, uint64_t length, const char* what) const {
    if (offset > size_ || length > size_ - offset)
      fail_elf(path_, std::string(what) + " lies outside of the file");
    auto* out = static_cast<char*>(to);
    while (length > 0) {
      const ssize_t got = ::pread(fd_.get(), out, length, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error("reading", path_.string());
      if (got == 0) fail_elf(path_, std::string(what) + " is cut off");
      out += got;
      offset += static_cast<uint64_t>(got);
      length -= static_cast<uint64_t>(got);
    }
  }

  template <typename Record>
  Record record(uint64_t offset, const char* what) const {
    Record value;
    read(offset, &value, sizeof value, what);
    return value;
  }

  /// The NUL-terminated string at `offset`, which must end before `end`.
  std::string string(uint64_t offset, uint64_t end, const char* what) const {
    end = std::min(end, size_);
    std::string text;
    std::array<char, k_longest_string> piece;
    while (offset < end && text.size() < k_longest_list) {
      const uint64_t length = std::min<uint64_t>(piece.size(), end - offset);
      read(offset, piece.data(), length, what);
      if (std::memchr(piece.data(), 0, length)) return text += piece.data();
      text.append(piece.data(), length);
      offset += length;
    }
    fail_elf(path_, std::string(what) + " has no end");
  }

 private:
  fs::path path_;
  UniqueFd fd_;
  uint64_t size_ = 0;
  std::pair<dev_t, ino_t> identity_;
};

struct Class32 {
  using Header = Elf32_Ehdr;
  using Segment = Elf32_Phdr;
  using Dynamic = Elf32_Dyn;
  using Symbol = Elf32_Sym;
  using Relocation = Elf32_Rel;
  using RelocationWithAddend = Elf32_Rela;
  static uint64_t symbol_of(uint64_t info) { return ELF32_R_SYM(info); }
};
struct Class64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
  using Symbol = Elf64_Sym;
  using Relocation = Elf64_Rel;
  using RelocationWithAddend = Elf64_Rela;
  static uint64_t symbol_of(uint64_t info) { return ELF64_R_SYM(info); }
};

/// The string table of the dynamic section: addresses in memory, turned into offsets in the file.
class StringTable {
 public:
  StringTable(const ByteReader& in, const fs::path& path, uint64_t offset, uint64_t size)
      : in_(in), path_(path), offset_(offset), end_(offset + size) {
    if (offset > in.size() || size > in.size() - offset)
      fail_elf(path, "the dynamic string table lies outside of the file");
  }
  std::string at(uint64_t index, const char* what) const {
    if (index >= end_ - offset_) fail_elf(path_, std::string(what) + " lies outside of its table");
    return in_.string(offset_ + index, end_, what);
  }

 private:
  const ByteReader& in_;
  const fs::path& path_;
  uint64_t offset_, end_;
};

template <typename Class>
std::vector<typename Class::Segment> read_segments(const ByteReader& in, const fs::path& path) {
  using Segment = typename Class::Segment;
  const auto header = in.record<typename Class::Header>(0, "the ELF header");
  if (header.e_phnum == 0) return {};
  if (header.e_phentsize != sizeof(Segment)) fail_elf(path, "its program headers have an odd size");
  if (header.e_phnum == PN_XNUM) fail_elf(path, "it has too many program headers");
  std::vector<Segment> segments(header.e_phnum);
  in.read(header.e_phoff, segments.data(), segments.size() * sizeof(Segment),
          "the program header table");
  return segments;
}

template <typename Class>
std::vector<typename Class::Dynamic> read_dynamic(const ByteReader& in, const fs::path& path,
                                                  const typename Class::Segment& segment) {
  using Dynamic = typename Class::Dynamic;
  const uint64_t count = segment.p_filesz / sizeof(Dynamic);
  if (count > k_most_dynamic_entries) fail_elf(path, "its dynamic section is too large");
  std::vector<Dynamic> entries(count);
  in.read(segment.p_offset, entries.data(), count * sizeof(Dynamic), "the dynamic section");
  const auto end = std::find_if(entries.begin(), entries.end(),
                                [](const Dynamic& entry) { return entry.d_tag == DT_NULL; });
  entries.erase(end, entries.end());
  return entries;
}

template <typename Segment>
uint64_t file_offset(const std::vector<Segment>& segments, uint64_t address, const fs::path& path) {
  for (const auto& segment : segments)
    if (segment.p_type == PT_LOAD && address >= segment.p_vaddr &&
        address - segment.p_vaddr < segment.p_filesz)
      return segment.p_offset + (address - segment.p_vaddr);
  fail_elf(path, "a table of its dynamic section is in no segment");
}

}  // namespace trainyard::build

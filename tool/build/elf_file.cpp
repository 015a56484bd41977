#include "build/elf_file.hpp"

#include <elf.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>

#include "base/error.hpp"

namespace trainyard::build {
namespace {

constexpr unsigned char k_native_order =
    std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
constexpr uint64_t k_longest_string =
    4096;  // PATH_MAX, and the piece that longer lists are read by
constexpr uint64_t k_longest_list = 64 * 1024;
constexpr uint64_t k_most_dynamic_entries = 8 * 1024;

[[noreturn]] void fail(const fs::path& path, const std::string& cause) {
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
      fail(path_, std::string(what) + " lies outside of the file");
    auto* out = static_cast<char*>(to);
    while (length > 0) {
      const ssize_t got = ::pread(fd_.get(), out, length, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error("reading", path_.string());
      if (got == 0) fail(path_, std::string(what) + " is cut off");
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
    fail(path_, std::string(what) + " has no end");
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
};
struct Class64 {
  using Header = Elf64_Ehdr;
  using Segment = Elf64_Phdr;
  using Dynamic = Elf64_Dyn;
};

/// The string table of the dynamic section: addresses in memory, turned into offsets in the file.
class StringTable {
 public:
  StringTable(const ByteReader& in, const fs::path& path, uint64_t offset, uint64_t size)
      : in_(in), path_(path), offset_(offset), end_(offset + size) {
    if (offset > in.size() || size > in.size() - offset)
      fail(path, "the dynamic string table lies outside of the file");
  }
  std::string at(uint64_t index, const char* what) const {
    if (index >= end_ - offset_) fail(path_, std::string(what) + " lies outside of its table");
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
  if (header.e_phentsize != sizeof(Segment)) fail(path, "its program headers have an odd size");
  if (header.e_phnum == PN_XNUM) fail(path, "it has too many program headers");
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
  if (count > k_most_dynamic_entries) fail(path, "its dynamic section is too large");
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
  fail(path, "the dynamic string table is in no segment");
}

template <typename Class>
void read_dynamic_section(const ByteReader& in, ElfFile& elf,
                          const std::vector<typename Class::Segment>& segments,
                          const typename Class::Segment& dynamic) {
  const auto entries = read_dynamic<Class>(in, elf.path, dynamic);
  uint64_t address = 0, size = 0;
  bool has_strings = false;
  for (const auto& entry : entries) {
    if (entry.d_tag == DT_STRTAB) address = entry.d_un.d_ptr;
    if (entry.d_tag == DT_STRSZ) size = entry.d_un.d_val;
    if (entry.d_tag == DT_FLAGS_1) {
      elf.no_default_folders = entry.d_un.d_val & DF_1_NODEFLIB;
      elf.is_executable = entry.d_un.d_val & DF_1_PIE;
    }
    has_strings |= entry.d_tag == DT_NEEDED || entry.d_tag == DT_SONAME ||
                   entry.d_tag == DT_RPATH || entry.d_tag == DT_RUNPATH;
  }
  if (!has_strings) return;
  const StringTable strings(in, elf.path, file_offset(segments, address, elf.path), size);
  for (const auto& entry : entries) {
    if (entry.d_tag == DT_NEEDED)
      elf.needed.push_back(strings.at(entry.d_un.d_val, "a DT_NEEDED name"));
    if (entry.d_tag == DT_SONAME) elf.soname = strings.at(entry.d_un.d_val, "the DT_SONAME");
    if (entry.d_tag == DT_RPATH) elf.rpath = strings.at(entry.d_un.d_val, "the DT_RPATH");
    if (entry.d_tag == DT_RUNPATH) elf.runpath = strings.at(entry.d_un.d_val, "the DT_RUNPATH");
  }
  if (elf.runpath) elf.rpath.reset();
}

template <typename Class>
void read_object(const ByteReader& in, ElfFile& elf) {
  const auto segments = read_segments<Class>(in, elf.path);
  for (const auto& segment : segments) {
    if (segment.p_type == PT_INTERP)
      elf.interpreter =
          in.string(segment.p_offset,
                    segment.p_offset + std::min<uint64_t>(segment.p_filesz, k_longest_string),
                    "the name of the loader");
    if (segment.p_type == PT_DYNAMIC) read_dynamic_section<Class>(in, elf, segments, segment);
  }
}

[[noreturn]] void refuse_foreign_file(const ByteReader& in, const fs::path& path) {
  std::string start(std::min<uint64_t>(in.size(), 128), '\0');
  in.read(0, start.data(), start.size(), "its start");
  if (start.starts_with("#!"))
    throw usage_error("reading the ELF object", path.string(),
                      "it is a script (" + start.substr(0, start.find('\n')) + ")",
                      "an image of executables holds compiled programs only; put scripts and their "
                      "interpreter into an image with a Dockerfile or STEPS");
  throw usage_error("reading the ELF object", path.string(),
                    in.size() == 0 ? "it is empty" : "it is not an ELF executable or library");
}

}  // namespace

ElfFile read_elf(const fs::path& path) {
  const ByteReader in(path);
  std::array<unsigned char, EI_NIDENT> ident{};
  if (in.size() < ident.size()) refuse_foreign_file(in, path);
  in.read(0, ident.data(), ident.size(), "the ELF header");
  if (std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0) refuse_foreign_file(in, path);

  ElfFile elf;
  elf.path = path;
  elf.identity = in.identity();
  elf.elf_class = ident[EI_CLASS];
  elf.byte_order = ident[EI_DATA];
  if (ident[EI_VERSION] != EV_CURRENT) fail(path, "its ELF version is unknown");
  if (elf.elf_class != ELFCLASS32 && elf.elf_class != ELFCLASS64)
    fail(path, "it is neither a 32-bit nor a 64-bit object");

  // e_type and e_machine stand at the same place in both classes.
  std::array<uint16_t, 2> type_and_machine =
      in.record<std::array<uint16_t, 2>>(EI_NIDENT, "the ELF header");
  if (elf.byte_order != k_native_order)
    for (auto& value : type_and_machine) value = static_cast<uint16_t>(value << 8 | value >> 8);
  elf.type = type_and_machine[0];
  elf.machine = type_and_machine[1];
  if (elf.byte_order != k_native_order) return elf;

  if (elf.elf_class == ELFCLASS64)
    read_object<Class64>(in, elf);
  else
    read_object<Class32>(in, elf);
  elf.is_executable |= elf.type == ET_EXEC || !elf.interpreter.empty();
  return elf;
}

}  // namespace trainyard::build

#include "build/elf_file.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "build/elf_reader.hpp"

namespace trainyard::build {
namespace {

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
  if (ident[EI_VERSION] != EV_CURRENT) fail_elf(path, "its ELF version is unknown");
  if (elf.elf_class != ELFCLASS32 && elf.elf_class != ELFCLASS64)
    fail_elf(path, "it is neither a 32-bit nor a 64-bit object");

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

#include "build/elf_imports.hpp"

#include "build/elf_reader.hpp"

namespace trainyard::build {
namespace {

/// A table of the dynamic section: its address in memory and its size in bytes.
struct Table {
  uint64_t address = 0, size = 0;
};

struct Tables {
  Table rela, rel, plt, strings;
  bool plt_has_addends = false;
  uint64_t symbols = 0;
};

template <typename Dynamic>
Tables find_tables(const std::vector<Dynamic>& entries) {
  Tables tables;
  for (const auto& entry : entries) switch (entry.d_tag) {
      case DT_RELA:
        tables.rela.address = entry.d_un.d_ptr;
        break;
      case DT_RELASZ:
        tables.rela.size = entry.d_un.d_val;
        break;
      case DT_REL:
        tables.rel.address = entry.d_un.d_ptr;
        break;
      case DT_RELSZ:
        tables.rel.size = entry.d_un.d_val;
        break;
      case DT_JMPREL:
        tables.plt.address = entry.d_un.d_ptr;
        break;
      case DT_PLTRELSZ:
        tables.plt.size = entry.d_un.d_val;
        break;
      case DT_PLTREL:
        tables.plt_has_addends = entry.d_un.d_val == DT_RELA;
        break;
      case DT_STRTAB:
        tables.strings.address = entry.d_un.d_ptr;
        break;
      case DT_STRSZ:
        tables.strings.size = entry.d_un.d_val;
        break;
      case DT_SYMTAB:
        tables.symbols = entry.d_un.d_ptr;
        break;
      default:
        break;
    }
  return tables;
}

template <typename Class>
class ImportReader {
 public:
  ImportReader(const ByteReader& in, const fs::path& path)
      : in_(in), path_(path), segments_(read_segments<Class>(in, path)) {}

  std::set<std::string> read() {
    for (const auto& segment : segments_)
      if (segment.p_type == PT_DYNAMIC) read_dynamic_segment(segment);
    return std::move(names_);
  }

 private:
  void read_dynamic_segment(const typename Class::Segment& segment) {
    const Tables tables = find_tables(read_dynamic<Class>(in_, path_, segment));
    std::set<uint64_t> symbols;
    add_symbols<typename Class::RelocationWithAddend>(symbols, tables.rela);
    add_symbols<typename Class::Relocation>(symbols, tables.rel);
    if (tables.plt_has_addends)
      add_symbols<typename Class::RelocationWithAddend>(symbols, tables.plt);
    else
      add_symbols<typename Class::Relocation>(symbols, tables.plt);
    if (symbols.empty()) return;
    const uint64_t first = file_offset(segments_, tables.symbols, path_);
    const StringTable strings(in_, path_, file_offset(segments_, tables.strings.address, path_),
                              tables.strings.size);
    for (const uint64_t index : symbols) {
      // A relocation holds at most 32 bits of index, so this does not overflow.
      const auto symbol = in_.record<typename Class::Symbol>(
          first + index * sizeof(typename Class::Symbol), "a dynamic symbol");
      if (symbol.st_shndx == SHN_UNDEF && symbol.st_name != 0)
        names_.insert(strings.at(symbol.st_name, "the name of a dynamic symbol"));
    }
  }

  template <typename Record>
  void add_symbols(std::set<uint64_t>& symbols, const Table& table) {
    const uint64_t count = table.size / sizeof(Record);
    if (count == 0) return;
    const uint64_t offset = file_offset(segments_, table.address, path_);
    if (offset > in_.size() || table.size > in_.size() - offset)
      fail_elf(path_, "its relocations lie outside of the file");
    std::vector<Record> records(count);
    in_.read(offset, records.data(), count * sizeof(Record), "a relocation");
    for (const Record& record : records)
      if (const uint64_t index = Class::symbol_of(record.r_info); index != 0) symbols.insert(index);
  }

  const ByteReader& in_;
  const fs::path& path_;
  std::vector<typename Class::Segment> segments_;
  std::set<std::string> names_;
};

}  // namespace

std::set<std::string> read_elf_imports(const fs::path& path) {
  const ByteReader in(path);
  const auto ident = in.record<std::array<unsigned char, EI_NIDENT>>(0, "the ELF header");
  if (std::memcmp(ident.data(), ELFMAG, SELFMAG) != 0 || ident[EI_DATA] != k_native_order)
    return {};
  if (ident[EI_CLASS] == ELFCLASS64) return ImportReader<Class64>(in, path).read();
  return ImportReader<Class32>(in, path).read();
}

}  // namespace trainyard::build

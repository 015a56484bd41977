#include "build/elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstring>
#include <random>

#include "base/error.hpp"
#include "base/process.hpp"

using namespace trainyard;
using namespace trainyard::build;

namespace {

constexpr size_t k_segments_at = sizeof(Elf64_Ehdr);
constexpr size_t k_dynamic_at = 512, k_strings_at = 1024, k_size = 1280;
constexpr uint64_t k_base_address = 0x400000;

/// The smallest shared library: one PT_LOAD over the whole file, a dynamic section, its strings.
class TinyLibrary {
 public:
  TinyLibrary() : bytes_(k_size, '\0') {
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
    header.e_machine = EM_X86_64;
    header.e_phoff = k_segments_at;
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = 2;
    put(0, header);
    Elf64_Phdr load{};
    load.p_type = PT_LOAD;
    load.p_vaddr = k_base_address;
    load.p_filesz = k_size;
    put(k_segments_at, load);
    add(DT_STRTAB, k_base_address + k_strings_at);
    add(DT_STRSZ, k_size - k_strings_at);
  }

  TinyLibrary& add(int64_t tag, uint64_t value) {
    put(k_dynamic_at + count_ * sizeof(Elf64_Dyn), Elf64_Dyn{tag, {value}});
    ++count_;
    Elf64_Phdr dynamic{};
    dynamic.p_type = PT_DYNAMIC;
    dynamic.p_offset = k_dynamic_at;
    dynamic.p_filesz = count_ * sizeof(Elf64_Dyn);
    put(k_segments_at + sizeof(Elf64_Phdr), dynamic);
    return *this;
  }

  TinyLibrary& add(int64_t tag, const std::string& text) {
    std::memcpy(bytes_.data() + k_strings_at + used_, text.c_str(), text.size() + 1);
    add(tag, used_);
    used_ += text.size() + 1;
    return *this;
  }

  template <typename Record>
  TinyLibrary& put(size_t offset, const Record& record) {
    std::memcpy(bytes_.data() + offset, &record, sizeof record);
    return *this;
  }

  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  size_t count_ = 0, used_ = 1;
};

struct Folder {
  TemporaryDirectory temporary;
  fs::path file = temporary.path() / "object";
  ElfFile read(const std::string& bytes) {
    write_file_atomic(file, bytes);
    return read_elf(file);
  }
};

bool is_usage_error(const Error& error) {
  return error.code() == ExitCode::usage;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(elf_file, Folder)

BOOST_AUTO_TEST_CASE(reads_names_and_search_paths_of_a_library) {
  const ElfFile elf = read(TinyLibrary()
                               .add(DT_SONAME, "libtiny.so.1")
                               .add(DT_NEEDED, "libb.so")
                               .add(DT_NEEDED, "liba.so")
                               .add(DT_RPATH, "$ORIGIN/../lib:/opt/x")
                               .add(DT_FLAGS_1, DF_1_NODEFLIB)
                               .bytes());
  BOOST_TEST(elf.soname == "libtiny.so.1");
  BOOST_TEST(elf.needed == (std::vector<std::string>{"libb.so", "liba.so"}),
             boost::test_tools::per_element());
  BOOST_TEST(elf.rpath.value() == "$ORIGIN/../lib:/opt/x");
  BOOST_TEST(!elf.runpath.has_value());
  BOOST_TEST(elf.no_default_folders);
  BOOST_TEST(elf.interpreter.empty());
  BOOST_TEST(elf.machine == EM_X86_64);
  BOOST_TEST(elf.type == ET_DYN);
}

BOOST_AUTO_TEST_CASE(a_runpath_puts_the_rpath_out_of_force) {
  const ElfFile elf = read(TinyLibrary().add(DT_RPATH, "/old").add(DT_RUNPATH, "/new").bytes());
  BOOST_TEST(elf.runpath.value() == "/new");
  BOOST_TEST(!elf.rpath.has_value());
}

BOOST_AUTO_TEST_CASE(entries_behind_the_end_of_the_dynamic_section_do_not_count) {
  const ElfFile elf = read(TinyLibrary()
                               .add(DT_NEEDED, "liba.so")
                               .add(DT_NULL, uint64_t{0})
                               .add(DT_NEEDED, "libb.so")
                               .bytes());
  BOOST_TEST(elf.needed.size() == 1u);
}

BOOST_AUTO_TEST_CASE(reads_this_test_itself) {
  const ElfFile elf = read_elf(own_executable());
  BOOST_TEST(!elf.interpreter.empty());
  BOOST_TEST(std::ranges::count(elf.needed, "libc.so.6") == 1);
  BOOST_TEST(read_elf(elf.interpreter).fits(elf));
}

BOOST_AUTO_TEST_CASE(the_other_byte_order_is_read_as_far_as_its_identity) {
  std::string bytes = TinyLibrary().add(DT_NEEDED, "liba.so").bytes();
  bytes[EI_DATA] = ELFDATA2MSB;
  std::swap(bytes[16], bytes[17]);
  std::swap(bytes[18], bytes[19]);
  const ElfFile elf = read(bytes);
  BOOST_TEST(elf.machine == EM_X86_64);
  BOOST_TEST(elf.needed.empty());
  BOOST_TEST(!elf.fits(read_elf(own_executable())));
}

BOOST_AUTO_TEST_CASE(a_script_is_named_as_one) {
  BOOST_CHECK_EXCEPTION(read("#!/bin/sh -e\nexit 0\n"), Error, [](const Error& error) {
    return error.cause().find("script (#!/bin/sh -e)") != std::string::npos &&
           error.code() == ExitCode::usage;
  });
}

BOOST_AUTO_TEST_CASE(text_and_empty_files_and_folders_are_refused) {
  BOOST_CHECK_EXCEPTION(read("INPUT(libx.so)\n"), Error, is_usage_error);
  BOOST_CHECK_EXCEPTION(read(""), Error, is_usage_error);
  BOOST_CHECK_EXCEPTION(read_elf(temporary.path()), Error, is_usage_error);
}

BOOST_AUTO_TEST_CASE(a_file_cut_off_anywhere_is_an_error_or_still_whole) {
  const std::string whole = TinyLibrary().add(DT_NEEDED, "libneeded.so.1").bytes();
  const size_t end_of_name = whole.find("libneeded.so.1") + std::strlen("libneeded.so.1") + 1;
  for (size_t length = 0; length < whole.size(); length += length < 256 ? 1 : 13) {
    BOOST_TEST_CONTEXT("cut off at " << length) {
      BOOST_CHECK_EXCEPTION(read(whole.substr(0, length)), Error, is_usage_error);
    }
  }
  BOOST_TEST(end_of_name < whole.size());
  BOOST_TEST(read(whole).needed.at(0) == "libneeded.so.1");
}

BOOST_AUTO_TEST_CASE(offsets_and_sizes_out_of_range_are_errors) {
  const auto with_strings = [](uint64_t address, uint64_t size) {
    return TinyLibrary()
        .add(DT_STRTAB, address)
        .add(DT_STRSZ, size)
        .add(DT_NEEDED, "liba.so")
        .bytes();
  };
  BOOST_CHECK_EXCEPTION(read(with_strings(0, 10)), Error, is_usage_error);
  BOOST_CHECK_EXCEPTION(read(with_strings(k_base_address + k_size, 10)), Error, is_usage_error);
  BOOST_CHECK_EXCEPTION(read(with_strings(k_base_address + k_strings_at, ~uint64_t{0})), Error,
                        is_usage_error);
  BOOST_CHECK_EXCEPTION(read(TinyLibrary().add(DT_NEEDED, ~uint64_t{0} - 3).bytes()), Error,
                        is_usage_error);
  Elf64_Phdr far{};
  far.p_type = PT_DYNAMIC;
  far.p_offset = ~uint64_t{0} - 8;
  far.p_filesz = 64;
  const size_t second = k_segments_at + sizeof(Elf64_Phdr);
  BOOST_CHECK_EXCEPTION(read(TinyLibrary().put(second, far).bytes()), Error, is_usage_error);
  far.p_offset = k_dynamic_at;
  far.p_filesz = ~uint64_t{0};
  BOOST_CHECK_EXCEPTION(read(TinyLibrary().put(second, far).bytes()), Error, is_usage_error);
  far.p_type = PT_INTERP;
  far.p_offset = ~uint64_t{0} - 8;
  BOOST_CHECK_EXCEPTION(read(TinyLibrary().put(second, far).bytes()), Error, is_usage_error);
}

BOOST_AUTO_TEST_CASE(random_damage_never_does_more_than_throw_an_error) {
  std::mt19937 random(20240611);
  const std::string whole =
      TinyLibrary().add(DT_NEEDED, "liba.so").add(DT_RUNPATH, "$ORIGIN").bytes();
  int refused = 0;
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 4; ++change)
      bytes[random() % 700] = static_cast<char>(random() % 4 == 0 ? 0xff : random());
    try {
      read(bytes);
    } catch (const Error& error) {
      BOOST_TEST(is_usage_error(error));
      ++refused;
    }
  }
  BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_SUITE_END()

#include "engine/native/trial_container.hpp"

#include <elf.h>

#include <cstring>
#include <vector>

namespace trainyard::engine::native {

namespace {

#if defined(__x86_64__)
constexpr Elf64_Half k_machine = EM_X86_64;
// xor edi, edi; mov eax, 231 (exit_group); syscall
constexpr unsigned char k_code[] = {0x31, 0xff, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05};
#elif defined(__aarch64__)
constexpr Elf64_Half k_machine = EM_AARCH64;
// mov x0, 0; mov x8, 94 (exit_group); svc 0
constexpr unsigned char k_code[] = {0x00, 0x00, 0x80, 0xd2, 0xc8, 0x0b,
                                    0x80, 0xd2, 0x01, 0x00, 0x00, 0xd4};
#else
constexpr Elf64_Half k_machine = EM_NONE;
constexpr unsigned char k_code[] = {0};
#endif

std::string program() {
  constexpr Elf64_Addr k_base = 0x400000;
  constexpr size_t k_start = sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = k_machine;
  header.e_version = EV_CURRENT;
  header.e_entry = k_base + k_start;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_X;
  segment.p_vaddr = segment.p_paddr = k_base;
  segment.p_filesz = segment.p_memsz = k_start + sizeof k_code;
  segment.p_align = 0x1000;
  std::string bytes(k_start + sizeof k_code, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  std::memcpy(bytes.data() + sizeof header, &segment, sizeof segment);
  std::memcpy(bytes.data() + k_start, k_code, sizeof k_code);
  return bytes;
}

}  // namespace

bool make_trial_layer(const fs::path& layer) {
  if (k_machine == EM_NONE) return false;
  make_directories(layer);
  write_file_atomic(layer / "true", program(), Durability::cheap, 0755);
  return true;
}

ContainerSpec trial_container(const fs::path& layer, const fs::path& work) {
  ContainerSpec spec;
  spec.layers = {layer};
  spec.work = work;
  spec.argv = {"/true"};
  return spec;
}

}  // namespace trainyard::engine::native

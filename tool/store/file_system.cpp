#include "store/file_system.hpp"

#include <array>
#include <utility>

namespace trainyard::store {

std::optional<std::string> unfit_file_system(uint64_t type) {
  // Numbers from linux/magic.h and the drivers themselves; statfs gives 32 bits, sign-extended or
  // not.
  static constexpr std::array<std::pair<uint32_t, const char*>, 6> unfit{{
      {0x6969U, "NFS"},
      {0x517BU, "SMB"},
      {0xFF534D42U, "CIFS"},
      {0xFE534D42U, "SMB 2"},
      {0x4D44U, "FAT"},
      {0x2011BAB0U, "exFAT"},
  }};
  for (const auto& [magic, name] : unfit)
    if (static_cast<uint32_t>(type) == magic) return name;
  return std::nullopt;
}

}  // namespace trainyard::store

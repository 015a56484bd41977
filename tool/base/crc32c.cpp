#include "base/crc32c.hpp"

#include <array>

namespace trainyard {

namespace {

constexpr uint32_t k_polynomial = 0x82f63b78;

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? k_polynomial : 0);
    table[byte] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> k_table = make_table();

}  // namespace

uint32_t crc32c(std::string_view bytes, uint32_t before) {
  uint32_t value = ~before;
  for (const char c : bytes)
    value = (value >> 8) ^ k_table[(value ^ static_cast<unsigned char>(c)) & 0xff];
  return ~value;
}

}  // namespace trainyard

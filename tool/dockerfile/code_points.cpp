#include "dockerfile/code_points.hpp"

namespace trainyard::dockerfile {

namespace {
/// From here on a value is a byte that is no UTF-8.
constexpr char32_t k_no_character = 0x110000;
}  // namespace

std::u32string code_points(std::string_view text) {
  std::u32string result;
  for (size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const size_t length = first < 0x80   ? 1
                          : first < 0xC2 ? 0
                          : first < 0xE0 ? 2
                          : first < 0xF0 ? 3
                          : first < 0xF5 ? 4
                                         : 0;
    char32_t value = length <= 1 ? first : first & (0xFFu >> (length + 1));
    bool good = length > 0 && i + length <= text.size();
    for (size_t k = 1; good && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      good = (next & 0xC0) == 0x80;
      value = value << 6 | (next & 0x3F);
    }
    result += good ? value : k_no_character + first;
    i += good ? length : 1;
  }
  return result;
}

std::string bytes_of(std::u32string_view characters) {
  std::string text;
  const auto add = [&text](char32_t byte) { text += static_cast<char>(byte); };
  for (const char32_t c : characters) {
    if (c >= k_no_character) {
      add(c - k_no_character);
    } else if (c < 0x80) {
      add(c);
    } else if (c < 0x800) {
      add(0xC0 | c >> 6);
      add(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      add(0xE0 | c >> 12);
      add(0x80 | (c >> 6 & 0x3F));
      add(0x80 | (c & 0x3F));
    } else {
      add(0xF0 | c >> 18);
      add(0x80 | (c >> 12 & 0x3F));
      add(0x80 | (c >> 6 & 0x3F));
      add(0x80 | (c & 0x3F));
    }
  }
  return text;
}

}  // namespace trainyard::dockerfile

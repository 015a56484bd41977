#include "build/placed_files.hpp"

#include <charconv>

namespace trainyard::build {

namespace {

constexpr std::string_view k_digits = "0123456789abcdef";

bool is_plain(char c) {
  return c > ' ' && c < 0x7f && c != '%';
}

void add_name(std::string& text, const std::string& name) {
  for (const char c : name) {
    if (is_plain(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text += {'%', k_digits[byte >> 4], k_digits[byte & 15]};
  }
}

std::optional<std::string> name_of(std::string_view text) {
  std::string name;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      name += text[i];
      continue;
    }
    unsigned byte = 0;
    const std::string_view digits = text.substr(i + 1, 2);
    const auto [end, failure] = std::from_chars(digits.begin(), digits.end(), byte, 16);
    if (failure != std::errc() || digits.size() != 2 || end != digits.end()) return std::nullopt;
    name += static_cast<char>(byte);
    i += 2;
  }
  return name;
}

/// The text up to `end`, which goes too.
std::string_view take(std::string_view& text, char end) {
  const size_t size = std::min(text.find(end), text.size());
  const std::string_view part = text.substr(0, size);
  text.remove_prefix(std::min(size + 1, text.size()));
  return part;
}

template <class Number>
bool take_number(std::string_view& line, Number& number, int base = 10) {
  const std::string_view field = take(line, ' ');
  const auto [end, failure] = std::from_chars(field.begin(), field.end(), number, base);
  return failure == std::errc() && end == field.end();
}

void add_number(std::string& text, uint64_t number, int base = 10) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number, base).ptr;
  text.append(digits, end).append(" ");
}

}  // namespace

const PlacedFileRow* PlacedFiles::find(const std::string& path) const {
  const auto row = rows_.find(path);
  return row == rows_.end() ? nullptr : &row->second;
}

std::string PlacedFiles::text() const {
  std::string text;
  for (const auto& [path, row] : rows_) {
    text.append(to_hex(row.sha256)).append(" ");
    add_number(text, row.size);
    add_number(text, row.mode, 8);
    add_number(text, row.owner.uid);
    add_number(text, row.owner.gid);
    add_name(text, path);
    text += '\n';
  }
  return text;
}

PlacedFiles PlacedFiles::parse(std::string_view text) {
  PlacedFiles files;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view sha256 = take(line, ' ');
    PlacedFileRow row;
    if (sha256.size() != 64 || !take_number(line, row.size) || !take_number(line, row.mode, 8) ||
        !take_number(line, row.owner.uid) || !take_number(line, row.owner.gid))
      continue;
    row.sha256 = sha256_of_hex(sha256);
    if (auto name = name_of(line); name && !name->empty())
      files.rows_.emplace_hint(files.rows_.end(), std::move(*name), row);
  }
  return files;
}

}  // namespace trainyard::build

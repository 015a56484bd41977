#include "store/fingerprint_rows.hpp"

#include <cstring>
#include <type_traits>

namespace trainyard::store {

namespace {

static_assert(std::is_trivially_copyable_v<FingerprintRow>);
static_assert(std::has_unique_object_representations_v<FingerprintRow>,
              "padding would enter the seal");

struct Header {
  std::array<char, 8> magic{'t', 'y', 'f', 'p', 'r', 'w', '0', '1'};
  uint32_t byte_order = 0x01020304;
  uint32_t row_size = sizeof(FingerprintRow);
  uint64_t rows = 0;
  uint64_t folder_size = 0;
};
static_assert(std::has_unique_object_representations_v<Header>);

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// Takes a T off the front; false when there is not enough.
template <class T>
bool take(std::string_view& data, T& value) {
  if (data.size() < sizeof value) return false;
  std::memcpy(&value, data.data(), sizeof value);
  data.remove_prefix(sizeof value);
  return true;
}

bool is_sealed(std::string_view& data) {
  Fingerprint seal;
  if (data.size() < sizeof seal) return false;
  std::string_view last = data.substr(data.size() - sizeof seal);
  data.remove_suffix(sizeof seal);
  return take(last, seal) && seal == fingerprint(data);
}

}  // namespace

FingerprintRows FingerprintRows::load(const fs::path& file, const std::string& folder) {
  FingerprintRows rows;
  auto data = read_file_if_exists(file);
  if (!data) return rows;
  rows.loaded_ = std::make_unique<std::string>(std::move(*data));
  if (!rows.read(*rows.loaded_, folder)) rows.rows_.clear();
  return rows;
}

bool FingerprintRows::is_whole(const fs::path& file) {
  const auto text = read_file_if_exists(file);
  if (!text) return true;
  std::string_view data = *text;
  return is_sealed(data);
}

bool FingerprintRows::read(std::string_view data, const std::string& folder) {
  Header header;
  const Header expected;
  if (!is_sealed(data) || !take(data, header) || header.magic != expected.magic ||
      header.byte_order != expected.byte_order || header.row_size != expected.row_size)
    return false;
  if (header.folder_size != folder.size() || !data.starts_with(folder)) return false;
  data.remove_prefix(folder.size());
  if (header.rows > data.size() / sizeof(FingerprintRow)) return false;
  std::string_view paths = data.substr(header.rows * sizeof(FingerprintRow));
  rows_.reserve(header.rows);
  for (uint64_t i = 0; i < header.rows; ++i) {
    FingerprintRow row;
    if (!take(data, row) || row.path_size > paths.size()) return false;
    rows_.emplace(paths.substr(0, row.path_size), row);
    paths.remove_prefix(row.path_size);
  }
  return true;
}

void FingerprintRows::save(const fs::path& file, const std::string& folder,
                           int64_t oldest_use) const {
  Header header;
  header.folder_size = folder.size();
  std::string rows;
  std::string paths;
  rows.reserve(rows_.size() * sizeof(FingerprintRow));
  for (const auto& [path, row] : rows_) {
    if (row.used < oldest_use) continue;
    FingerprintRow written = row;
    written.path_size = static_cast<uint32_t>(path.size());
    rows += bytes_of(written);
    paths += path;
    ++header.rows;
  }
  std::string data(bytes_of(header));
  data += folder;
  data += rows;
  data += paths;
  data += bytes_of(fingerprint(data));
  write_file_atomic(file, data);
}

FingerprintRow* FingerprintRows::find(std::string_view path) {
  const auto it = rows_.find(path);
  return it == rows_.end() ? nullptr : &it->second;
}

void FingerprintRows::put(std::string_view path, const FingerprintRow& row) {
  if (FingerprintRow* there = find(path)) {
    *there = row;
    return;
  }
  rows_.emplace(added_.emplace_back(path), row);
}

}  // namespace trainyard::store

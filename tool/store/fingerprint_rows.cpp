#include "store/fingerprint_rows.hpp"

#include <algorithm>
#include <cstring>
#include <type_traits>

namespace trainyard::store {

namespace {

static_assert(std::is_trivially_copyable_v<FingerprintRow>);
static_assert(std::has_unique_object_representations_v<FingerprintRow>,
              "padding would enter the seal");

struct Header {
  std::array<char, 8> magic{'t', 'y', 'f', 'p', 'r', 'w', '0', '2'};
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
  rows.file_ = std::make_unique<std::string>(std::move(*data));
  if (!rows.read(*rows.file_, folder)) rows.loaded_.clear();
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
  loaded_.reserve(header.rows);
  for (uint64_t i = 0; i < header.rows; ++i) {
    Loaded loaded;
    if (!take(data, loaded.row) || loaded.row.path_size > paths.size()) return false;
    loaded.path = paths.substr(0, loaded.row.path_size);
    paths.remove_prefix(loaded.row.path_size);
    if (i > 0 && loaded_.back().path >= loaded.path) return false;
    loaded_.push_back(loaded);
  }
  return true;
}

void FingerprintRows::save(const fs::path& file, const std::string& folder,
                           int64_t oldest_use) const {
  std::vector<std::pair<std::string_view, const FingerprintRow*>> all;
  all.reserve(size());
  for (const Loaded& loaded : loaded_) all.emplace_back(loaded.path, &loaded.row);
  for (const auto& [path, row] : added_) all.emplace_back(path, &row);
  std::erase_if(all, [&](const auto& entry) { return entry.second->used < oldest_use; });
  std::sort(all.begin(), all.end());

  Header header;
  header.folder_size = folder.size();
  header.rows = all.size();
  std::string data(bytes_of(header));
  data += folder;
  for (const auto& [path, row] : all) {
    FingerprintRow written = *row;
    written.path_size = static_cast<uint32_t>(path.size());
    data += bytes_of(written);
  }
  for (const auto& [path, row] : all) data += path;
  data += bytes_of(fingerprint(data));
  write_file_atomic(file, data);
}

FingerprintRow* FingerprintRows::find(std::string_view path) {
  size_t place = next_;
  if (place >= loaded_.size() || loaded_[place].path != path)
    place = static_cast<size_t>(std::lower_bound(loaded_.begin(), loaded_.end(), path,
                                                 [](const Loaded& row, std::string_view wanted) {
                                                   return row.path < wanted;
                                                 }) -
                                loaded_.begin());
  if (place < loaded_.size() && loaded_[place].path == path) {
    next_ = place + 1;
    return &loaded_[place].row;
  }
  const auto it = added_.find(std::string(path));
  return it == added_.end() ? nullptr : &it->second;
}

void FingerprintRows::put(std::string_view path, const FingerprintRow& row) {
  if (FingerprintRow* there = find(path))
    *there = row;
  else
    added_.emplace(path, row);
}

}  // namespace trainyard::store

#include "engine/native/user_lookup.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/spelling.hpp"
#include "engine/native/root_path.hpp"

namespace trainyard::engine::native {

namespace {

constexpr off_t k_max_file = 16 << 20;

using Row = std::vector<std::string>;

std::vector<Row> rows_of(const std::string& text) {
  std::vector<Row> rows;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    Row row;
    for (size_t field = start; field <= end;) {
      const size_t colon = std::min(text.find(':', field), end);
      row.push_back(text.substr(field, colon - field));
      field = colon + 1;
    }
    rows.push_back(std::move(row));
    start = end + 1;
  }
  return rows;
}

std::optional<uint32_t> id_of(const std::string& text) {
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return id;
}

const Row* row_by_name(const std::vector<Row>& rows, const std::string& name, size_t columns) {
  for (const Row& row : rows)
    if (row.size() >= columns && row[0] == name) return &row;
  return nullptr;
}

const Row* row_by_id(const std::vector<Row>& rows, uint32_t id, size_t columns) {
  for (const Row& row : rows)
    if (row.size() >= columns && id_of(row[2]) == id) return &row;
  return nullptr;
}

Error unknown(const std::string& name, const char* file, const std::vector<Row>& rows) {
  std::vector<std::string> known;
  for (const Row& row : rows) known.push_back(row[0]);
  std::string hint = suggestion(name, known);
  if (hint.empty()) hint = "make it with RUN useradd, or give its number";
  return usage_error("looking up USER", name, std::string("it is not in the image's ") + file,
                     hint);
}

uint32_t group_id(const std::vector<Row>& groups, const std::string& name) {
  if (const Row* row = row_by_name(groups, name, 3))
    if (const auto id = id_of((*row)[2])) return *id;
  if (const auto id = id_of(name)) return *id;
  throw unknown(name, "/etc/group", groups);
}

std::vector<gid_t> groups_with_member(const std::vector<Row>& groups, const std::string& name) {
  std::vector<gid_t> ids;
  for (const Row& row : groups) {
    if (row.size() < 4) continue;
    const std::string members = "," + row[3] + ",";
    const auto id = id_of(row[2]);
    if (id && members.find("," + name + ",") != std::string::npos) ids.push_back(*id);
  }
  return ids;
}

std::string read_in_root(int root_fd, const std::string& path) {
  const UniqueFd place = open_in_root(root_fd, path, O_PATH);
  if (!place) return {};
  struct stat info {};
  // Opening a fifo would wait for ever, and a device would do who knows what.
  if (::fstat(place.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  if (info.st_size > k_max_file)
    throw usage_error("reading from the image", path, "it is larger than 16 MiB");
  const UniqueFd fd = open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK);
  return fd ? read_all(fd.get(), path, k_max_file) : std::string();
}

}  // namespace

ContainerUser look_up_user(const std::string& passwd, const std::string& group,
                           const std::string& user) {
  const std::vector<Row> users = rows_of(passwd);
  const std::vector<Row> groups = rows_of(group);
  const size_t colon = user.find(':');
  const std::string name = user.empty() || colon == 0 ? "0" : user.substr(0, colon);
  ContainerUser result;
  const Row* row = row_by_name(users, name, 4);
  const auto id = id_of(name);
  if (row == nullptr && id) row = row_by_id(users, *id, 4);
  if (row == nullptr && !id) throw unknown(name, "/etc/passwd", users);
  result.uid = row != nullptr ? id_of((*row)[2]).value_or(id.value_or(0)) : *id;
  if (row != nullptr) {
    result.gid = id_of((*row)[3]).value_or(0);
    if (row->size() > 5 && !(*row)[5].empty()) result.home = (*row)[5];
  }
  if (colon != std::string::npos && colon + 1 < user.size())
    result.gid = group_id(groups, user.substr(colon + 1));
  else if (row != nullptr)
    result.groups = groups_with_member(groups, (*row)[0]);
  return result;
}

ContainerUser look_up_user(int root_fd, const std::string& user) {
  return look_up_user(read_in_root(root_fd, "/etc/passwd"), read_in_root(root_fd, "/etc/group"),
                      user);
}

}  // namespace trainyard::engine::native

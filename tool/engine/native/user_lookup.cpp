#include "engine/native/user_lookup.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/spelling.hpp"
#include "engine/native/root_path.hpp"

namespace trainyard::engine::native {

namespace {

constexpr off_t k_max_file = 1 << 20;
constexpr size_t k_longest_name = 256;
constexpr size_t k_most_suggestions = 1000;
/// runc looks each up in the whole file.
constexpr size_t k_most_groups = 1000;

/// The first fields of a line of passwd or group; the file is large when somebody wants it to be,
/// so nothing of it is copied.
struct Row {
  std::array<std::string_view, 6> fields;
  size_t count = 0;  ///< of the fields that the line has, six at most

  std::string_view operator[](size_t field) const { return fields[field]; }
};

Row row_of(std::string_view line) {
  Row row;
  for (size_t start = 0; start <= line.size() && row.count < row.fields.size();) {
    const size_t colon = std::min(line.find(':', start), line.size());
    row.fields[row.count++] = line.substr(start, colon - start);
    start = colon + 1;
  }
  return row;
}

/// The rows of at least `columns` fields, one after the other, until `take` says that it has
/// enough.
void each_row(std::string_view text, size_t columns, const std::function<bool(const Row&)>& take) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const Row row = row_of(text.substr(0, end));
    if (row.count >= columns && take(row)) return;
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::optional<uint32_t> id_of(std::string_view text) {
  uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  // The last number means "leave it as it is" to setuid and chown.
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || id == UINT32_MAX)
    return std::nullopt;
  return id;
}

template <typename Fits>
std::optional<Row> first_row(std::string_view text, size_t columns, Fits fits) {
  std::optional<Row> found;
  each_row(text, columns, [&](const Row& row) {
    if (fits(row)) found = row;
    return found.has_value();
  });
  return found;
}

std::optional<Row> row_by_name(std::string_view text, std::string_view name, size_t columns) {
  return first_row(text, columns, [name](const Row& row) { return row[0] == name; });
}

std::optional<Row> row_by_id(std::string_view text, uint32_t id, size_t columns) {
  return first_row(text, columns, [id](const Row& row) { return id_of(row[2]) == id; });
}

Error unknown(const std::string& name, const char* file, std::string_view text) {
  std::vector<std::string> known;
  each_row(text, 1, [&known](const Row& row) {
    known.emplace_back(row[0].substr(0, k_longest_name));
    return known.size() == k_most_suggestions;
  });
  std::string hint = suggestion(name, known);
  if (hint.empty()) hint = "make it with RUN useradd, or give its number";
  return usage_error("looking up USER", name, std::string("it is not in the image's ") + file,
                     hint);
}

uint32_t group_id(std::string_view groups, const std::string& name) {
  if (const auto row = row_by_name(groups, name, 3))
    if (const auto id = id_of((*row)[2])) return *id;
  if (const auto id = id_of(name)) return *id;
  throw unknown(name, "/etc/group", groups);
}

std::vector<gid_t> groups_with_member(std::string_view groups, std::string_view name) {
  std::vector<gid_t> ids;
  each_row(groups, 4, [&](const Row& row) {
    std::string_view members = row[3];
    const auto id = id_of(row[2]);
    while (id && !members.empty()) {
      const size_t comma = std::min(members.find(','), members.size());
      if (members.substr(0, comma) == name) {
        if (std::find(ids.begin(), ids.end(), *id) == ids.end()) ids.push_back(*id);
        break;
      }
      members.remove_prefix(std::min(comma + 1, members.size()));
    }
    if (ids.size() > k_most_groups)
      throw usage_error("looking up USER", std::string(name),
                        "it is in more than 1000 groups of the image's /etc/group");
    return false;
  });
  return ids;
}

/// What lies below the system's folders is another thing in the container than it is here.
void refuse_system_folder(int root_fd, const std::string& path) {
  std::string resolved;
  try {
    resolved = resolve_in_root(root_fd, path).path;
  } catch (const Error&) {
    return;  // a loop, or a file in a folder's place: nobody can open it
  }
  for (const char* folder : {"/proc", "/sys", "/dev"})
    if (lies_within(resolved, folder))
      throw usage_error("reading from the image", path,
                        "it is a symbolic link to " + resolved + ", which is the kernel's",
                        "the image is made to harm, or damaged");
}

std::string read_in_root(int root_fd, const std::string& path) {
  refuse_system_folder(root_fd, path);
  const UniqueFd place = open_in_root(root_fd, path, O_PATH);
  if (!place) return {};
  struct stat info {};
  if (::fstat(place.get(), &info) != 0 || S_ISDIR(info.st_mode)) return {};
  // Opening a FIFO would wait for ever (CVE-2024-9676), and a device would do who knows what; runc
  // opens it as well.
  if (!S_ISREG(info.st_mode))
    throw usage_error("reading from the image", path, "it is neither a file nor a folder",
                      "the image is made to harm, or damaged");
  if (info.st_size > k_max_file)
    throw usage_error("reading from the image", path, "it is larger than 1 MiB");
  const UniqueFd fd = open_in_root(root_fd, path, O_RDONLY | O_NONBLOCK);
  return fd ? read_all(fd.get(), path, k_max_file) : std::string();
}

}  // namespace

ContainerUser look_up_user(const std::string& passwd, const std::string& group,
                           const std::string& user) {
  const size_t colon = user.find(':');
  const std::string name = user.empty() || colon == 0 ? "0" : user.substr(0, colon);
  ContainerUser result;
  std::optional<Row> row = row_by_name(passwd, name, 4);
  const auto id = id_of(name);
  if (!row && id) row = row_by_id(passwd, *id, 4);
  if (!row && !id) throw unknown(name, "/etc/passwd", passwd);
  if (row) {
    const auto uid = id_of((*row)[2]);
    const auto gid = id_of((*row)[3]);
    if (!uid || !gid)
      throw usage_error("looking up USER", name, "its line in the image's /etc/passwd has no ids");
    result.uid = *uid;
    result.gid = *gid;
    if (row->count > 5 && !(*row)[5].empty()) result.home = (*row)[5];
  } else {
    result.uid = *id;
  }
  if (colon != std::string::npos && colon + 1 < user.size())
    result.gid = group_id(group, user.substr(colon + 1));
  else if (row)
    result.groups = groups_with_member(group, (*row)[0]);
  return result;
}

ContainerUser look_up_user(int root_fd, const std::string& user) {
  return look_up_user(read_in_root(root_fd, "/etc/passwd"), read_in_root(root_fd, "/etc/group"),
                      user);
}

}  // namespace trainyard::engine::native

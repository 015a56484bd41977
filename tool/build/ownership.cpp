#include "build/ownership.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <charconv>
#include <vector>

#include "base/error.hpp"
#include "build/image_path.hpp"

namespace trainyard::build {

namespace {

constexpr uint64_t k_largest_database = 1 << 20;

std::optional<uint32_t> number(std::string_view text) {
  uint32_t value = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc() || end != text.data() + text.size() || value > INT32_MAX)
    return std::nullopt;
  return value;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// The fields of the line whose first field is `name`.
std::optional<std::vector<std::string>> database_line(const fs::path& view, const std::string& path,
                                                      const std::string& name) {
  const Resolved found = resolve_path(look_below(view), path);
  if (!found.missing.empty() || !found.seen || !S_ISREG(found.seen->status.st_mode))
    return std::nullopt;
  const fs::path file = view / found.path;
  const UniqueFd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!fd) throw system_error("opening", path);
  const std::string text = read_all(fd.get(), path, k_largest_database);
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const std::string_view line = std::string_view(text).substr(start, end - start);
    start = end + 1;
    std::vector<std::string> fields;
    for (size_t at = 0; at <= line.size();) {
      const size_t colon = std::min(line.find(':', at), line.size());
      fields.emplace_back(line.substr(at, colon - at));
      at = colon + 1;
    }
    if (fields.front() == name) return fields;
  }
  return std::nullopt;
}

uint32_t id_in_line(const std::optional<std::vector<std::string>>& line, size_t field,
                    const std::string& name, const std::string& file) {
  const auto id = line && line->size() > field ? number((*line)[field]) : std::nullopt;
  if (!id)
    throw usage_error("looking up", "\"" + name + "\"", "it is not in the image's " + file,
                      "create it in a RUN step before, or write a number");
  return *id;
}

uint32_t checked_number(const std::string& text) {
  const auto id = number(text);
  if (!id) throw usage_error("reading owner", "\"" + text + "\"", "the number is too large");
  return *id;
}

}  // namespace

Owner parse_owner(const fs::path& view, const std::string& text) {
  const size_t colon = text.find(':');
  const std::string user = text.substr(0, colon);
  if (user.empty() && text.size() < 2)
    throw usage_error("reading owner", "\"" + text + "\"", "it names no user",
                      "write user, user:group or numbers");
  Owner owner;
  if (user.empty()) {
    owner = {0, 0};  // ":group" names the group alone
  } else if (all_digits(user)) {
    owner.uid = checked_number(user);
    owner.gid = owner.uid;
  } else {
    const auto line = database_line(view, "etc/passwd", user);
    owner.uid = id_in_line(line, 2, user, "/etc/passwd");
    owner.gid = id_in_line(line, 3, user, "/etc/passwd");
  }
  if (colon == std::string::npos) return owner;
  const std::string group = text.substr(colon + 1);
  if (group.empty())
    owner.gid = 0;
  else if (all_digits(group))
    owner.gid = checked_number(group);
  else
    owner.gid = id_in_line(database_line(view, "etc/group", group), 2, group, "/etc/group");
  return owner;
}

}  // namespace trainyard::build

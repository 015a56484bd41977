#include "engine/native/id_map.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/process.hpp"

namespace trainyard::engine::native {

namespace {

// Debian images use ids up to 65534 (nobody); with fewer, unpacking fails in the middle.
constexpr uint64_t k_needed_ids = 65534;

std::optional<uint64_t> number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

uint64_t total(const std::vector<IdRange>& ranges) {
  uint64_t sum = 0;
  for (const IdRange& range : ranges) sum += range.count;
  return sum;
}

std::string caller_name() {
  const passwd* entry = ::getpwuid(::getuid());
  return entry != nullptr ? entry->pw_name : std::to_string(::getuid());
}

/// newuidmap PID inside outside count ...
void run_map_program(const std::string& program, pid_t pid, uint64_t own_id,
                     const std::vector<IdRange>& ranges) {
  std::vector<std::string> argv{program, std::to_string(pid), "0", std::to_string(own_id), "1"};
  uint64_t inside = 1;
  for (const IdRange& range : ranges) {
    argv.insert(argv.end(),
                {std::to_string(inside), std::to_string(range.start), std::to_string(range.count)});
    inside += range.count;
  }
  const Captured result = capture(argv);
  if (!result.status.success())
    throw Error(
        "mapping the sub-ids of", caller_name(), program + " failed",
        "is " + program + " installed set-uid root (package uidmap)? `trainyard doctor` tells more")
        .with_excerpt(result.err);
}

void write_proc_file(pid_t pid, const char* name, const std::string& text) {
  const std::string path = "/proc/" + std::to_string(pid) + "/" + name;
  const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) throw system_error("opening", path);
  write_all(fd.get(), text, path);
}

}  // namespace

std::vector<IdRange> parse_subordinate_ids(std::string_view text, const std::string& name,
                                           uid_t uid) {
  std::vector<IdRange> ranges;
  const std::string uid_text = std::to_string(uid);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const size_t first = line.find(':');
    const size_t second = first == line.npos ? line.npos : line.find(':', first + 1);
    if (second == line.npos) continue;
    const std::string_view owner = line.substr(0, first);
    if (owner != name && owner != uid_text) continue;
    const auto start = number(line.substr(first + 1, second - first - 1));
    const auto count = number(line.substr(second + 1));
    if (start && count && *count > 0) ranges.push_back({*start, *count});
  }
  return ranges;
}

IdMap caller_id_map() {
  IdMap map;
  if (::geteuid() == 0) return map;
  map.kind = IdMap::Kind::single;
  const std::string name = caller_name();
  if (find_program("newuidmap").empty() || find_program("newgidmap").empty()) {
    map.why_single = "newuidmap and newgidmap are not installed";
    map.mend = "sudo apt-get install uidmap";
    return map;
  }
  const auto ranges_of = [&](const char* file) {
    return parse_subordinate_ids(read_file_if_exists(file).value_or(""), name, ::getuid());
  };
  map.uids = ranges_of("/etc/subuid");
  map.gids = ranges_of("/etc/subgid");
  if (total(map.uids) < k_needed_ids || total(map.gids) < k_needed_ids) {
    map.why_single = "user " + name + " has no range of 65536 ids in /etc/subuid and /etc/subgid";
    map.mend = "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 " + name;
    return map;
  }
  map.kind = IdMap::Kind::full;
  return map;
}

void write_id_map(const IdMap& map, pid_t pid) {
  if (map.kind == IdMap::Kind::root) return;
  if (map.kind == IdMap::Kind::full) {
    run_map_program("newuidmap", pid, ::getuid(), map.uids);
    run_map_program("newgidmap", pid, ::getgid(), map.gids);
    return;
  }
  write_proc_file(pid, "uid_map", "0 " + std::to_string(::getuid()) + " 1\n");
  // Without this an ordinary user may not write a gid_map (user_namespaces(7)).
  write_proc_file(pid, "setgroups", "deny");
  write_proc_file(pid, "gid_map", "0 " + std::to_string(::getgid()) + " 1\n");
}

}  // namespace trainyard::engine::native

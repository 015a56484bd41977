#include "engine/native/id_map.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <sstream>

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

constexpr std::array<const char*, 2> k_map_programs{"newuidmap", "newgidmap"};

/// Why there is one id, and what mends it.
struct Obstacle {
  std::string why, mend;
};

std::optional<Obstacle> missing_program() {
  for (const char* name : k_map_programs)
    if (find_program(name).empty())
      return Obstacle{"newuidmap and newgidmap are not installed", "sudo apt-get install uidmap"};
  return std::nullopt;
}

std::optional<Obstacle> missing_range(const IdMap& map, const SubordinateFiles& files,
                                      const std::string& name) {
  if (total(map.uids) >= k_needed_ids && total(map.gids) >= k_needed_ids) return std::nullopt;
  const uint64_t first = first_free_subordinate_id(files);
  const std::string range = std::to_string(first) + "-" + std::to_string(first + 65535);
  return Obstacle{"user " + name + " has no range of 65536 ids in /etc/subuid and /etc/subgid",
                  "sudo usermod --add-subuids " + range + " --add-subgids " + range + " " + name};
}

/// These programs need rights over ids that are not ours.
std::optional<Obstacle> program_without_rights(const std::string& name) {
  const fs::path program = find_program(name);
  if (::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
    return Obstacle{name + " can do nothing: this process may gain no privileges (no_new_privs)",
                    "docker run without --security-opt no-new-privileges; for a systemd service: "
                    "NoNewPrivileges=no"};
  struct stat info {};
  struct statvfs system {};
  if (::stat(program.c_str(), &info) != 0 || ::statvfs(program.c_str(), &system) != 0)
    throw system_error("looking at", program.string());
  const bool set_uid = info.st_uid == 0 && (info.st_mode & S_ISUID) != 0;
  const bool has_capabilities = ::getxattr(program.c_str(), "security.capability", nullptr, 0) > 0;
  if (!set_uid && !has_capabilities)
    return Obstacle{program.string() + " is not set-uid root",
                    "sudo chown root " + program.string() + "; sudo chmod u+s " + program.string()};
  if ((system.f_flag & ST_NOSUID) != 0)
    return Obstacle{program.string() + " is on a file system that is mounted nosuid",
                    "sudo mount -o remount,suid the file system of " + program.string()};
  return std::nullopt;
}

/// Whether this process's user namespace has all of these ids.
bool exist_here(const char* map_file, const std::vector<IdRange>& ranges) {
  std::istringstream rows(read_file(map_file));
  std::vector<IdRange> here;
  for (uint64_t inside = 0, outside = 0, count = 0; rows >> inside >> outside >> count;)
    here.push_back({inside, count});
  return std::all_of(ranges.begin(), ranges.end(), [&](const IdRange& wanted) {
    return std::any_of(here.begin(), here.end(), [&](const IdRange& row) {
      return wanted.start >= row.start && wanted.start + wanted.count <= row.start + row.count;
    });
  });
}

std::optional<Obstacle> range_of_elsewhere(const IdMap& map, const std::string& name) {
  if (exist_here("/proc/self/uid_map", map.uids) && exist_here("/proc/self/gid_map", map.gids))
    return std::nullopt;
  return Obstacle{
      "the sub-ids of user " + name +
          " do not exist in this user namespace (inside another container?)",
      "give the container around it a larger range of ids, or run the tool outside of it"};
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

uint64_t first_free_subordinate_id(const SubordinateFiles& files) {
  uint64_t first = 100000;
  for (const std::string* text : {&files.uids, &files.gids}) {
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);)
      for (const IdRange& range : parse_subordinate_ids(line, line.substr(0, line.find(':')), 0))
        first = std::max(first, range.start + range.count);
  }
  return first;
}

IdMap caller_id_map() {
  IdMap map;
  if (::geteuid() == 0) return map;
  map.kind = IdMap::Kind::single;
  const std::string name = caller_name();
  const SubordinateFiles files{read_file_if_exists("/etc/subuid").value_or(""),
                               read_file_if_exists("/etc/subgid").value_or("")};
  map.uids = parse_subordinate_ids(files.uids, name, ::getuid());
  map.gids = parse_subordinate_ids(files.gids, name, ::getuid());
  auto obstacle = missing_program();
  if (!obstacle) obstacle = missing_range(map, files, name);
  if (!obstacle) obstacle = range_of_elsewhere(map, name);
  for (const char* program : k_map_programs)
    if (!obstacle) obstacle = program_without_rights(program);
  if (obstacle) {
    map.why_single = obstacle->why;
    map.mend = obstacle->mend;
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

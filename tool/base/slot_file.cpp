#include "base/slot_file.hpp"

#include <fcntl.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/terminal.hpp"

namespace trainyard {

namespace {

constexpr const char* k_action = "leasing by";
constexpr int k_open_flags = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
constexpr uint64_t k_most_text = 1 << 16;
constexpr int k_shown_columns = 60;

std::string user_name(uid_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  std::array<char, 4096> buffer{};
  ::getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found);
  return found != nullptr ? found->pw_name : "uid " + std::to_string(uid);
}

std::string shown(const std::string& text) {
  return fit_columns(printable_line(text), k_shown_columns);
}

/// Of today by the time alone.
std::string time_text(int64_t seconds) {
  const time_t then = seconds;
  const time_t now = ::time(nullptr);
  std::tm local{}, today{};
  ::localtime_r(&now, &today);
  if (::localtime_r(&then, &local) == nullptr) return "?";
  const bool same = local.tm_year == today.tm_year && local.tm_yday == today.tm_yday;
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), same ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &local);
  return text.data();
}

Error not_ours(const fs::path& path, const std::string& what) {
  struct stat status {};
  const std::string owner =
      ::lstat(path.c_str(), &status) == 0 ? user_name(status.st_uid) : "somebody";
  return {k_action, path.string(), "it is " + what + ", and belongs to " + owner,
          "ask " + owner +
              ", or root, to remove it; or let all who share the machine set "
              "TRAINYARD_SLOT_FOLDER to another folder"};
}

bool is_there(const fs::path& path) {
  struct stat status {};
  const int kept = errno;
  const bool there = ::lstat(path.c_str(), &status) == 0;
  errno = kept;
  return there;
}

/// Who was able to make a hard link of a file of ours could have us write into it.
void check_file(int fd, const fs::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error(k_action, path.string());
  if (!S_ISREG(status.st_mode)) throw not_ours(path, "no regular file");
  if (status.st_nlink > 1) throw not_ours(path, "a hard link");
}

UniqueFd make_file(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | k_open_flags, 0666));
  if (fd) ::fchmod(fd.get(), 0666);  // whatever our umask
  return fd;
}

/// Not with O_CREAT where it is there: the kernel may refuse that for files of others in a sticky
/// folder (fs.protected_regular).
UniqueFd open_file(const fs::path& path) {
  for (int tries = 0; tries < 100; ++tries) {
    UniqueFd fd(::open(path.c_str(), O_RDWR | k_open_flags));
    if (!fd && errno == EACCES) fd.reset(::open(path.c_str(), O_RDONLY | k_open_flags));
    if (!fd && errno == ENOENT) fd = make_file(path);
    if (fd) {
      check_file(fd.get(), path);
      return fd;
    }
    if (errno == ENOENT)
      make_directories(path.parent_path(), 0700);
    else if (errno == ELOOP)
      throw not_ours(path, "a symbolic link");
    else if (errno == EACCES && is_there(path))
      throw not_ours(path, "closed to others");
    else if (errno != EEXIST)
      throw system_error(k_action, path.string());
  }
  throw Error(k_action, path.string(), "it comes and goes");
}

bool take(int fd, int operation, const fs::path& path) {
  while (::flock(fd, operation | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) throw system_error(k_action, path.string());
  }
  return true;
}

/// Its owner, root or a cleaner of old files may have removed it while we came.
bool has_its_name(int fd, const fs::path& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::lstat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

}  // namespace

std::string SlotUser::str() const {
  return shown(user) + " (pid " + std::to_string(pid) + ", " + shown(purpose) + ") since " +
         time_text(since);
}

SlotUser slot_user(const std::string& purpose) {
  return {user_name(::geteuid()), ::getpid(), purpose, ::time(nullptr)};
}

std::string slot_user_text(const SlotUser& user) {
  return dump_json(
      {{"user", user.user}, {"pid", user.pid}, {"purpose", user.purpose}, {"since", user.since}});
}

std::optional<SlotUser> parse_slot_user(const std::string& text) {
  try {
    const Json json = parse_json(text, "a slot's user");
    return SlotUser{json.at("user").get<std::string>(), json.at("pid").get<pid_t>(),
                    json.at("purpose").get<std::string>(), json.at("since").get<int64_t>()};
  } catch (const std::exception&) {
    return std::nullopt;  // just being written, or written by somebody else
  }
}

std::optional<SlotFile> SlotFile::try_hold(const fs::path& path) {
  for (;;) {
    UniqueFd fd = open_file(path);
    if (!take(fd.get(), LOCK_EX, path)) return std::nullopt;
    if (has_its_name(fd.get(), path)) return SlotFile(std::move(fd));
  }
}

bool SlotFile::is_held(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | k_open_flags));
  return fd && !take(fd.get(), LOCK_SH, path);
}

std::optional<SlotUser> SlotFile::user_of(const fs::path& path) {
  const std::optional<std::string> text = read_slot_text(path);
  return text ? parse_slot_user(*text) : std::nullopt;
}

void SlotFile::write(const std::string& text) const {
  clear();
  const ssize_t ignored = ::pwrite(fd_.get(), text.data(), text.size(), 0);
  (void)ignored;
}

void SlotFile::clear() const {
  const int ignored = ::ftruncate(fd_.get(), 0);
  (void)ignored;
}

std::optional<std::string> read_slot_text(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | k_open_flags));
  struct stat status {};
  if (!fd || ::fstat(fd.get(), &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  try {
    return read_all(fd.get(), path.string(), k_most_text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace trainyard

#include "store/sync_state.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "base/process.hpp"
#include "store/sealed.hpp"

namespace trainyard::store {

namespace {

/// A test aid: TRAINYARD_TEST_BOOT_ID stands for the kernel's, so that a test can see what another
/// boot makes of a store. Of processes and control groups only the kernel's tells who is alive.
std::string current_boot() {
  const char* given = std::getenv("TRAINYARD_TEST_BOOT_ID");
  return given != nullptr ? given : boot_id();
}

fs::path boot_file(const Store& store, const std::string& boot) {
  return store.boots() / boot;
}
fs::path unsynced_mark(const Store& store) {
  return store.boots() / (current_boot() + ".unsynced");
}

/// A boot id is part of a path here, and comes from a file.
bool looks_like_boot_id(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz-") == text.npos;
}

}  // namespace

Birth Birth::now() {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return {current_boot(), int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
}

std::string Birth::str() const {
  return boot_id + " " + std::to_string(since_boot);
}

std::optional<Birth> Birth::parse(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  Birth birth{std::string(text.substr(0, blank)), 0};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + blank + 1, end, birth.since_boot);
  if (error != std::errc() || stop != end || !looks_like_boot_id(birth.boot_id))
    return std::nullopt;
  return birth;
}

bool is_trusted(const Store& store, const Birth& birth) {
  if (birth.boot_id == current_boot()) return true;
  if (!looks_like_boot_id(birth.boot_id)) return false;
  const auto text = read_file_if_exists(boot_file(store, birth.boot_id));
  const auto sealed = text ? unseal(*text) : std::nullopt;
  if (!sealed || !sealed->is_object()) return false;
  const auto synced = sealed->find("synced_until");
  return synced != sealed->end() && synced->is_number_integer() &&
         birth.since_boot <= synced->get<int64_t>();
}

void mark_unsynced(const Store& store) {
  const fs::path mark = unsynced_mark(store);
  const UniqueFd fd(::open(mark.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
  if (!fd && errno == ENOENT) touch(mark);
}

bool has_unsynced(const Store& store) {
  return ::access(unsynced_mark(store).c_str(), F_OK) == 0;
}

void sync_store(const Store& store) {
  // Somebody else's syncfs may be under way, and the mark that it took away may have been ours.
  const LockFile lock = LockFile::acquire(store.locks() / "sync");
  // The mark goes first: what is written while syncfs runs sets it again.
  const fs::path mark = unsynced_mark(store);
  if (::unlink(mark.c_str()) != 0) {
    if (errno == ENOENT) return;
    throw system_error("removing", mark.string());
  }
  const Birth until = Birth::now();
  const UniqueFd root = open_for_reading(store.root());
  if (::syncfs(root.get()) != 0) {
    const int number = errno;
    mark_unsynced(store);
    throw system_error("syncing the file system of", store.root().string(), number);
  }
  // Beside a sync of seconds the store may have been removed: it does not come back.
  if (::access(store.boots().c_str(), F_OK) != 0) return;
  write_file_atomic(boot_file(store, until.boot_id), seal({{"synced_until", until.since_boot}}),
                    Durability::dear);
}

}  // namespace trainyard::store

#include "base/slot_lease.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/error.hpp"
#include "base/slot_queue.hpp"

namespace trainyard {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds k_first_pause{5};
constexpr milliseconds k_longest_pause{100};
constexpr milliseconds k_first_note{500};
constexpr std::chrono::minutes k_second_note{1};
constexpr std::chrono::minutes k_longest_silence{30};
constexpr size_t k_shown_slots = 4;

/// A file's name of any text.
std::string file_name(const std::string& slot) {
  constexpr const char* k_hex = "0123456789abcdef";
  std::string name;
  for (const unsigned char c : slot) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || (c == '.' && !name.empty());
    if (plain)
      name += static_cast<char>(c);
    else
      name += {'%', k_hex[c >> 4], k_hex[c & 15]};
  }
  return name;
}

bool is_open_to_all(const fs::path& folder) {
  struct stat status {};
  return ::stat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
         (status.st_mode & 01777) == 01777;
}

/// When to say that we wait: after a moment, then ever more rarely.
class Reminder {
 public:
  bool is_due() {
    if (Clock::now() < next_) return false;
    next_ = Clock::now() + silence_;
    silence_ = std::min<milliseconds>(2 * silence_, k_longest_silence);
    return true;
  }

 private:
  Clock::time_point next_ = Clock::now() + k_first_note;
  milliseconds silence_ = k_second_note;
};

void check(const SlotRequest& request, const fs::path& folder) {
  std::vector<std::string> names = request.all;
  names.insert(names.end(), request.some.begin(), request.some.end());
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end())
    throw usage_error("leasing in", folder.string(), "slot " + *twice + " is asked for twice");
  if (request.count > request.some.size())
    throw usage_error("leasing in", folder.string(),
                      std::to_string(request.count) + " slots are asked for, and there are " +
                          std::to_string(request.some.size()));
}

}  // namespace

std::vector<std::string> numbered_slots(size_t count) {
  std::vector<std::string> slots;
  for (size_t i = 1; i <= count; ++i) slots.push_back(std::to_string(i));
  return slots;
}

SlotLease& SlotLease::operator=(SlotLease&& other) noexcept {
  std::swap(slots_, other.slots_);
  std::swap(files_, other.files_);
  return *this;
}

SlotLease::~SlotLease() {
  for (const SlotFile& file : files_) file.clear();
}

SlotFolder::SlotFolder(fs::path folder, std::string prefix)
    : folder_(std::move(folder)), prefix_(std::move(prefix)) {}

SlotFolder SlotFolder::of_machine() {
  const std::string prefix = "trainyard.";
  const char* given = std::getenv("TRAINYARD_SLOT_FOLDER");
  if (given != nullptr && *given != '\0') return SlotFolder(absolute_normal(given), prefix);
  for (const char* folder : {"/run/lock", "/tmp"})
    if (is_open_to_all(folder)) return SlotFolder(folder, prefix);
  throw Error("leasing in", "/run/lock and /tmp", "neither is a sticky folder that all may write",
              "make one (mkdir -m 1777) and let all who share the machine set "
              "TRAINYARD_SLOT_FOLDER to it");
}

fs::path SlotFolder::file_of(const std::string& slot) const {
  return folder_ / (prefix_ + "slot." + file_name(slot));
}

bool SlotFolder::is_held(const std::string& slot) const {
  return SlotFile::is_held(file_of(slot));
}

std::optional<SlotUser> SlotFolder::holder(const std::string& slot) const {
  return is_held(slot) ? SlotFile::user_of(file_of(slot)) : std::nullopt;
}

std::optional<SlotLease> SlotFolder::try_lease(const SlotRequest& request,
                                               const SlotUser& user) const {
  SlotLease lease;
  const auto take = [&](const std::string& slot) {
    std::optional<SlotFile> file = SlotFile::try_hold(file_of(slot));
    if (!file) return false;
    lease.slots_.push_back(slot);
    lease.files_.push_back(std::move(*file));
    return true;
  };
  for (const std::string& slot : request.all)
    if (!take(slot)) return std::nullopt;
  size_t wanted = request.count;
  for (auto slot = request.some.begin(); slot != request.some.end() && wanted > 0; ++slot)
    if (take(*slot)) --wanted;
  if (wanted > 0) return std::nullopt;
  for (const SlotFile& file : lease.files_) file.write(slot_user_text(user));
  return lease;
}

std::string SlotFolder::waiting_text(const SlotRequest& request,
                                     const std::optional<SlotUser>& first) const {
  std::string text;
  size_t held = 0;
  std::vector<std::string> names = request.all;
  names.insert(names.end(), request.some.begin(), request.some.end());
  for (const std::string& slot : names) {
    if (!is_held(slot)) continue;
    if (++held > k_shown_slots) continue;
    text += (text.empty() ? "waiting for " : "; ") + slot + ", held";
    if (const auto user = holder(slot)) text += " by " + user->str();
  }
  if (held > k_shown_slots) text += "; and " + std::to_string(held - k_shown_slots) + " others";
  if (!text.empty()) return text;
  text = "waiting for " + (names.size() == 1 ? names.front() : "slots");
  return first ? text + ", after " + first->str() : text;
}

std::optional<SlotLease> SlotFolder::lease(const SlotRequest& request, const std::string& purpose,
                                           const SlotWaiting& waiting) const {
  check(request, folder_);
  const SlotUser user = slot_user(purpose);
  std::vector<std::string> names = request.all;
  if (request.count > 0) names.insert(names.end(), request.some.begin(), request.some.end());
  if (names.empty()) return SlotLease();
  SlotTicket ticket(folder_, prefix_, user, names);
  Reminder reminder;
  for (milliseconds pause = k_first_pause;; pause = std::min(2 * pause, k_longest_pause)) {
    if (waiting.give_up && waiting.give_up()) return std::nullopt;
    if (!ticket.must_wait())
      if (auto lease = try_lease(request, slot_user(purpose))) return lease;
    if (waiting.note && reminder.is_due()) waiting.note(waiting_text(request, ticket.first()));
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace trainyard

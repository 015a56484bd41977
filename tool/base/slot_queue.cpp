#include "base/slot_queue.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/json.hpp"

namespace trainyard {

namespace {

/// Names sort by time.
std::string stamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::string digits = std::to_string(now.tv_sec * 1'000'000'000LL + now.tv_nsec);
  digits.insert(0, 20 - std::min<size_t>(20, digits.size()), '0');
  return digits;
}

Json parse_or_null(const std::string& text) {
  try {
    return parse_json(text, "a ticket");
  } catch (const Error&) {
    return nullptr;  // whoever wrote it
  }
}

}  // namespace

SlotTicket::SlotTicket(const fs::path& folder, const std::string& prefix, const SlotUser& user,
                       const std::vector<std::string>& slots)
    : folder_(folder), start_(prefix + "queue."), slots_(slots) {
  Json json = parse_json(slot_user_text(user), "a ticket");
  json["slots"] = slots;
  // It gets its name when it is locked and written: who sees it without a lock sees a dead one, and
  // may remove it, as may happen to this one before.
  for (int tries = 0; tries < 100; ++tries) {
    const fs::path fresh = folder_ / (start_ + "new." + random_name());
    file_ = SlotFile::try_hold(fresh);
    if (!file_) continue;
    file_->write(dump_json(json));
    path_ = folder_ / (start_ + stamp() + "." + random_name(8));
    if (::rename(fresh.c_str(), path_.c_str()) == 0) return;
    if (errno != ENOENT) throw system_error("queueing in", folder_.string());
  }
  throw Error("queueing in", folder_.string(), "somebody removes what is made there");
}

SlotTicket::~SlotTicket() {
  ::unlink(path_.c_str());
}

bool SlotTicket::names_a_slot(const fs::path& ticket) const {
  const Json json = parse_or_null(read_slot_text(ticket).value_or(""));
  if (!json.is_object() || !json.contains("slots") || !json["slots"].is_array()) return false;
  for (const Json& slot : json["slots"])
    if (slot.is_string() &&
        std::find(slots_.begin(), slots_.end(), slot.get<std::string>()) != slots_.end())
      return true;
  return false;
}

bool SlotTicket::must_wait() {
  if (!earlier_.empty() && SlotFile::is_held(earlier_)) return true;
  earlier_.clear();
  std::vector<std::string> names;
  std::error_code ignored;
  for (const auto& entry : entries_of(folder_, ignored))
    if (const std::string name = entry.path().filename();
        name.starts_with(start_) && name != path_.filename())
      names.push_back(name);
  // The last of the earlier ones goes last: it is asked the longest.
  std::sort(names.begin(), names.end(), std::greater<>());
  for (const std::string& name : names) {
    const fs::path ticket = folder_ / name;
    if (!SlotFile::is_held(ticket)) {
      ::unlink(ticket.c_str());
      continue;
    }
    const bool is_earlier = name < path_.filename() && !name.starts_with(start_ + "new.");
    if (earlier_.empty() && is_earlier && names_a_slot(ticket)) earlier_ = ticket;
  }
  return !earlier_.empty();
}

std::optional<SlotUser> SlotTicket::first() const {
  return earlier_.empty() ? std::nullopt : SlotFile::user_of(earlier_);
}

}  // namespace trainyard

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/slot_file.hpp"

namespace trainyard {

/// A place in the queue for slots, given back with the object or, in whatever way, with its
/// process: `<folder>/<prefix>queue.<nanoseconds>.<random>` holds `user` (slot_user_text) with a
/// member "slots", and is locked as long as its owner lives. What a killed one left is nobody's
/// place; who may, removes it.
class SlotTicket {
 public:
  SlotTicket(const fs::path& folder, const std::string& prefix, const SlotUser& user,
             const std::vector<std::string>& slots);
  ~SlotTicket();
  SlotTicket(const SlotTicket&) = delete;
  SlotTicket& operator=(const SlotTicket&) = delete;

  /// Whether somebody who came earlier waits for one of the slots. Looks at the whole queue only
  /// when the one that was found the last time is gone.
  bool must_wait();
  /// Who that was, where they say so.
  std::optional<SlotUser> first() const;

 private:
  bool names_a_slot(const fs::path& ticket) const;

  fs::path folder_;
  std::string start_;  ///< of the names of tickets
  std::vector<std::string> slots_;
  fs::path path_;
  fs::path earlier_;
  std::optional<SlotFile> file_;
};

}  // namespace trainyard

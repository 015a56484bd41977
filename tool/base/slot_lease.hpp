#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/slot_file.hpp"

namespace trainyard {

/// Every one of `all`, and `count` of `some` (the first that are free, in this order).
struct SlotRequest {
  std::vector<std::string> all;
  std::vector<std::string> some;
  size_t count = 0;
};

/// What goes on while one waits; both may be empty. Called from the thread that waits.
struct SlotWaiting {
  /// "waiting for gpu:0, held by alice (pid 123, run train_model) since 14:02:11": when it takes
  /// longer than a moment, and again rarely.
  std::function<void(const std::string&)> note;
  std::function<bool()> give_up;  ///< asked several times a second
};

/// Slots that this process holds until the object, or in whatever way the process, ends.
class SlotLease {
 public:
  SlotLease() = default;
  SlotLease(SlotLease&&) = default;
  SlotLease& operator=(SlotLease&& other) noexcept;
  ~SlotLease();
  const std::vector<std::string>& slots() const { return slots_; }

 private:
  friend class SlotFolder;
  std::vector<std::string> slots_;
  std::vector<SlotFile> files_;
};

/// Named slots that processes share, each of them held by one at a time: `<prefix>slot.<name>` in a
/// folder is a file (slot_file.hpp) whose lock (flock) is the lease. A name may be any text.
///
/// One gets all of a request or nothing, so nobody waits for another one's second slot while
/// holding a first. Who waits has a ticket, `<prefix>queue.<time>.<random>`, a locked file that
/// lists the slots; a request takes nothing while an earlier, living ticket lists one of its
/// slots. So nobody starves, and requests without a slot in common do not wait for each other.
///
///     const SlotFolder folder(build / "sweep.slots");
///     const auto lease = folder.lease({{}, numbered_slots(4), 1}, "run point_7", {note, stop});
///     if (!lease) …;  // gave up
class SlotFolder {
 public:
  /// A folder that is made (0700) where it is missing.
  explicit SlotFolder(fs::path folder, std::string prefix = {});
  /// That of all users of this machine: TRAINYARD_SLOT_FOLDER, else /run/lock where everybody may
  /// write there, else /tmp. What the caller may do does not count: all must come to the same one.
  static SlotFolder of_machine();

  /// Waits for them. Nothing when `give_up` said so; a usage error when there can never be enough.
  /// `purpose` tells people what holds them: "run train_model".
  std::optional<SlotLease> lease(const SlotRequest& request, const std::string& purpose,
                                 const SlotWaiting& waiting = {}) const;

  bool is_held(const std::string& slot) const;
  /// Who holds it, where they say so.
  std::optional<SlotUser> holder(const std::string& slot) const;
  const fs::path& path() const { return folder_; }

 private:
  std::optional<SlotLease> try_lease(const SlotRequest& request, const SlotUser& user) const;
  fs::path file_of(const std::string& slot) const;
  std::string waiting_text(const SlotRequest& request, const std::optional<SlotUser>& first) const;

  fs::path folder_;
  std::string prefix_;
};

/// "1" to "n": a number of slots of which one is as good as another.
std::vector<std::string> numbered_slots(size_t count);

}  // namespace trainyard

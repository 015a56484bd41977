#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "base/file.hpp"
#include "base/unique_fd.hpp"

namespace trainyard {

/// Who holds a slot, or waits for one, as they wrote it themselves: for people to read. Nothing is
/// ever decided by it, since anybody may write anything there.
struct SlotUser {
  std::string user;
  pid_t pid = 0;
  std::string purpose;      ///< "run train_model"
  int64_t since = 0;        ///< seconds of the system's clock
  std::string str() const;  ///< "alice (pid 123, run train_model) since 14:02:11", printable
};
/// This process, from now on.
SlotUser slot_user(const std::string& purpose);
std::string slot_user_text(const SlotUser& user);
/// Nothing when the text is no such thing.
std::optional<SlotUser> parse_slot_user(const std::string& text);

/// A file in a folder that all users of the machine may write (sticky): who comes first makes it,
/// everybody can lock it. No link is followed, and nothing but a regular file with one name is
/// taken, so nobody can make us lock or write a file that lies elsewhere. The file stays: one that
/// is removed while somebody waits for it would be two.
class SlotFile {
 public:
  /// Nothing when somebody holds it. Throws Error for what cannot be a slot's file, with its owner.
  static std::optional<SlotFile> try_hold(const fs::path& path);
  /// Whether somebody holds it now; makes no file.
  static bool is_held(const fs::path& path);
  static std::optional<SlotUser> user_of(const fs::path& path);

  /// Nothing is thrown where it cannot be written: it is a courtesy.
  void write(const std::string& text) const;
  void clear() const;

 private:
  explicit SlotFile(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

/// What a regular file holds, up to 64 KiB; no link is followed. Nothing when it is not there, or
/// something else.
std::optional<std::string> read_slot_text(const fs::path& path);

}  // namespace trainyard

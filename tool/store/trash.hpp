#pragma once

#include "base/file.hpp"

namespace trainyard::store {

/// Where removed files wait, in the remover's work folder, until it is sure that nobody uses them.
class Trash {
 public:
  explicit Trash(fs::path folder) : folder_(std::move(folder)) {}
  /// Takes the name away. False when it is not there.
  bool take(const fs::path& file) const;
  /// Gives the name back, unless somebody made that file anew in the meantime.
  void give_back(const fs::path& file) const;
  /// Of something taken: whether it was used at `moment` or later.
  bool used_since(const fs::path& file, int64_t moment) const;
  /// Takes the name away for good, unless it was used at `moment` or later: then it is given back,
  /// and the answer is false.
  bool remove_unless_used(const fs::path& file, int64_t moment) const;
  /// Where something that was taken is.
  fs::path place_of(const fs::path& file) const;

 private:
  fs::path folder_;
};

}  // namespace trainyard::store

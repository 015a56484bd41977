#pragma once

#include "base/file.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::training {

/// `.<name>.trainyard-<random>` beside a destination: its new content while that is being made,
/// and once that is moved in, the old one. Removed with the object. What is being made is locked
/// (flock) as long as its maker lives, so that the next one for that destination can tell what a
/// killed one left and remove it.
class Beside {
 public:
  /// Removes what earlier ones left. The folder that they stand in must be there.
  explicit Beside(fs::path destination);
  ~Beside();
  Beside(const Beside&) = delete;
  Beside& operator=(const Beside&) = delete;

  const fs::path& path() const { return path_; }
  /// Makes a file there, open for writing (0600).
  UniqueFd make_file();
  /// Makes a folder there.
  void make_folder();
  /// Moves what was made to the destination, in one step where the file system can exchange names.
  void move_in() const;

 private:
  fs::path destination_;
  fs::path path_;
  UniqueFd lock_;
};

}  // namespace trainyard::training

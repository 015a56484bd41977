#pragma once

#include <sys/stat.h>

#include <string>
#include <vector>

#include "build/selection.hpp"

namespace trainyard::build {

/// Files of a source whose content is not known yet, to be read together.
class UnreadFiles {
 public:
  /// `entry` is the place among the source's entries, `path` where it is read.
  void add(size_t entry, std::string path, const struct stat& status);
  /// Reads them all, on several cores when there are many, and forgets them. Throws the failure of
  /// the first one, in their order, that failed.
  void read(SelectedSource& source, const decltype(SelectionRules::content)& content);

 private:
  struct File {
    size_t entry = 0;
    std::string path;
    struct stat status {};
  };
  std::vector<File> files_;
};

}  // namespace trainyard::build

#include "build/content_hashing.hpp"

#include "base/parallel.hpp"

namespace trainyard::build {

void UnreadFiles::add(size_t entry, std::string path, const struct stat& status) {
  files_.push_back({entry, std::move(path), status});
}

void UnreadFiles::read(SelectedSource& source, const decltype(SelectionRules::content)& content) {
  for_each_in_parallel(files_.size(), [&](size_t i) {
    const File& file = files_[i];
    source.entries[file.entry].content = content(file.path, file.status);
  });
  files_.clear();
}

}  // namespace trainyard::build

#include "build/context_folders.hpp"

#include <algorithm>
#include <iterator>

#include "base/error.hpp"
#include "base/text_file.hpp"

namespace trainyard::build {

std::vector<fs::path> ignore_file_places(const BuildRequest& request, const fs::path& folder) {
  std::vector<fs::path> places;
  if (folder == request.context && request.dockerfile)
    places.push_back(fs::path(*request.dockerfile).concat(".dockerignore"));
  places.push_back(folder / ".dockerignore");
  return places;
}

ContextFolders::ContextFolders(const store::Store& store, const BuildRequest& request)
    : store_(store), request_(request) {
  for (const fs::path& folder : request.excluded) excluded_.push_back(absolute_normal(folder));
  excluded_.push_back(absolute_normal(store.root()));
}

ContextFolders::Folder& ContextFolders::open(const fs::path& path) {
  Folder* folder = nullptr;
  {
    const std::lock_guard lock(mutex_);
    folder = &folders_[path];
  }
  const std::lock_guard lock(folder->mutex);
  if (!folder->loaded) load(path, *folder);
  folder->loaded = true;
  return *folder;
}

void ContextFolders::load(const fs::path& path, Folder& folder) {
  if (!fs::is_directory(path))
    throw usage_error("reading context", path.string(), "it is not a folder",
                      "check CONTEXT or --build-context");
  for (const fs::path& file : ignore_file_places(request_, path)) {
    const auto text = read_text_within(file.parent_path(), file.filename().string());
    if (!text) {
      // Its coming into being changes the time of its folder. A build tree's folders change with
      // every build, so one there would never let the edge come to rest.
      const fs::path parent = file.parent_path();
      const auto holds = [&parent](const fs::path& outer) { return lies_within(parent, outer); };
      if (std::none_of(excluded_.begin(), excluded_.end(), holds)) note_read(parent);
      continue;
    }
    note_read(file);
    folder.ignore = dockerfile::IgnoreFile::parse(*text, file.string());
    break;
  }
  folder.index = std::make_unique<store::FingerprintIndex>(store_, path);
}

Selection ContextFolders::select(const fs::path& path, const std::vector<std::string>& sources,
                                 const CopyFilter& filter) {
  Folder& folder = open(path);
  std::vector<std::string> read;
  SelectionRules rules;
  rules.metadata = request_.keep_modes ? SelectionRules::Metadata::modes_kept
                                       : SelectionRules::Metadata::normalised;
  rules.filter = filter;
  rules.ignore = folder.ignore.empty() ? nullptr : &folder.ignore;
  rules.excluded = excluded_;
  rules.content = [&folder](const std::string& file, const struct stat& status) {
    return folder.index->content(file, status);
  };
  rules.known = [&folder](std::string_view file, const struct stat& status) {
    return folder.index->known(file, status);
  };
  rules.read = &read;
  Selection selection = select_paths(path, sources, rules);
  const std::lock_guard lock(mutex_);
  if (read_.empty())
    read_ = std::move(read);
  else
    read_.insert(read_.end(), std::make_move_iterator(read.begin()),
                 std::make_move_iterator(read.end()));
  return selection;
}

void ContextFolders::note_read(const fs::path& path) {
  const std::lock_guard lock(mutex_);
  read_.push_back(path.native());
}

std::vector<std::string> ContextFolders::read() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> sorted = read_;
  // What was fetched changes under no name that a build graph could watch.
  std::erase_if(sorted, [this](const std::string& path) {
    return std::any_of(request_.origins.begin(), request_.origins.end(),
                       [&path](const auto& one) { return lies_within(path, one.first); });
  });
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  return sorted;
}

}  // namespace trainyard::build

#include "training/input_pattern.hpp"

#include <fnmatch.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <set>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/spelling.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_any_folders = "**";

std::vector<std::string> parts_of(const fs::path& path) {
  std::vector<std::string> parts;
  for (const fs::path& part : path) parts.push_back(part.string());
  return parts;
}

bool matches(const std::string& part, const std::string& name) {
  return ::fnmatch(part.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

/// One search; where it comes to the same folder with the same rest of the pattern, it has been.
class Search {
 public:
  Search(const InputPattern& pattern, const std::vector<fs::path>& excluded)
      : base_(pattern.base), parts_(parts_of(pattern.pattern)), excluded_(excluded) {}

  MatchedFiles run() {
    struct stat status {};
    if (::stat(base_.c_str(), &status) == 0 && S_ISDIR(status.st_mode)) visit("", 0);
    MatchedFiles found{{files_.begin(), files_.end()}, {walked_.begin(), walked_.end()}};
    std::sort(found.files.begin(), found.files.end(), comes_before);
    return found;
  }

 private:
  void visit(const std::string& folder, size_t index) {
    if (!been_.emplace(folder, index).second) return;
    const std::string& part = parts_[index];
    const bool last = index + 1 == parts_.size();
    walked_.insert(at(folder));
    if (part == k_any_folders && !last) visit(folder, index + 1);
    if (!has_wildcard(part)) {
      take(fs::directory_entry(at(folder) / part, none_), joined(folder, part), index);
      return;
    }
    std::error_code error;
    for (const fs::directory_entry& entry : entries_of(at(folder), error)) {
      const std::string name = entry.path().filename().string();
      if (part == k_any_folders)
        take_any(entry, joined(folder, name), index);
      else if (matches(part, name))
        take(entry, joined(folder, name), index);
    }
    if (error) throw Error("reading input", at(folder).string(), error.message());
  }

  /// What the part matches: a file when it is the last one, otherwise a folder. What a folder's
  /// list says of an entry is enough, but for links: a look at each file is left to the snapshot.
  void take(const fs::directory_entry& entry, const std::string& path, size_t index) {
    if (is_excluded(path)) return;
    if (index + 1 == parts_.size()) {
      if (entry.is_regular_file(none_)) files_.insert(path);
    } else if (entry.is_directory(none_)) {
      visit(path, index + 1);
    }
  }

  void take_any(const fs::directory_entry& entry, const std::string& path, size_t index) {
    if (entry.path().filename().native().front() == '.' || is_excluded(path)) return;
    if (!entry.is_symlink(none_) && entry.is_directory(none_))
      visit(path, index);
    else if (index + 1 == parts_.size() && entry.is_regular_file(none_))
      files_.insert(path);
  }

  static std::string joined(const std::string& folder, const std::string& name) {
    return folder.empty() ? name : folder + "/" + name;
  }

  fs::path at(const std::string& path) const { return path.empty() ? base_ : base_ / path; }
  bool is_excluded(const std::string& path) const {
    return std::find(excluded_.begin(), excluded_.end(), at(path)) != excluded_.end();
  }

  const fs::path base_;
  const std::vector<std::string> parts_;
  const std::vector<fs::path>& excluded_;
  std::set<std::pair<std::string, size_t>> been_;
  std::set<std::string> files_;
  std::set<fs::path> walked_;
  std::error_code none_;  ///< what cannot be looked at is no file and no folder
};

}  // namespace

bool has_wildcard(const std::string& path) {
  return path.find_first_of("*?[") != std::string::npos;
}

InputPattern split_pattern(const fs::path& path) {
  InputPattern split;
  std::error_code error;
  auto part = path.begin();
  for (; part != path.end(); ++part) {
    if (has_wildcard(part->string()) && !fs::exists(split.base / *part, error)) break;
    split.base /= *part;
  }
  fs::path rest;
  for (; part != path.end(); ++part) rest /= *part;
  split.pattern = rest.string();
  return split;
}

std::string fault_of_pattern(const std::string& pattern) {
  for (const std::string& part : parts_of(pattern))
    if (part != k_any_folders && part.find(k_any_folders) != std::string::npos)
      return "\"**\" stands alone between slashes, as in \"**/*.csv\"";
  return {};
}

MatchedFiles match_files(const InputPattern& pattern, const std::vector<fs::path>& excluded) {
  return Search(pattern, excluded).run();
}

std::string nearest_pattern(const InputPattern& pattern) {
  fs::path folder = pattern.base;
  std::error_code error;
  while (!fs::is_directory(folder, error) && folder.has_relative_path())
    folder = folder.parent_path();
  std::vector<std::string> known;
  if (folder != pattern.base) {
    const std::string missing = folder == "/"
                                    ? pattern.base.begin()->string()
                                    : pattern.base.lexically_relative(folder).begin()->string();
    for (const auto& entry : entries_of(folder, error))
      known.push_back(entry.path().filename().string());
    const std::string near = nearest_word(missing, known);
    return near.empty() ? "there is no folder " + (folder / missing).string()
                        : "there is no folder " + missing + "; did you mean " +
                              (folder / near).string() + "?";
  }
  const InputPattern deeper{pattern.base, "**/" + pattern.pattern};
  if (!pattern.pattern.starts_with("**/") && !match_files(deeper, {}).files.empty())
    return "files of that name lie deeper; did you mean \"" +
           (pattern.base / deeper.pattern).string() + "\"?";
  const std::string last = fs::path(pattern.pattern).filename().string();
  std::set<std::string> endings;
  for (const std::string& file : match_files({pattern.base, "**"}, {}).files)
    endings.insert("*" + fs::path(file).extension().string());
  const std::string near = nearest_word(last, {endings.begin(), endings.end()});
  return near.empty() || near == last ? std::string() : "did you mean \"" + near + "\"?";
}

bool comes_before(const std::string& path, const std::string& other) {
  return std::lexicographical_compare(
      path.begin(), path.end(), other.begin(), other.end(), [](char a, char b) {
        const auto rank = [](char c) { return c == '/' ? 0 : static_cast<unsigned char>(c); };
        return rank(a) < rank(b);
      });
}

}  // namespace trainyard::training

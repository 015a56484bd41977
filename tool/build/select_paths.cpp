#include <dirent.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "build/file_metadata.hpp"
#include "build/selection.hpp"

namespace trainyard::build {

namespace {

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : folder + "/" + name;
}

bool has_wildcard(std::string_view part) {
  return part.find_first_of("*?[") != std::string_view::npos;
}

std::string last_part(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::vector<std::string> sorted_names(const fs::path& folder) {
  const std::unique_ptr<DIR, int (*)(DIR*)> dir(::opendir(folder.c_str()), ::closedir);
  if (!dir) throw system_error("reading folder", folder.string());
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(dir.get())) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

class Selector {
 public:
  Selector(const fs::path& root, const SelectionRules& rules) : root_(root), rules_(rules) {
    for (const fs::path& folder : rules.excluded)
      if (folder != root && lies_within(folder, root))
        excluded_.insert(folder.lexically_relative(root).string());
  }

  Selection select(const std::vector<std::string>& sources) {
    Selection selection;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (!has_wildcard(sources[i])) {
        selection.sources.push_back(select_named(sources[i], i));
        continue;
      }
      for (const std::string& match : expand_wildcards(sources[i])) {
        SelectedSource source = select_match(match);
        if (!source.entries.empty()) selection.sources.push_back(std::move(source));
      }
    }
    return selection;
  }

 private:
  bool left_out(const std::string& path) const {
    return excluded_.contains(path) || (rules_.ignore != nullptr && rules_.ignore->prunes(path));
  }
  bool ignored(const std::string& path) const {
    return rules_.ignore != nullptr && !path.empty() && rules_.ignore->ignores(path);
  }
  void note_read(const std::string& path) {
    if (rules_.read != nullptr) rules_.read->push_back(path.empty() ? root_ : root_ / path);
  }

  LookAt look() {
    return [this](const std::string& path) -> std::optional<Seen> {
      if (left_out(path)) return std::nullopt;
      return look_at(root_ / path);
    };
  }

  [[noreturn]] void not_found(const std::string& source, size_t index) const {
    // Which of its parents, or it itself, is kept from us?
    std::string path;
    for (const std::string& part : clean_parts(source)) {
      path = below(path, part);
      if (excluded_.contains(path))
        throw SourceNotFound(
            index, source,
            "\"" + path + "\" is a build tree or the store, which are never copied from",
            "copy from a folder outside of it, or let another target provide the file");
      if (rules_.ignore != nullptr && rules_.ignore->ignores(path) && look_at(root_ / source))
        throw SourceNotFound(index, source, "\"" + source + "\" is left out by .dockerignore",
                             "add the line \"!" + source + "\" to .dockerignore");
    }
    throw SourceNotFound(index, source, "there is no \"" + source + "\" in the source of the copy",
                         "paths are relative to the context folder (or the root of --from)");
  }

  SelectedSource select_named(const std::string& source, size_t index) {
    const Resolved found = resolve_path(look(), source);
    const bool folder = !found.seen || S_ISDIR(found.seen->status.st_mode);
    if (!found.missing.empty() || (!folder && ignored(found.path))) not_found(source, index);
    SelectedSource selected = take(last_part(source), found);
    if (selected.entries.empty()) not_found(source, index);
    return selected;
  }

  SelectedSource select_match(const std::string& match) {
    const Resolved found = resolve_path(look(), match);
    const bool folder = !found.seen || S_ISDIR(found.seen->status.st_mode);
    if (!found.missing.empty() || (!folder && ignored(found.path))) return {};
    return take(last_part(match), found);
  }

  SelectedSource take(const std::string& name, const Resolved& found) {
    for (const std::string& link : found.followed) note_read(link);
    SelectedSource source;
    source.name = name;
    if (!found.seen || S_ISDIR(found.seen->status.st_mode)) {
      struct stat status {};
      if (::stat((root_ / found.path).c_str(), &status) != 0)
        throw system_error("looking at", (root_ / found.path).string());
      source.entries.push_back(describe(found.path, "", status, ""));
      const size_t own = source.entries.size();
      walk(found.path, "", source);
      // A folder that is itself ignored counts only for what an exception brings back.
      if (source.entries.size() == own && ignored(found.path)) source.entries.clear();
    } else {
      source.entries.push_back(describe(found.path, "", found.seen->status, found.seen->link));
    }
    return source;
  }

  void walk(const std::string& folder, const std::string& path, SelectedSource& source) {
    note_read(folder);
    for (const std::string& name : sorted_names(root_ / folder)) {
      const std::string child = below(folder, name);
      if (left_out(child)) continue;
      const auto seen = look_at(root_ / child);
      if (!seen) continue;  // it went away: its folder's new mtime says so to the build graph
      const std::string inner = below(path, name);
      if (S_ISDIR(seen->status.st_mode)) {
        const size_t place = source.entries.size();
        source.entries.push_back(describe(child, inner, seen->status, ""));
        walk(child, inner, source);
        if (ignored(child) && source.entries.size() == place + 1) source.entries.pop_back();
      } else if (!ignored(child) && wanted(child, seen->status)) {
        source.entries.push_back(describe(child, inner, seen->status, seen->link));
      }
    }
  }

  /// Sockets are nobody's content; device nodes of an image are dropped as at unpacking.
  bool wanted(const std::string& path, const struct stat& status) const {
    if (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) return true;
    if (S_ISSOCK(status.st_mode)) return false;
    if (rules_.metadata == SelectionRules::Metadata::kept) return S_ISFIFO(status.st_mode);
    throw usage_error("copying", (root_ / path).string(), "it is a device or a FIFO",
                      "leave it out by a line in .dockerignore");
  }

  SelectedEntry describe(const std::string& source, const std::string& path,
                         const struct stat& status, const std::string& link) {
    SelectedEntry entry;
    entry.path = path;
    entry.source = source;
    entry.link = link;
    if (S_ISDIR(status.st_mode))
      entry.type = SelectedEntry::Type::folder;
    else if (S_ISLNK(status.st_mode))
      entry.type = SelectedEntry::Type::link;
    else if (S_ISFIFO(status.st_mode))
      entry.type = SelectedEntry::Type::fifo;
    if (entry.type == SelectedEntry::Type::file) {
      entry.size = static_cast<uint64_t>(status.st_size);
      if (rules_.sha256) entry.sha256 = rules_.sha256(root_ / source, status);
    }
    if (entry.type != SelectedEntry::Type::folder) note_read(source);
    if (rules_.metadata == SelectionRules::Metadata::normalised) {
      const bool plain = entry.type == SelectedEntry::Type::file && (status.st_mode & S_IXUSR) == 0;
      entry.mode = entry.type == SelectedEntry::Type::link ? 0777 : plain ? 0644 : 0755;
      return entry;
    }
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.seconds = status.st_mtim.tv_sec;
    if (status.st_nlink > 1 && entry.type == SelectedEntry::Type::file)
      entry.inode = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    entry.xattrs = read_xattrs(root_ / source);
    return entry;
  }

  std::vector<std::string> expand_wildcards(const std::string& pattern) {
    std::vector<std::string> paths = {""};
    for (const std::string& part : clean_parts(pattern)) {
      std::vector<std::string> next;
      for (const std::string& path : paths) {
        const Resolved found = resolve_path(look(), path);
        const bool folder = !found.seen || S_ISDIR(found.seen->status.st_mode);
        if (!found.missing.empty() || !folder) continue;
        if (!has_wildcard(part)) {
          if (look()(below(found.path, part))) next.push_back(below(path, part));
          continue;
        }
        note_read(found.path);
        for (const std::string& name : sorted_names(root_ / found.path))
          if (dockerfile::match_part(part, name) && !left_out(below(found.path, name)))
            next.push_back(below(path, name));
      }
      paths = std::move(next);
    }
    return paths;
  }

  const fs::path root_;
  const SelectionRules& rules_;
  std::set<std::string> excluded_;
};

}  // namespace

SourceNotFound::SourceNotFound(size_t index, const std::string& source, const std::string& cause,
                               const std::string& hint)
    : Error("copying", source, cause, hint, ExitCode::usage), index_(index) {}

Selection select_paths(const fs::path& root, const std::vector<std::string>& sources,
                       const SelectionRules& rules) {
  return Selector(root, rules).select(sources);
}

}  // namespace trainyard::build

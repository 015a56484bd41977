#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <set>

#include "base/error.hpp"
#include "base/holes.hpp"
#include "base/parallel.hpp"
#include "build/content_hashing.hpp"
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

/// A folder, open while its entries are looked at.
class Listing {
 public:
  explicit Listing(const std::string& folder)
      : folder_(folder), dir_(::opendir(folder.c_str()), ::closedir) {
    if (!dir_) throw system_error("reading folder", folder);
    errno = 0;
    while (const dirent* entry = ::readdir(dir_.get())) {
      const std::string_view name = entry->d_name;
      if (name != "." && name != "..") names_.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) throw system_error("reading folder", folder);
    std::sort(names_.begin(), names_.end());
  }

  /// Sorted.
  const std::vector<std::string>& names() const { return names_; }

  /// Nothing when it went away.
  std::optional<Seen> look(const std::string& name) const {
    Seen seen;
    if (::fstatat(fd(), name.c_str(), &seen.status, AT_SYMLINK_NOFOLLOW) != 0) {
      if (errno == ENOENT) return std::nullopt;
      throw system_error("looking at", folder_ + "/" + name);
    }
    if (S_ISLNK(seen.status.st_mode)) {
      std::array<char, PATH_MAX> target;
      const ssize_t size = ::readlinkat(fd(), name.c_str(), target.data(), target.size());
      if (size < 0) throw system_error("reading link", folder_ + "/" + name);
      seen.link.assign(target.data(), static_cast<size_t>(size));
    }
    return seen;
  }

 private:
  int fd() const { return ::dirfd(dir_.get()); }

  const std::string folder_;
  std::unique_ptr<DIR, int (*)(DIR*)> dir_;
  std::vector<std::string> names_;
};

class Selector {
 public:
  Selector(const fs::path& root, const SelectionRules& rules)
      : root_(root.native()),
        rules_(rules),
        filtered_(!rules.filter.empty()),
        excluded_by_flag_(dockerfile::IgnoreFile::of(rules.filter.excluded)) {
    for (const fs::path& folder : rules.excluded)
      if (folder != root && lies_within(folder, root))
        excluded_.insert(folder.lexically_relative(root).string());
  }

  Selection select(const std::vector<std::string>& sources) {
    Selection selection;
    for (size_t i = 0; i < sources.size(); ++i) {
      if (rules_.filter.parents) {
        select_with_parents(selection, pivoted_source(sources[i]), i);
        continue;
      }
      if (!has_wildcard(sources[i])) {
        SelectedSource source = select_named(sources[i], i);
        if (!source.entries.empty()) add(selection, std::move(source));  // else --exclude names it
        continue;
      }
      for (const std::string& match : expand_wildcards(sources[i]))
        if (SelectedSource source = select_match(match); !source.entries.empty())
          add(selection, std::move(source));
    }
    return selection;
  }

 private:
  bool left_out(const std::string& path) const {
    return (!excluded_.empty() && excluded_.contains(path)) ||
           (rules_.ignore != nullptr && rules_.ignore->prunes(path));
  }
  bool ignored(const std::string& path) const {
    return rules_.ignore != nullptr && !path.empty() && rules_.ignore->ignores(path);
  }
  std::string full(const std::string& path) const {
    return path.empty() ? root_ : below(root_, path);
  }
  void note_read(const std::string& path) {
    if (rules_.read != nullptr) rules_.read->push_back(full(path));
  }
  /// What is not known by a look is read when the whole source is known: on several cores.
  void add(Selection& selection, SelectedSource source) {
    unread_.read(source, rules_.content);
    selection.sources.push_back(std::move(source));
  }

  LookAt look() {
    return [this](const std::string& path) -> std::optional<Seen> {
      if (left_out(path)) return std::nullopt;
      return look_at(full(path));
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
      if (rules_.ignore != nullptr && rules_.ignore->ignores(path) && look_at(full(source)))
        throw SourceNotFound(index, source, "\"" + source + "\" is left out by .dockerignore",
                             "add the line \"!" + source + "\" to .dockerignore");
    }
    throw SourceNotFound(index, source, "there is no \"" + source + "\" in the source",
                         "paths are relative to the context folder (or the root of --from)");
  }

  /// Whether --parents and --exclude leave `path`, below a source, in.
  bool taken(const std::string& path) const {
    if (!filtered_) return true;
    if (pattern_ != nullptr && !pattern_->ignores(path)) return false;
    return !excluded_by_flag_.ignores(path);
  }
  /// Whether they leave nothing below a folder.
  bool closed(const std::string& folder) const {
    if (!filtered_) return false;
    if (excluded_by_flag_.prunes(folder)) return true;
    return pattern_ != nullptr && !pattern_->ignores(folder) && !pattern_->may_match_below(folder);
  }

  SelectedSource select_named(const std::string& source, size_t index) {
    const Resolved found = resolve_path(look(), source);
    const bool folder = !found.seen || S_ISDIR(found.seen->status.st_mode);
    if (!found.missing.empty() || (!folder && ignored(found.path))) not_found(source, index);
    SelectedSource selected = take(last_part(source), found);
    if (selected.entries.empty() && (folder || taken(last_part(source)))) not_found(source, index);
    return selected;
  }

  /// The folder of the source with what matches its pattern, under the same paths.
  void select_with_parents(Selection& selection, const PivotedSource& source, size_t index) {
    const bool literal = !has_wildcard(source.folder) && !has_wildcard(source.pattern);
    if (literal) {
      const std::string path = below(source.folder, source.pattern);
      const Resolved found = resolve_path(look(), path);
      if (!found.missing.empty() || ignored(found.path)) not_found(path, index);
    }
    std::vector<std::string> folders = {source.folder};
    if (has_wildcard(source.folder)) folders = expand_wildcards(source.folder);
    const dockerfile::IgnoreFile pattern = dockerfile::IgnoreFile::of({source.pattern});
    pattern_ = source.pattern.empty() ? nullptr : &pattern;
    for (const std::string& folder : folders) {
      const Resolved found = resolve_path(look(), folder);
      if (!found.missing.empty() && literal) not_found(folder, index);
      if (!found.missing.empty() || (found.seen && !S_ISDIR(found.seen->status.st_mode))) continue;
      SelectedSource selected = take("", found);
      if (selected.entries.size() > 1) add(selection, std::move(selected));
    }
    pattern_ = nullptr;
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
    source.root = found.path;
    if (!found.seen || S_ISDIR(found.seen->status.st_mode)) {
      struct stat status {};
      if (::stat(full(found.path).c_str(), &status) != 0)
        throw system_error("looking at", full(found.path));
      add_entry(source, found.path, "", {status, ""});
      walk(found.path, "", children_of(found.path), source);
      // A folder that is itself ignored counts only for what an exception brings back.
      if (source.entries.size() == 1 && ignored(found.path)) source.entries.clear();
    } else if (taken(name) && wanted(found.path, found.seen->status)) {
      add_entry(source, found.path, "", *found.seen);
    }
    return source;
  }

  struct Child {
    std::string name;
    Seen seen;
    bool is_folder() const { return S_ISDIR(seen.status.st_mode); }
  };
  using Children = std::vector<Child>;

  /// One look at each, and the folder is closed before anything below it is opened.
  Children children_of(const std::string& folder) const {
    Children children;
    const Listing listing(full(folder));
    children.reserve(listing.names().size());
    for (const std::string& name : listing.names()) {
      if (left_out(below(folder, name))) continue;
      // One that went away: its folder's new mtime says so to the build graph.
      if (auto seen = listing.look(name)) children.push_back({name, std::move(*seen)});
    }
    return children;
  }

  /// What is in the folders of a folder, asked for one after the other. Where there are many, the
  /// kernel is asked for a number of them at once, on several cores.
  class ReadAhead {
   public:
    ReadAhead(const Selector& selector, const std::string& folder, const Children& children)
        : selector_(selector) {
      for (const Child& child : children)
        if (child.is_folder()) folders_.push_back(below(folder, child.name));
      width_ = folders_.size() < k_worth_threads ? 1 : k_at_once;
    }

    Children next() {
      if (next_ % width_ == 0) {
        read_.assign(std::min(width_, folders_.size() - next_), {});
        for_each_in_parallel(
            read_.size(), [&](size_t i) { read_[i] = selector_.children_of(folders_[next_ + i]); });
      }
      return std::move(read_[next_++ % width_]);
    }

   private:
    static constexpr size_t k_worth_threads = 32;
    static constexpr size_t k_at_once = 256;
    const Selector& selector_;
    std::vector<std::string> folders_;
    std::vector<Children> read_;
    size_t width_ = 1;
    size_t next_ = 0;
  };

  void walk(const std::string& folder, const std::string& path, Children children,
            SelectedSource& source) {
    note_read(folder);
    if (filtered_)
      std::erase_if(children, [&](const Child& child) {
        return child.is_folder() && closed(below(path, child.name));
      });
    ReadAhead folders(*this, folder, children);
    for (const Child& child : children) {
      const std::string place = below(folder, child.name);
      const std::string inner = below(path, child.name);
      if (child.is_folder()) {
        const size_t before = source.entries.size();
        add_entry(source, place, inner, child.seen);
        walk(place, inner, folders.next(), source);
        if (source.entries.size() == before + 1 && (ignored(place) || !taken(inner)))
          source.entries.pop_back();
      } else if (!ignored(place) && taken(inner) && wanted(place, child.seen.status)) {
        add_entry(source, place, inner, child.seen);
      }
    }
  }

  /// Sockets are nobody's content; device nodes of an image are dropped as at unpacking.
  bool wanted(const std::string& path, const struct stat& status) const {
    if (S_ISREG(status.st_mode) || S_ISLNK(status.st_mode)) return true;
    if (S_ISSOCK(status.st_mode)) return false;
    if (rules_.metadata == SelectionRules::Metadata::kept) return S_ISFIFO(status.st_mode);
    throw usage_error("copying", full(path), "it is a device or a FIFO",
                      "leave it out by a line in .dockerignore");
  }

  /// `place` is where it is, below the root; `path` what it is called, below the source.
  void add_entry(SelectedSource& source, const std::string& place, const std::string& path,
                 const Seen& seen) {
    SelectedEntry& entry = source.entries.emplace_back();
    entry.path = path;
    entry.link = seen.link;
    entry.type = type_of(seen.status);
    std::string file = full(place);
    describe(entry, file, seen.status);
    if (entry.type == SelectedEntry::Type::file) {
      refuse_large_holes(seen.status, "copying", file);
      entry.size = static_cast<uint64_t>(seen.status.st_size);
      if (rules_.known) entry.content = rules_.known(file, seen.status);
      if (rules_.content && !entry.content)
        unread_.add(source.entries.size() - 1, file, seen.status);
    }
    if (rules_.read != nullptr && entry.type != SelectedEntry::Type::folder)
      rules_.read->push_back(std::move(file));
  }

  static SelectedEntry::Type type_of(const struct stat& status) {
    if (S_ISDIR(status.st_mode)) return SelectedEntry::Type::folder;
    if (S_ISLNK(status.st_mode)) return SelectedEntry::Type::link;
    return S_ISFIFO(status.st_mode) ? SelectedEntry::Type::fifo : SelectedEntry::Type::file;
  }

  void describe(SelectedEntry& entry, const std::string& file, const struct stat& status) const {
    if (rules_.metadata == SelectionRules::Metadata::modes_kept) {
      entry.mode = status.st_mode & 07777;
      return;
    }
    if (rules_.metadata == SelectionRules::Metadata::normalised) {
      const bool plain = entry.type == SelectedEntry::Type::file && (status.st_mode & S_IXUSR) == 0;
      entry.mode = entry.type == SelectedEntry::Type::link ? 0777 : plain ? 0644 : 0755;
      return;
    }
    entry.mode = status.st_mode & 07777;
    entry.uid = status.st_uid;
    entry.gid = status.st_gid;
    entry.seconds = status.st_mtim.tv_sec;
    if (status.st_nlink > 1 && entry.type == SelectedEntry::Type::file)
      entry.inode = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    entry.xattrs = read_xattrs(file);
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
        const Listing listing(full(found.path));
        for (const std::string& name : listing.names())
          if (dockerfile::match_part(part, name) && !left_out(below(found.path, name)))
            next.push_back(below(path, name));
      }
      paths = std::move(next);
    }
    return paths;
  }

  const std::string root_;
  const SelectionRules& rules_;
  const bool filtered_;
  const dockerfile::IgnoreFile excluded_by_flag_;
  const dockerfile::IgnoreFile* pattern_ = nullptr;  ///< of the source with --parents at hand
  std::set<std::string> excluded_;
  UnreadFiles unread_;
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

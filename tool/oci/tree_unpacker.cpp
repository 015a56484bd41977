#include "oci/tree_unpacker.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "base/holes.hpp"
#include "oci/entry_metadata.hpp"
#include "oci/image_config.hpp"
#include "oci/overlay_format.hpp"

namespace trainyard::oci {

namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string path;
  for (const std::string& part : parts) path += (path.empty() ? "" : "/") + part;
  return path.empty() ? "./" : path;
}

Error refused(const std::string& entry, std::string cause) {
  return usage_error("unpacking the entry", "\"" + entry.substr(0, 300) + "\"", std::move(cause));
}

/// What an entry's name means to the layer format.
enum class Meaning { content, whiteout, opaque, none };

Meaning meaning_of(const std::vector<std::string>& parts) {
  if (parts.empty()) return Meaning::content;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    if (parts[i].starts_with(k_reserved_prefix)) return Meaning::none;
    if (parts[i].starts_with(k_whiteout_prefix))
      throw refused(joined(parts), "a folder's name starts with .wh., which means a removal");
  }
  const std::string& name = parts.back();
  if (name == k_opaque_name) return Meaning::opaque;
  if (name.starts_with(k_reserved_prefix)) return Meaning::none;
  if (!name.starts_with(k_whiteout_prefix)) return Meaning::content;
  const std::string hidden = name.substr(k_whiteout_prefix.size());
  if (hidden.empty() || hidden == "." || hidden == "..")
    throw refused(joined(parts), "it is the removal of nothing");
  return Meaning::whiteout;
}

bool is_whiteout_node(const ForeignEntry& entry) {
  return entry.kind == ForeignEntry::Kind::character_device && entry.device_major == 0 &&
         entry.device_minor == 0;
}

UniqueFd open_real_folder(int folder, const std::string& name, const std::string& subject) {
  UniqueFd fd(::openat(folder, name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!fd) throw system_error("opening", subject);
  return fd;
}

void write_at(int file, const ContentBlock& block, const std::string& subject) {
  const char* data = static_cast<const char*>(block.data);
  for (size_t done = 0; done < block.size;) {
    const ssize_t n =
        ::pwrite(file, data + done, block.size - done, static_cast<off_t>(block.offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("writing", subject);
    done += static_cast<size_t>(n);
  }
}

}  // namespace

TreeUnpacker::TreeUnpacker(TreeRoot root, const UnpackLimits& limits, WhiteoutNames names)
    : root_(std::move(root)), limits_(limits), names_(names) {
  ForeignEntry plain;
  plain.mode = 0755;
  set_metadata(root_.fd(), plain, root_.subject());
}

void TreeUnpacker::place(const ForeignEntry& entry, TarSource& source) {
  if (++entries_ > limits_.entries && limits_.entries != 0)
    throw refused(entry.name,
                  "the archive has more than " + std::to_string(limits_.entries) + " entries");
  parts_ = split_entry_name(entry.name, limits_.depth);
  const Meaning meaning = names_ == WhiteoutNames::plain ? Meaning::content : meaning_of(parts_);
  if (meaning == Meaning::none) return;
  if (parts_.empty()) return place_root(entry);

  const std::string name = parts_.back();
  const int folder = parent_of(Parts(parts_.begin(), parts_.end() - 1));
  if (meaning == Meaning::opaque)
    set_opaque(open_real_folder(folder, ".", joined(parts_)).get(), joined(parts_));
  else if (meaning == Meaning::whiteout)
    place_whiteout(folder, name.substr(k_whiteout_prefix.size()));
  else
    place_in(folder, name, entry, source);
}

void TreeUnpacker::place_in(int folder, const std::string& name, const ForeignEntry& entry,
                            TarSource& source) {
  switch (entry.kind) {
    case ForeignEntry::Kind::directory:
      return place_folder(folder, name, entry);
    case ForeignEntry::Kind::file:
      return place_file(folder, name, entry, source);
    case ForeignEntry::Kind::hard_link:
      return place_hard_link(folder, name, entry);
    case ForeignEntry::Kind::symbolic_link:
      return place_symbolic_link(folder, name, entry);
    case ForeignEntry::Kind::fifo:
      return place_fifo(folder, name, entry);
    case ForeignEntry::Kind::character_device:
      if (is_whiteout_node(entry) && names_ == WhiteoutNames::removals)
        place_whiteout(folder, name);
      return;
    case ForeignEntry::Kind::other_device:
      return;
  }
}

void TreeUnpacker::finish() {
  for (const FolderTime& time : times_) {
    const UniqueFd folder = root_.open_folder(time.parts);
    struct stat status;
    // A folder that a later entry replaced has no time to set.
    if (!folder || ::fstat(folder.get(), &status) != 0 || status.st_ino != time.inode) continue;
    const timespec times[2] = {{0, UTIME_OMIT}, time.mtime};
    const UniqueFd real = open_real_folder(folder.get(), ".", joined(time.parts));
    if (::futimens(real.get(), times) != 0)
      throw system_error("setting the time of", joined(time.parts));
  }
  times_.clear();
}

void TreeUnpacker::place_root(const ForeignEntry& entry) {
  if (entry.kind != ForeignEntry::Kind::directory)
    throw refused(entry.name, "the root of a layer can only be a folder");
  set_folder_metadata(root_.fd(), {}, entry);
}

void TreeUnpacker::set_folder_metadata(int fd, const Parts& parts, const ForeignEntry& entry) {
  set_metadata(fd, entry, joined(parts));
  struct stat status;
  if (::fstat(fd, &status) != 0) throw system_error("looking at", joined(parts));
  times_.push_back({parts, status.st_ino, mtime_of(entry).values[1]});
}

void TreeUnpacker::place_folder(int folder, const std::string& name, const ForeignEntry& entry) {
  const auto before = status_in(folder, name);
  if (!before || !S_ISDIR(before->st_mode)) make_folder(folder, name);
  const UniqueFd fd = open_real_folder(folder, name, joined(parts_));
  set_folder_metadata(fd.get(), parts_, entry);
}

/// In the place of a whiteout the new folder hides what the whiteout hid.
void TreeUnpacker::make_folder(int folder, const std::string& name) {
  const auto before = status_in(folder, name);
  if (before) clear_place(folder, name);
  if (::mkdirat(folder, name.c_str(), 0755) != 0)
    throw system_error("making the folder", joined(parts_));
  if (before && is_whiteout(*before))
    set_opaque(open_real_folder(folder, name, joined(parts_)).get(), joined(parts_));
}

void TreeUnpacker::place_file(int folder, const std::string& name, const ForeignEntry& entry,
                              TarSource& source) {
  clear_place(folder, name);
  const std::string subject = joined(parts_);
  const UniqueFd file(
      ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) throw system_error("making the file", subject);
  copy_content(file.get(), entry, source);
  set_metadata(file.get(), entry, subject);
  if (::futimens(file.get(), mtime_of(entry).values) != 0)
    throw system_error("setting the time of", subject);
}

void TreeUnpacker::copy_content(int file, const ForeignEntry& entry, TarSource& source) {
  uint64_t end = 0;
  while (const auto block = source.content()) {
    if (block->size == 0) continue;
    if (block->offset > end) add_hole(block->offset - end, source);
    write_at(file, *block, joined(parts_));
    end = std::max(end, block->offset + block->size);
  }
  if (end >= entry.size) return;
  add_hole(entry.size - end, source);
  if (::ftruncate(file, static_cast<off_t>(entry.size)) != 0)
    throw system_error("setting the size of", joined(parts_));
}

void TreeUnpacker::add_hole(uint64_t bytes, const TarSource& source) {
  const uint64_t most = limits_.bytes == 0              ? k_most_hole_bytes
                        : limits_.bytes > source.size() ? limits_.bytes - source.size()
                                                        : 0;
  if (bytes > most || holes_ > most - bytes)
    throw refused(joined(parts_), "the holes of its sparse files are larger than the limit");
  holes_ += bytes;
}

void TreeUnpacker::place_hard_link(int folder, const std::string& name, const ForeignEntry& entry) {
  Parts target = split_entry_name(entry.link_target, limits_.depth);
  const auto refuse = [&](const char* cause) {
    return refused(joined(parts_), "the target of its hard link, \"" +
                                       entry.link_target.substr(0, 300) + "\", " + cause);
  };
  if (target.empty()) throw refuse("is the layer itself");
  const std::string target_name = target.back();
  target.pop_back();
  const UniqueFd target_folder = root_.open_folder(target);
  const auto found = target_folder ? status_in(target_folder.get(), target_name) : std::nullopt;
  if (!found || is_whiteout(*found)) throw refuse("is not in the layer before it");
  if (S_ISDIR(found->st_mode)) throw refuse("is a folder");
  const auto before = status_in(folder, name);
  if (before && before->st_ino == found->st_ino) return;
  clear_place(folder, name);
  if (::linkat(target_folder.get(), target_name.c_str(), folder, name.c_str(), 0) != 0)
    throw system_error("making the hard link", joined(parts_));
}

void TreeUnpacker::place_symbolic_link(int folder, const std::string& name,
                                       const ForeignEntry& entry) {
  if (entry.link_target.empty()) throw refused(joined(parts_), "it is a link to nothing");
  clear_place(folder, name);
  if (::symlinkat(entry.link_target.c_str(), folder, name.c_str()) != 0)
    throw system_error("making the link", joined(parts_));
  set_owner_in(folder, name, entry, joined(parts_));
  if (::utimensat(folder, name.c_str(), mtime_of(entry).values, AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("setting the time of", joined(parts_));
}

void TreeUnpacker::place_fifo(int folder, const std::string& name, const ForeignEntry& entry) {
  clear_place(folder, name);
  if (::mknodat(folder, name.c_str(), S_IFIFO | 0600, 0) != 0)
    throw system_error("making the FIFO", joined(parts_));
  set_owner_in(folder, name, entry, joined(parts_));
  if (::fchmodat(folder, name.c_str(), entry.mode, 0) != 0)
    throw system_error("setting the mode of", joined(parts_));
  if (::utimensat(folder, name.c_str(), mtime_of(entry).values, AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("setting the time of", joined(parts_));
}

/// A whiteout means lower layers alone (image-spec layer.md): what this layer has stays, and a
/// folder of this layer then shows nothing from below.
void TreeUnpacker::place_whiteout(int folder, const std::string& name) {
  const auto before = status_in(folder, name);
  if (before && S_ISDIR(before->st_mode))
    set_opaque(open_real_folder(folder, name, joined(parts_)).get(), joined(parts_));
  if (before) return;
  if (::mknodat(folder, name.c_str(), S_IFCHR, makedev(0, 0)) != 0)
    throw system_error("making the whiteout", joined(parts_));
}

int TreeUnpacker::parent_of(const Parts& parts) {
  if (parent_parts_ && *parent_parts_ == parts) return parent_.get();
  parent_parts_.reset();
  parent_ = root_.open_folder(parts);
  if (!parent_) parent_ = make_parents(parts);
  parent_parts_ = parts;
  return parent_.get();
}

UniqueFd TreeUnpacker::make_parents(const Parts& parts) {
  Parts so_far;
  UniqueFd at = root_.open_folder({});
  for (const std::string& part : parts) {
    so_far.push_back(part);
    UniqueFd next = root_.open_folder(so_far);
    if (!next) {
      const auto before = status_in(at.get(), part);
      if (before && !is_whiteout(*before))
        throw refused(joined(parts_), "\"" + joined(so_far) + "\" above it is not a folder");
      make_folder(at.get(), part);
      ForeignEntry plain;
      plain.mode = 0755;
      plain.seconds = k_constant_seconds;
      next = open_real_folder(at.get(), part, joined(so_far));
      set_folder_metadata(next.get(), so_far, plain);
    }
    at = std::move(next);
  }
  return at;
}

/// Whatever has the name goes: the last entry of a name wins.
void TreeUnpacker::clear_place(int folder, const std::string& name) {
  const auto before = status_in(folder, name);
  if (!before) return;
  remove_in(folder, name, root_.subject());
  // The folder that is kept open may have been below.
  if (S_ISDIR(before->st_mode) || S_ISLNK(before->st_mode)) parent_parts_.reset();
}

std::optional<struct stat> TreeUnpacker::status_in(int folder, const std::string& name) const {
  struct stat status;
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) return status;
  if (errno != ENOENT) throw system_error("looking at", joined(parts_));
  return std::nullopt;
}

}  // namespace trainyard::oci

#include "build/layer_builder.hpp"

#include <fcntl.h>

#include <array>
#include <vector>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "build/file_metadata.hpp"
#include "build/source_file.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

namespace {

void set_times(const fs::path& path, timespec time) {
  const std::array<timespec, 2> times = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("setting the time of", path.string());
}

}  // namespace

LayerBuilder::LayerBuilder(fs::path tree, fs::path view, const fs::path& root, OwnerMap owners)
    : tree_(std::move(tree)), view_(std::move(view)), owners_(owners) {
  make_directories(tree_, 0755);
  struct stat status {};
  if (!view_.empty()) {
    if (::stat(root.c_str(), &status) != 0) throw system_error("looking at", root.string());
    set_metadata("",
                 {status.st_mode & 07777, {status.st_uid, status.st_gid}, 0, read_xattrs(root)});
    folder_times_[""] = status.st_mtim;
    return;
  }
  set_metadata("", NodeMetadata{});
  folder_times_[""] = {oci::k_constant_seconds, 0};
}

std::optional<Seen> LayerBuilder::look(const std::string& path) const {
  if (auto seen = look_at(tree_ / path)) return seen;
  // In a folder that is new nothing of the view is to be seen, whatever stands at its place there.
  return view_.empty() || is_new_folder_of(path) ? std::nullopt : look_at(view_ / path);
}

Resolved LayerBuilder::resolve(std::string_view path) const {
  return resolve_path([this](const std::string& part) { return look(part); }, path);
}

void LayerBuilder::change_owner(const std::string& path, Owner owner) const {
  // With a single id everything belongs to it, as it does after a RUN step.
  if (owners_ == OwnerMap::single) return;
  if (::lchown((tree_ / path).c_str(), owner.uid, owner.gid) != 0)
    throw system_error("setting the owner of", "/" + path);
}

void LayerBuilder::set_metadata(const std::string& path, const NodeMetadata& metadata) const {
  const fs::path place = path.empty() ? tree_ : tree_ / path;
  change_owner(path, metadata.owner);
  struct stat status {};
  if (::lstat(place.c_str(), &status) != 0) throw system_error("looking at", place.string());
  // After chown, which takes set-user-id bits away.
  if (!S_ISLNK(status.st_mode) && ::chmod(place.c_str(), metadata.mode) != 0)
    throw system_error("setting the mode of", "/" + path);
  write_xattrs(place, metadata.xattrs);
}

void LayerBuilder::repeat_existing(const std::string& path, const struct stat& status) {
  if (::mkdir((tree_ / path).c_str(), 0700) != 0) throw system_error("making folder", "/" + path);
  set_metadata(
      path, {status.st_mode & 07777, {status.st_uid, status.st_gid}, 0, read_xattrs(view_ / path)});
  folder_times_[path] = status.st_mtim;
}

void LayerBuilder::new_folder(const std::string& path, const NodeMetadata& metadata) {
  if (::mkdir((tree_ / path).c_str(), 0700) != 0) throw system_error("making folder", "/" + path);
  set_metadata(path, metadata);
  folder_times_[path] = {metadata.seconds, 0};
  new_folders_.insert(path);
}

void LayerBuilder::make_parents(const std::string& path, Owner owner) {
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    add_folder(path.substr(0, slash), {0755, owner, oci::k_constant_seconds, {}}, Existing::keep);
}

void LayerBuilder::add_folder(const std::string& path, const NodeMetadata& metadata,
                              Existing existing) {
  if (path.empty()) return;  // the root has the metadata of the root below it
  auto seen = look(path);
  const bool in_tree = look_at(tree_ / path).has_value();
  if (replacing_ && !in_tree && seen && !S_ISDIR(seen->status.st_mode)) seen.reset();
  if (seen && !S_ISDIR(seen->status.st_mode))
    throw usage_error("copying a folder to", "/" + path, "a file or link stands there in the image",
                      "remove it in a RUN step before, or copy to another place");
  if (!seen) {
    new_folder(path, metadata);
    return;
  }
  if (!in_tree) repeat_existing(path, seen->status);
  if (existing == Existing::keep) return;
  set_metadata(path, metadata);
  folder_times_[path] = {metadata.seconds, 0};
}

void LayerBuilder::clear_for_file(const std::string& path) const {
  const auto seen = replacing_ ? look_at(tree_ / path) : look(path);
  if (seen && S_ISDIR(seen->status.st_mode))
    throw usage_error("copying a file to", "/" + path, "a folder stands there in the image",
                      "end the destination with \"/\" to copy into it");
  if (::unlink((tree_ / path).c_str()) != 0 && errno != ENOENT)
    throw system_error("replacing", "/" + path);
}

bool LayerBuilder::is_new_folder_of(const std::string& path) const {
  const size_t slash = path.rfind('/');
  return slash != std::string::npos && new_folders_.contains(path.substr(0, slash));
}

void LayerBuilder::add_files(const std::vector<NewFile>& files) {
  for (const NewFile& file : files)
    if (!is_new_folder_of(file.path)) clear_for_file(file.path);
  for_each_in_parallel(files.size(), [&](size_t i) { add_file(files[i]); });
}

void LayerBuilder::add_file(const NewFile& file) const {
  if (!file.twin.empty() && link_twin(file)) return;
  const UniqueFd in = open_source_file(file.source);
  const UniqueFd out = create(file.path);
  copy_data(in.get(), out.get(), file.source, "/" + file.path, file.expected);
  finish_file(out.get(), file.path, file.metadata);
}

/// In a folder that is new in this layer only an earlier source of the same COPY can stand there.
UniqueFd LayerBuilder::create(const std::string& path) const {
  const fs::path place = tree_ / path;
  constexpr int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  UniqueFd out(::open(place.c_str(), flags, 0600));
  if (!out && errno == EEXIST) {
    clear_for_file(path);
    out.reset(::open(place.c_str(), flags, 0600));
  }
  if (!out) throw system_error("writing", "/" + path);
  return out;
}

void LayerBuilder::finish_file(int fd, const std::string& path,
                               const NodeMetadata& metadata) const {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw system_error("looking at", "/" + path);
  // With a single id everything belongs to it, as it does after a RUN step.
  const bool other = status.st_uid != metadata.owner.uid || status.st_gid != metadata.owner.gid;
  if (owners_ == OwnerMap::full && other &&
      ::fchown(fd, metadata.owner.uid, metadata.owner.gid) != 0)
    throw system_error("setting the owner of", "/" + path);
  // After chown, which takes set-user-id bits away.
  if (::fchmod(fd, metadata.mode) != 0) throw system_error("setting the mode of", "/" + path);
  if (!metadata.xattrs.empty()) write_xattrs(tree_ / path, metadata.xattrs);
  const std::array<timespec, 2> times = {timespec{metadata.seconds, 0},
                                         timespec{metadata.seconds, 0}};
  if (::futimens(fd, times.data()) != 0) throw system_error("setting the time of", "/" + path);
}

/// Looked at once more, since another program may have been at the store. Whatever forbids the link
/// (too many of them, a tree that is being removed) means a copy.
bool LayerBuilder::link_twin(const NewFile& file) const {
  const NodeMetadata& wanted = file.metadata;
  struct stat status {};
  if (::lstat(file.twin.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  if (static_cast<uint64_t>(status.st_size) != file.expected.size ||
      (status.st_mode & 07777) != wanted.mode || status.st_mtim.tv_sec != wanted.seconds ||
      status.st_mtim.tv_nsec != 0)
    return false;
  if (owners_ == OwnerMap::full &&
      (status.st_uid != wanted.owner.uid || status.st_gid != wanted.owner.gid))
    return false;
  const fs::path place = tree_ / file.path;
  if (::link(file.twin.c_str(), place.c_str()) == 0) return true;
  if (errno != EEXIST) return false;
  clear_for_file(file.path);
  return ::link(file.twin.c_str(), place.c_str()) == 0;
}

void LayerBuilder::add_text(const std::string& path, const NodeMetadata& metadata,
                            std::string_view text) {
  clear_for_file(path);
  const fs::path place = tree_ / path;
  const UniqueFd out(::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) throw system_error("writing", "/" + path);
  write_all(out.get(), text, "/" + path);
  set_metadata(path, metadata);
  set_times(place, {metadata.seconds, 0});
}

void LayerBuilder::add_link(const std::string& path, const NodeMetadata& metadata,
                            const std::string& target) {
  clear_for_file(path);
  if (::symlink(target.c_str(), (tree_ / path).c_str()) != 0)
    throw system_error("making link", "/" + path);
  set_metadata(path, metadata);
  set_times(tree_ / path, {metadata.seconds, 0});
}

void LayerBuilder::add_fifo(const std::string& path, const NodeMetadata& metadata) {
  clear_for_file(path);
  if (::mkfifo((tree_ / path).c_str(), 0600) != 0) throw system_error("making FIFO", "/" + path);
  set_metadata(path, metadata);
  set_times(tree_ / path, {metadata.seconds, 0});
}

void LayerBuilder::add_hard_link(const std::string& path, const std::string& existing) {
  clear_for_file(path);
  if (::link((tree_ / existing).c_str(), (tree_ / path).c_str()) != 0)
    throw system_error("making hard link", "/" + path);
}

void LayerBuilder::finish() {
  for (const auto& [path, time] : folder_times_)
    set_times(path.empty() ? tree_ : tree_ / path, time);
}

}  // namespace trainyard::build

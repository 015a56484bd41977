#include "build/layer_builder.hpp"

#include <fcntl.h>

#include <array>
#include <vector>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "build/file_metadata.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

namespace {

constexpr size_t k_buffer = 256 * 1024;

void set_times(const fs::path& path, timespec time) {
  const std::array<timespec, 2> times = {time, time};
  if (::utimensat(AT_FDCWD, path.c_str(), times.data(), AT_SYMLINK_NOFOLLOW) != 0)
    throw system_error("setting the time of", path.string());
}

/// Copies all bytes and says what they were.
ExpectedData copy_bytes(int in, int out, const std::string& name, bool hashed) {
  std::vector<char> buffer(k_buffer);
  ExpectedData seen;
  Sha256 hash;
  while (true) {
    const ssize_t n = ::read(in, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("reading", name);
    if (n == 0) break;
    const std::string_view piece(buffer.data(), static_cast<size_t>(n));
    if (hashed) hash.update(piece);
    write_all(out, piece, "a file of the new layer");
    seen.size += piece.size();
  }
  if (hashed) seen.sha256 = hash.hex();
  return seen;
}

/// Moves the data inside the kernel (shared extents where the file system can); false: not possible
/// here.
bool clone_bytes(int in, int out, uint64_t size) {
  uint64_t done = 0;
  while (done < size) {
    const ssize_t n = ::copy_file_range(in, nullptr, out, nullptr, size - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && done == 0) return false;
    if (n < 0) throw system_error("copying", "a file into the new layer");
    if (n == 0) return done != 0;
    done += static_cast<uint64_t>(n);
  }
  return true;
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
  return view_.empty() ? std::nullopt : look_at(view_ / path);
}

Resolved LayerBuilder::resolve(std::string_view path) const {
  return resolve_path([this](const std::string& part) { return look(part); }, path);
}

void LayerBuilder::change_owner(const std::string& path, Owner owner) {
  // With a single id everything belongs to it, as it does after a RUN step.
  if (owners_ == OwnerMap::single) return;
  if (::lchown((tree_ / path).c_str(), owner.uid, owner.gid) != 0)
    throw system_error("setting the owner of", "/" + path);
}

void LayerBuilder::set_metadata(const std::string& path, const NodeMetadata& metadata) {
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
}

void LayerBuilder::make_parents(const std::string& path, Owner owner) {
  for (size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
    add_folder(path.substr(0, slash), {0755, owner, oci::k_constant_seconds, {}}, Existing::keep);
}

void LayerBuilder::add_folder(const std::string& path, const NodeMetadata& metadata,
                              Existing existing) {
  if (path.empty()) return;  // the root has the metadata of the root below it
  const auto seen = look(path);
  if (seen && !S_ISDIR(seen->status.st_mode))
    throw usage_error("copying a folder to", "/" + path, "a file or link stands there in the image",
                      "remove it in a RUN step before, or copy to another place");
  const bool in_tree = look_at(tree_ / path).has_value();
  if (!seen) {
    new_folder(path, metadata);
    return;
  }
  if (!in_tree) repeat_existing(path, seen->status);
  if (existing == Existing::keep) return;
  set_metadata(path, metadata);
  folder_times_[path] = {metadata.seconds, 0};
}

void LayerBuilder::clear_for_file(const std::string& path) {
  const auto seen = look(path);
  if (seen && S_ISDIR(seen->status.st_mode))
    throw usage_error("copying a file to", "/" + path, "a folder stands there in the image",
                      "end the destination with \"/\" to copy into it");
  if (::unlink((tree_ / path).c_str()) != 0 && errno != ENOENT)
    throw system_error("replacing", "/" + path);
}

void LayerBuilder::add_file(const std::string& path, const NodeMetadata& metadata,
                            const fs::path& source, const ExpectedData& expected) {
  clear_for_file(path);
  const fs::path place = tree_ / path;
  const UniqueFd in(::open(source.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!in) throw system_error("opening", source.string());
  const UniqueFd out(::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) throw system_error("writing", "/" + path);
  const bool checked = !expected.sha256.empty();
  if (checked || !clone_bytes(in.get(), out.get(), expected.size)) {
    const ExpectedData seen = copy_bytes(in.get(), out.get(), source.string(), checked);
    if (checked && (seen.size != expected.size || seen.sha256 != expected.sha256))
      throw Error("copying", source.string(), "it changed while the image was being built",
                  "build again when nothing writes to it any more", ExitCode::failed);
  }
  set_metadata(path, metadata);
  set_times(place, {metadata.seconds, 0});
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

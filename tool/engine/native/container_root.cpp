#include "engine/native/container_root.hpp"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/error.hpp"
#include "engine/native/file_mounts.hpp"
#include "engine/native/library_folder.hpp"
#include "engine/native/overlay_mount.hpp"
#include "engine/native/root_path.hpp"

namespace trainyard::engine::native {

namespace {

void make_folder_at(const fs::path& path) {
  if (::mkdir(path.c_str(), 0755) != 0) throw system_error("making", path.string());
}

UniqueFd open_folder(const fs::path& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) throw system_error("opening", path.string());
  return fd;
}

bool is_folder(const Mount& mount) {
  if (mount.kind == Mount::Kind::tmpfs) return true;
  struct stat info {};
  if (::stat(mount.source.c_str(), &info) != 0)
    throw system_error("mounting", mount.source.string()).with_hint("what is mounted must exist");
  return S_ISDIR(info.st_mode);
}

}  // namespace

void refuse_system_path(const std::string& what, const std::string& path) {
  if (!path.starts_with('/'))
    throw usage_error("using as " + what, path, "it must be an absolute path of the container");
  const fs::path normal = absolute_normal(path);
  for (const char* folder : {"/proc", "/sys", "/dev"})
    if (lies_within(normal, folder))
      throw usage_error("using as " + what, path,
                        std::string("folders below ") + folder + " belong to the kernel",
                        "choose a path outside of /proc, /sys and /dev");
}

ContainerRoot::ContainerRoot(const ContainerSpec& spec, const fs::path& scratch,
                             std::vector<Mount> mounts, IdMap::Kind map)
    : spec_(spec), folder_(spec.work / ("container-" + random_name(8))), path_(scratch / "root") {
  for (const char* name : {"image", "image-links", "root", "root-links"})
    make_folder_at(scratch / name);
  OverlayMount root{spec.layers, spec.upper, part("work"), scratch / "root-links"};
  if (!root.upper) root.upper = part("upper");
  make_folder_at(*root.upper);
  make_folder_at(root.work);

  // It stays mounted until this process ends: to unmount it would only take time.
  OverlayMount image{spec.layers, std::nullopt, {}, scratch / "image-links"};
  mount_overlay(image, scratch / "image");
  const UniqueFd image_root = open_folder(scratch / "image");
  layer_mounts_.emplace(scratch, folder_);
  private_files_.emplace(scratch, map);
  FileMounts file_mounts(scratch);
  for (Mount& mount : mounts) {
    layer_mounts_->prepare(mount);
    file_mounts.prepare(mount);
    private_files_->prepare(mount);
  }
  place_mounts(image_root.get(), std::move(mounts));
  std::vector<StubTarget> targets;
  for (const PlacedMount& placed : mounts_)
    // In its own /dev, which it has mounted by then, the runtime makes the place itself.
    if (!lies_within(placed.target, "/dev"))
      targets.push_back(
          {resolve_in_root(image_root.get(), placed.target),
           is_folder(placed.mount) ? StubTarget::Kind::folder : StubTarget::Kind::file});
  if (const StubLayer stub(image_root.get(), targets); !stub.empty())
    root.layers.push_back(place_stub(stub));
  // The merged root folder shows the upper's own owner, mode and times.
  copy_metadata(image_root.get(), open_folder(*root.upper).get(), root.upper->string());

  mount_overlay(root, path_);
  mounted_ = true;
  fd_ = open_folder(path_);
}

ContainerRoot::~ContainerRoot() {
  try {
    unmount();
  } catch (const std::exception&) {
    // The end of this process unmounts it.
  }
  std::error_code ignored;  // the store's sweep removes what is left of the work folder
  for (const char* name : {"upper", "work", "stub"}) fs::remove_all(part(name), ignored);
}

/// Steps that follow each other in a build mostly need the same one.
fs::path ContainerRoot::place_stub(const StubLayer& stub) {
  const std::string name = stub.shared_name();
  const fs::path shared = spec_.work / name;
  std::error_code ignored;
  if (!name.empty() && fs::exists(shared, ignored)) return shared;
  stub.make(part("stub"));
  if (name.empty()) return part("stub");
  // Another container may have been faster; then there is one under that name.
  if (::rename(part("stub").c_str(), shared.c_str()) != 0 && errno != EEXIST && errno != ENOTEMPTY)
    throw system_error("naming", shared.string());
  return shared;
}

fs::path ContainerRoot::part(const char* name) const {
  return folder_.string() + "." + name;
}

void ContainerRoot::place_mounts(int image_root, std::vector<Mount> mounts) {
  const auto place = [this](Mount mount, const std::string& target) {
    // What a device asks for replaces what is there; others lie on top of each other.
    if (mount.of_device)
      std::erase_if(mounts_, [&](const PlacedMount& other) { return other.target == target; });
    mounts_.push_back({std::move(mount), target});
  };
  for (Mount& mount : mounts) {
    if (mount.of_device && mount.target.find('/') == std::string::npos)
      mount.target = library_folder(image_root) + "/" + mount.target;
    const fs::path target = absolute_normal(mount.target);
    if (mount.target.starts_with('/') && target != "/dev" &&
        lies_within(target, mount.of_device ? "/dev" : k_dev_mounts)) {
      place(std::move(mount), target.string());
      continue;
    }
    refuse_system_path("a mount target", mount.target);
    const std::string resolved = resolve_in_root(image_root, mount.target).path;
    refuse_system_path("a mount target (the image leads " + mount.target + " there)", resolved);
    if (resolved == "/") throw usage_error("mounting at", "/", "the root cannot be a mount target");
    place(std::move(mount), resolved);
  }
  // A mount below another must come after it.
  const auto depth = [](const PlacedMount& placed) {
    return std::count(placed.target.begin(), placed.target.end(), '/');
  };
  std::stable_sort(mounts_.begin(), mounts_.end(),
                   [&](const PlacedMount& a, const PlacedMount& b) { return depth(a) < depth(b); });
}

const PlacedMount* ContainerRoot::mount_of(const std::string& path) const {
  const PlacedMount* found = nullptr;
  for (const PlacedMount& placed : mounts_)
    if (lies_within(path, placed.target)) found = &placed;
  return found;
}

std::string ContainerRoot::make_folder(const std::string& path) {
  refuse_system_path("a working directory", path);
  const ResolvedPath resolved = resolve_in_root(fd(), path);
  refuse_system_path("a working directory (the image leads it there)", resolved.path);
  if (resolved.exists && !resolved.is_directory)
    throw usage_error("using as a working directory", path, "it is a file in the image");
  if (resolved.exists || mount_of(resolved.path) != nullptr) return resolved.path;
  for (size_t end = 1; end < resolved.path.size();) {
    end = std::min(resolved.path.find('/', end), resolved.path.size());
    const std::string part = resolved.path.substr(0, end);
    const size_t slash = part.rfind('/');
    const UniqueFd parent =
        open_in_root(fd(), slash == 0 ? "/" : part.substr(0, slash), O_PATH | O_DIRECTORY);
    if (!parent ||
        (::mkdirat(parent.get(), part.c_str() + slash + 1, 0755) != 0 && errno != EEXIST))
      throw system_error("making the working directory", path);
    ++end;
  }
  return resolved.path;
}

UniqueFd ContainerRoot::find(const std::string& path) const {
  std::string resolved;
  try {
    resolved = resolve_in_root(fd(), path).path;
  } catch (const Error&) {
    return {};
  }
  const PlacedMount* placed = mount_of(resolved);
  if (placed == nullptr) return open_in_root(fd(), resolved, O_PATH);
  if (placed->mount.kind == Mount::Kind::tmpfs) return {};
  const std::string below = placed->mount.source.string() + resolved.substr(placed->target.size());
  return UniqueFd(::open(below.c_str(), O_PATH | O_CLOEXEC));
}

void ContainerRoot::unmount() {
  fd_.reset();
  if (mounted_ && ::umount2(path_.c_str(), 0) != 0 && ::umount2(path_.c_str(), MNT_DETACH) != 0)
    throw system_error("unmounting", path_.string());
  mounted_ = false;
}

}  // namespace trainyard::engine::native

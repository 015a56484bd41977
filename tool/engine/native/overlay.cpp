#include "engine/native/overlay.hpp"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <set>

#include "base/error.hpp"
#include "engine/native/overlay_mount.hpp"

namespace trainyard::engine::native {

namespace {

constexpr size_t k_max_layers = 500;         // the kernel's own limit (OVL_MAX_STACK)
constexpr size_t k_mount_data_limit = 4095;  // mount(2) cuts longer data without a word

/// Where relative names in mount data start; gives the old folder back.
class WorkingFolder {
 public:
  explicit WorkingFolder(const fs::path& folder)
      : before_(::open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) {
    if (::chdir(folder.c_str()) != 0) throw system_error("entering", folder.string());
  }
  ~WorkingFolder() {
    if (!before_ || ::fchdir(before_.get()) != 0) {
      const int ignored = ::chdir("/");
      (void)ignored;
    }
  }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

 private:
  UniqueFd before_;
};

void make_link(const fs::path& to, const std::string& name) {
  if (::symlink(to.c_str(), name.c_str()) != 0) throw system_error("linking", to.string());
}

/// Overlayfs merges the roots of all layers, whatever mark they have; an image layer may hide all
/// that is below it (image-spec layer.md, "Opaque Whiteout").
std::vector<fs::path> visible_layers(const std::vector<fs::path>& layers) {
  auto first = layers.end();
  while (first != layers.begin()) {
    char value = 0;
    if (::getxattr((--first)->c_str(), "user.overlay.opaque", &value, 1) == 1 && value == 'y')
      break;
  }
  return {first, layers.end()};
}

void check_layers(const std::vector<fs::path>& layers) {
  if (layers.size() > k_max_layers - 2)
    throw Error("mounting", std::to_string(layers.size()) + " layers",
                "the kernel's overlayfs takes 500 at most",
                "join RUN and COPY instructions, or start from a flattened base image");
  for (const fs::path& layer : layers) {
    struct stat info {};
    if (::stat(layer.c_str(), &info) != 0) throw system_error("mounting layer", layer.string());
    if (!S_ISDIR(info.st_mode)) throw system_error("mounting layer", layer.string(), ENOTDIR);
  }
}

/// Highest first, each once: overlayfs refuses a tree that stands twice, as the layers of two equal
/// steps do. The lower one shows nothing that the higher one does not show as well.
std::vector<fs::path> stack_of(const std::vector<fs::path>& layers) {
  std::vector<fs::path> stack;
  std::set<fs::path> seen;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    if (seen.insert(*layer).second) stack.push_back(*layer);
  return stack;
}

std::string hint_for_refused_overlay(int error_number) {
  switch (error_number) {
    case ENODEV:
      return "sudo modprobe overlay; the kernel needs CONFIG_OVERLAY_FS";
    case EPERM:
    case EACCES:
      return "an ordinary user may mount overlayfs since Linux 5.11: use a newer kernel, or "
             "run the tool as root";
    default:
      return "the store's file system cannot be the upper side of an overlay: put the store on a "
             "local ext4, xfs or btrfs: export TRAINYARD_STORE=/a/local/folder";
  }
}

}  // namespace

void enter_own_mount_namespace() {
  // Copying the machine's mounts, and letting go of them again, is most of what a small job costs.
  static const bool entered = ::unshare(CLONE_NEWNS) == 0;
  if (!entered) throw system_error("making", "a mount namespace");
}

void mount_private_tmpfs(const fs::path& target) {
  enter_own_mount_namespace();
  if (::mount("tmpfs", target.c_str(), "tmpfs", MS_NOSUID | MS_NODEV, "mode=0700") != 0)
    throw system_error("mounting a tmpfs at", target.string());
}

void mount_overlay(const OverlayMount& spec, const fs::path& target) {
  const std::vector<fs::path> stack = stack_of(visible_layers(spec.layers));
  check_layers(stack);
  const WorkingFolder here(spec.scratch);
  std::string lower;
  size_t count = 0;
  for (; count < stack.size(); ++count) {
    const std::string name = std::to_string(count);
    make_link(stack[count], name);
    lower += (count > 0 ? ":" : "") + name;
  }
  // Without an upper overlayfs wants two lowers; an empty one on top changes nothing that is seen.
  for (; count < (spec.upper ? 1U : 2U); ++count) {
    const std::string name = "e" + std::to_string(count);
    if (::mkdir(name.c_str(), 0755) != 0) throw system_error("making", name);
    lower += (count > 0 ? ":" : "") + name;
  }
  std::string data = "lowerdir=" + lower;
  if (spec.upper) {
    make_link(*spec.upper, "u");
    make_link(spec.work, "w");
    data += ",upperdir=u,workdir=w,volatile";
  }
  // An upper tree made with these is complete in itself: it can become a lower of any other mount.
  data += ",index=off,redirect_dir=nofollow,metacopy=off,userxattr";
  if (data.size() > k_mount_data_limit)
    throw Error("mounting", "an overlay", "its mount data is longer than a page");
  if (::mount("overlay", target.c_str(), "overlay", 0, data.c_str()) != 0) {
    const int number = errno;
    throw system_error("mounting an overlay at", target.string(), number)
        .with_hint(hint_for_refused_overlay(number));
  }
}

void mount_layers_read_only(const std::vector<fs::path>& layers, const fs::path& target) {
  mount_private_tmpfs(target);
  OverlayMount spec;
  spec.layers = layers;
  spec.scratch = target;
  mount_overlay(spec, target);
}

}  // namespace trainyard::engine::native

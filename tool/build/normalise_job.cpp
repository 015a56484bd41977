#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "base/error.hpp"
#include "build/file_metadata.hpp"
#include "build/image_path.hpp"
#include "build/layer_jobs.hpp"
#include "build/overlay_tree.hpp"
#include "build/repeated_files.hpp"
#include "oci/overlay_format.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::build {

namespace {

/// The layers below, mounted when something is looked up in them: a step that only made new files
/// in the root folder needs none of it.
class View {
 public:
  View(std::vector<std::string> parents, fs::path place)
      : parents_(std::move(parents)), place_(std::move(place)) {}

  /// Empty when there are none.
  const fs::path& root() {
    if (!mounted_ && !parents_.empty()) root_ = mount_view(parents_, place_);
    mounted_ = true;
    return root_;
  }
  /// Empty when nothing was looked up.
  const fs::path& mounted_root() const { return root_; }

 private:
  const std::vector<std::string> parents_;
  const fs::path place_;
  bool mounted_ = false;
  fs::path root_;
};

class Normaliser {
 public:
  Normaliser(fs::path upper, View view, std::optional<int64_t> clamp)
      : upper_(std::move(upper)), view_(std::move(view)), clamp_(clamp) {}

  void run() {
    const auto root = look_at(upper_);
    if (root) tidy_folder("", root->status, Below::shown);
  }

  /// What the layer holds that the layers below hold already.
  Json repeated() {
    const uint64_t changed = repeated_.changed();
    const uint64_t moved = repeated_.moved(view_.mounted_root());
    return {{"changed", changed}, {"moved", moved}};
  }

 private:
  /// What there is of a folder in the layers below: none, or a file or link in its place, so that
  /// nothing may be looked for behind it; one that it hides; one that shows through it.
  enum class Below { nothing, hidden, shown };

  std::optional<Seen> below(const std::string& path) {
    const fs::path& root = view_.root();
    return root.empty() ? std::nullopt : look_at(root / path);
  }

  /// Returns whether anything is left in it. Children first: taking one away changes the folder's
  /// time.
  bool tidy_folder(const std::string& path, const struct stat& status, Below own) {
    const fs::path folder = path.empty() ? upper_ : upper_ / path;
    bool left = false;
    for (const std::string& name : names_in(folder))
      if (tidy(path.empty() ? name : path + "/" + name, own)) left = true;
    set_mtime(folder, clamped(status.st_mtim));
    return left;
  }

  /// Returns whether it stays.
  bool tidy(const std::string& path, Below parent) {
    const auto own = look_at(upper_ / path);
    if (!own) return false;
    const struct stat& status = own->status;
    if (oci::is_whiteout(status)) {
      if (parent == Below::shown && below(path)) {
        repeated_.add_removed(path);
        return true;
      }
      if (::unlink((upper_ / path).c_str()) != 0) throw system_error("removing", "/" + path);
      return false;
    }
    if (!S_ISDIR(status.st_mode)) {
      if (S_ISREG(status.st_mode)) count(path, status, parent);
      if (clamp_ && status.st_mtim.tv_sec > *clamp_)
        set_mtime(upper_ / path, clamped(status.st_mtim));
      return true;
    }
    const auto lower = parent != Below::nothing ? below(path) : std::nullopt;
    const bool was_folder = lower && S_ISDIR(lower->status.st_mode);
    const bool opaque = is_opaque(upper_ / path);
    if (opaque && (!lower || parent != Below::shown)) clear_opaque(upper_ / path);
    const bool shown = parent == Below::shown && !opaque;
    const bool left = tidy_folder(path, status,
                                  !was_folder ? Below::nothing
                                  : shown     ? Below::shown
                                              : Below::hidden);
    if (!was_folder || !shown || !same_metadata(path, status, lower->status)) return true;
    if (!left) {
      if (::rmdir((upper_ / path).c_str()) != 0) throw system_error("removing", "/" + path);
      return false;
    }
    set_mtime(upper_ / path, lower->status.st_mtim);
    return true;
  }

  /// Trivial steps must not look below for it.
  void count(const std::string& path, const struct stat& status, Below parent) {
    if (!RepeatedFiles::counts(status)) return;
    const auto lower = parent != Below::nothing ? below(path) : std::nullopt;
    repeated_.add(path, status, lower ? &lower->status : nullptr);
  }

  bool same_metadata(const std::string& path, const struct stat& a, const struct stat& b) {
    return a.st_mode == b.st_mode && a.st_uid == b.st_uid && a.st_gid == b.st_gid &&
           read_xattrs(upper_ / path) == read_xattrs(view_.root() / path);
  }

  timespec clamped(timespec time) const {
    if (clamp_ && time.tv_sec > *clamp_) return {*clamp_, 0};
    return time;
  }

  const fs::path upper_;
  View view_;
  const std::optional<int64_t> clamp_;
  RepeatedFiles repeated_;
};

}  // namespace

Json normalise_job(const Json& request) {
  ObjectReader in(request, "what a step left");
  const fs::path upper = in.string("upper");
  std::optional<int64_t> clamp;
  if (in.has("clamp")) clamp = in.integer("clamp");
  Normaliser normaliser(upper, View(in.strings("parents"), in.string("work")), clamp);
  normaliser.run();
  const Json repeated = normaliser.repeated();
  store::move_tree(upper, in.string("tree"));
  return repeated;
}

}  // namespace trainyard::build

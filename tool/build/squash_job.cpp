#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <map>

#include "base/error.hpp"
#include "build/file_copy.hpp"
#include "build/file_metadata.hpp"
#include "build/image_path.hpp"
#include "build/layer_jobs.hpp"
#include "build/overlay_tree.hpp"
#include "oci/overlay_format.hpp"

namespace trainyard::build {

namespace {

/// Of several layer trees one that hides and shows the same. Trees never change, so files are
/// linked and not copied.
class Merger {
 public:
  Merger(std::vector<fs::path> trees, fs::path merged)
      : trees_(std::move(trees)), merged_(std::move(merged)) {}

  void run() { merge_folder("", {trees_.rbegin(), trees_.rend()}, false); }

 private:
  using Roots = std::vector<fs::path>;  ///< topmost first

  /// `path` is a folder in each of these trees, and nothing else of them shows there. `hides`:
  /// nothing below all of them shows through.
  void merge_folder(const std::string& path, const Roots& roots, bool hides) {
    const fs::path folder = in(merged_, path);
    if (::mkdir(folder.c_str(), 0700) != 0) throw system_error("making folder", "/" + path);
    std::map<std::string, Roots> names;
    for (const fs::path& root : roots)
      for (const std::string& name : names_in(in(root, path))) names[name].push_back(root);
    for (const auto& [name, owners] : names)
      merge(path.empty() ? name : path + "/" + name, owners, hides);
    take_metadata(in(roots.front(), path), folder, path);
  }

  void merge(const std::string& path, const Roots& roots, bool hides) {
    const struct stat top = status_of(roots.front() / path);
    if (!S_ISDIR(top.st_mode)) {
      if (!hides || !oci::is_whiteout(top)) link(roots.front() / path, top, path);
      return;
    }
    Roots folders;
    bool opaque = false;
    for (const fs::path& root : roots) {
      if (!S_ISDIR(status_of(root / path).st_mode)) {
        opaque = true;  // removed or replaced, and made anew by a layer above
        break;
      }
      folders.push_back(root);
      opaque = is_opaque(root / path);
      if (opaque) break;
    }
    merge_folder(path, folders, hides || opaque);
    if (opaque && !hides) mark_opaque(merged_ / path);
  }

  static struct stat status_of(const fs::path& path) {
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) throw system_error("looking at", path.string());
    return status;
  }

  static fs::path in(const fs::path& root, const std::string& path) {
    return path.empty() ? root : root / path;
  }

  void take_metadata(const fs::path& from, const fs::path& to, const std::string& path) const {
    const struct stat status = status_of(from);
    if (::lchown(to.c_str(), status.st_uid, status.st_gid) != 0)
      throw system_error("setting the owner of", "/" + path);
    // After chown, which takes set-user-id bits away.
    if (::chmod(to.c_str(), status.st_mode & 07777) != 0)
      throw system_error("setting the mode of", "/" + path);
    write_xattrs(to, read_xattrs(from));
    set_mtime(to, status.st_mtim);
  }

  /// File systems bound the names of a file: 65 000 on ext4. All whiteouts of a step are names of
  /// few files, as overlay makes them.
  void link(const fs::path& from, const struct stat& status, const std::string& path) const {
    const fs::path to = merged_ / path;
    if (::link(from.c_str(), to.c_str()) == 0) return;
    if (errno == EMLINK && S_ISREG(status.st_mode)) return copy(from, status, path);
    if (errno == EMLINK && oci::is_whiteout(status) &&
        ::mknod(to.c_str(), S_IFCHR, makedev(0, 0)) == 0)
      return;
    throw system_error("linking", "/" + path);
  }

  void copy(const fs::path& from, const struct stat& status, const std::string& path) const {
    const fs::path to = merged_ / path;
    const UniqueFd in(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!in) throw system_error("reading", "/" + path);
    const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!out) throw system_error("writing", "/" + path);
    copy_data(in.get(), out.get(), from.string(), "/" + path,
              {static_cast<uint64_t>(status.st_size), std::nullopt});
    take_metadata(from, to, path);
  }

  const std::vector<fs::path> trees_;
  const fs::path merged_;
};

}  // namespace

Json squash_job(const Json& request) {
  ObjectReader in(request, "layers to merge");
  const std::vector<std::string> trees = in.strings("trees");
  Merger({trees.begin(), trees.end()}, in.string("merged")).run();
  return Json::object();
}

}  // namespace trainyard::build

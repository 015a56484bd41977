#include "build/mount_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include "base/error.hpp"
#include "build/layer_jobs.hpp"

namespace trainyard::build {

std::string literal_source(const std::string& source) {
  if (source.find_first_of("*?[") == std::string::npos) return source;
  std::string text;
  for (const char c : source) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) text += '\\';
    text += c;
  }
  return text;
}

Selection select_for_mount(ContextFolders& folders, const fs::path& folder,
                           const PlannedMount& mount) {
  Selection selection = folders.select(folder, {literal_source(mount.source)}, {});
  if (selection.sources.empty())
    throw SourceNotFound(0, mount.source,
                         "there is no \"" + mount.source + "\" in the source of the mount",
                         "paths are relative to the context folder (or the root of from)");
  return selection;
}

MountTree make_mount_tree(BuildSession& session, const fs::path& folder, const Selection& selection,
                          const std::string& content) {
  const SelectedSource& source = selection.sources.front();
  const bool is_folder = source.entries.front().type == SelectedEntry::Type::folder;
  const std::string place = is_folder ? "" : source.name;
  const std::lock_guard lock(session.mount_trees.mutex);
  fs::path& tree = session.mount_trees.made[{folder, source.root, content}];
  if (!tree.empty()) return {tree, place};
  const fs::path list = session.fresh("selection");
  write_file_atomic(list, serialise(selection));
  const fs::path fresh = session.fresh("mount");
  session.engine.call("build.mount_tree", {{"parents", Json::array()},
                                           {"work", session.fresh("work").string()},
                                           {"tree", fresh.string()},
                                           {"single", session.single_ids()},
                                           {"destination", "/"},
                                           {"chown", ""},
                                           {"chmod", ""},
                                           {"unpack", false},
                                           {"selection", list.string()},
                                           {"root", folder.string()}});
  tree = fresh;
  return {tree, place};
}

Json mount_tree_job(const Json& request) {
  copy_job(request);
  const fs::path root = fs::canonical(request.at("root").get<std::string>());
  const fs::path tree = request.at("tree").get<std::string>();
  const Selection selection =
      parse_selection(read_file(request.at("selection").get<std::string>()));
  for (const SelectedSource& source : selection.sources) {
    const bool is_folder = source.entries.front().type == SelectedEntry::Type::folder;
    // What is in a folder before the folder: making an entry changes its folder's time.
    for (auto entry = source.entries.rbegin(); entry != source.entries.rend(); ++entry) {
      struct stat status {};
      if (::lstat((root / source.place_of(*entry)).c_str(), &status) != 0) continue;
      const fs::path there = is_folder ? tree / entry->path : tree / source.name;
      const timespec times[2] = {status.st_mtim, status.st_mtim};
      if (::utimensat(AT_FDCWD, there.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
        throw system_error("setting the times of", there.string());
    }
  }
  return Json::object();
}

}  // namespace trainyard::build

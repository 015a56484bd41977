#include "training/run_container.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "store/image_trees.hpp"
#include "store/images.hpp"

namespace trainyard::training {

namespace {

/// The container's user may be anybody: parents of mounts and outputs are open to all. The store
/// itself is 0700.
void make_open_folders(const fs::path& root, const fs::path& relative) {
  fs::path folder = root;
  for (const fs::path& part : relative) {
    folder /= part;
    if (::mkdir(folder.c_str(), 0777) != 0) {
      const int number = errno;
      struct stat status {};
      if (number == EEXIST && ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
        continue;
      throw system_error("making folder", folder.string(), number);
    }
    ::chmod(folder.c_str(), 0777);
  }
}

void make_stub(const fs::path& scratch, const fs::path& relative, bool folder) {
  if (relative.has_parent_path()) make_open_folders(scratch, relative.parent_path());
  const fs::path place = scratch / relative;
  std::error_code error;
  if (fs::exists(fs::symlink_status(place, error))) return;
  if (folder) {
    if (::mkdir(place.c_str(), 0755) != 0) throw system_error("making folder", place.string());
  } else {
    const UniqueFd fd(::open(place.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!fd) throw system_error("making", place.string());
  }
}

fs::path text_file(const RunFolders& folders, size_t index) {
  return folders.texts / std::to_string(index);
}

void make_texts(const RunPlan& plan, const RunFolders& folders) {
  if (plan.texts.empty()) return;
  make_directories(folders.texts, 0755);
  for (size_t i = 0; i < plan.texts.size(); ++i) {
    write_file_atomic(text_file(folders, i), plan.texts[i].text);
    ::chmod(text_file(folders, i).c_str(), 0644);  // whoever the container's user is
  }
}

/// The files chosen of a folder, and places for what is mounted among them.
std::vector<std::string> names_in(const PlannedInput& chosen, const RunPlan& plan) {
  std::set<std::string> names;
  for (const InputEntry& entry : chosen.snapshot.entries)
    if (entry.kind == InputEntry::Kind::file) names.insert(entry.path);
  const auto add = [&](const std::string& place, const char* end) {
    if (place != chosen.place && lies_within(place, chosen.place))
      names.insert(fs::path(place).lexically_relative(chosen.place).string() + end);
  };
  for (const PlannedInput& input : plan.inputs)
    add(input.place, input.snapshot.is_folder() ? "/" : "");
  for (const PlannedText& text : plan.texts) add(text.place, "");
  return {names.begin(), names.end()};
}

}  // namespace

std::chrono::milliseconds grace_period() {
  const char* given = std::getenv("TRAINYARD_GRACE");
  if (given == nullptr || *given == '\0') return std::chrono::seconds(10);
  return std::chrono::milliseconds(parse_duration(given, "TRAINYARD_GRACE") / 1'000'000);
}

void prepare_folders(const RunPlan& plan, const RunFolders& folders) {
  const bool fresh = ::mkdir(folders.scratch.c_str(), 0755) == 0;
  if (!fresh && errno != EEXIST) throw system_error("making folder", folders.scratch.string());
  make_directories(folders.work, 0700);
  make_directories(folders.temporary);
  if (::chmod(folders.temporary.c_str(), 01777) != 0)
    throw system_error("making folder", folders.temporary.string());
  make_texts(plan, folders);
  if (!fresh) return;
  for (const PlannedInput& input : plan.inputs)
    if (lies_within(input.place, plan.working_directory))
      make_stub(folders.scratch, fs::path(input.place).lexically_relative(plan.working_directory),
                input.snapshot.is_folder());
  for (const PlannedText& text : plan.texts)
    if (lies_within(text.place, plan.working_directory))
      make_stub(folders.scratch, fs::path(text.place).lexically_relative(plan.working_directory),
                false);
  if (!plan.checkpoints.empty())
    make_stub(folders.scratch,
              fs::path(plan.checkpoints).lexically_relative(plan.working_directory), true);
  for (const PlannedOutput& output : plan.outputs)
    make_open_folders(folders.scratch, fs::path(output.path).parent_path());
}

std::vector<fs::path> layers_of(const store::Store& store, JobRunner& runner, const RunPlan& plan) {
  return store::ensure_image_trees(store, runner, store::load_image(store, plan.image));
}

engine::ContainerSpec container_of(const RunPlan& plan, const RunFolders& folders,
                                   std::vector<fs::path> layers) {
  using engine::Mount;
  engine::ContainerSpec spec;
  spec.layers = std::move(layers);
  spec.work = folders.work;
  spec.argv = plan.argv;
  spec.environment = plan.environment;
  spec.working_directory = plan.working_directory;
  spec.user = plan.user;
  spec.profile = engine::Profile::training;
  spec.network = plan.network;
  spec.limits = plan.limits;
  spec.timeout = plan.timeout;
  spec.grace = grace_period();
  spec.init = true;
  spec.mounts.push_back({Mount::Kind::bind, folders.temporary, "/tmp", Mount::Access::read_write});
  spec.mounts.push_back({Mount::Kind::bind, folders.scratch, plan.working_directory,
                         Mount::Access::read_write, 0, true});
  for (const PlannedInput& input : plan.inputs) {
    Mount mount{Mount::Kind::bind, input.snapshot.source, input.place, Mount::Access::read_only};
    if (input.snapshot.chosen) {
      mount.kind = Mount::Kind::files;
      mount.names = names_in(input, plan);
    }
    spec.mounts.push_back(std::move(mount));
    // What the key does not cover is not to be seen: an empty folder lies over the build tree
    // inside an input.
    for (const std::string& hidden : input.snapshot.hidden)
      spec.mounts.push_back(
          {Mount::Kind::tmpfs, {}, input.place + "/" + hidden, Mount::Access::read_only, 4096});
  }
  for (size_t i = 0; i < plan.texts.size(); ++i)
    spec.mounts.push_back(
        {Mount::Kind::bind, text_file(folders, i), plan.texts[i].place, Mount::Access::read_only});
  if (!folders.checkpoints.empty()) {
    spec.mounts.push_back(
        {Mount::Kind::bind, folders.checkpoints, plan.checkpoints, Mount::Access::read_write});
    spec.environment.push_back("TRAINYARD_CHECKPOINTS=" + plan.checkpoints);
    if (!fs::is_empty(folders.checkpoints)) spec.environment.push_back("TRAINYARD_RESUME=1");
  }
  return spec;
}

}  // namespace trainyard::training

#include "build/executable_plan.hpp"

#include <sys/stat.h>

#include <algorithm>

#include "base/error.hpp"
#include "build/executable_closure.hpp"
#include "build/stage_state.hpp"
#include "store/fingerprint_index.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_certificates = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* k_passwd_path = "/etc/passwd";
constexpr const char* k_group_path = "/etc/group";
constexpr const char* k_passwd =
    "root:x:0:0:root:/root:/bin/sh\n"
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n";
constexpr const char* k_group = "root:x:0:\nnogroup:x:65534:\n";

PlacedFile folder(const std::string& target, unsigned mode) {
  PlacedFile file;
  file.type = PlacedFile::Type::folder;
  file.target = target;
  file.mode = mode;
  return file;
}

PlacedFile text(const std::string& target, const std::string& content) {
  PlacedFile file;
  file.target = target;
  file.content = content;
  file.size = content.size();
  return file;
}

/// Modes as in a COPY: what a umask or an installer chose makes no difference.
PlacedFile copied(store::FingerprintIndex& index, const fs::path& source,
                  const std::string& target) {
  struct stat status {};
  if (::stat(source.c_str(), &status) != 0) throw system_error("looking at", source.string());
  PlacedFile file;
  file.source = fs::canonical(source);
  file.target = target;
  file.mode = (status.st_mode & S_IXUSR) != 0 ? 0755 : 0644;
  file.size = static_cast<uint64_t>(status.st_size);
  const store::FileContent content = index.content(file.source, status);
  file.sha256 = to_hex(content.sha256);
  file.xxh3 = content.xxh3;
  return file;
}

PlacedFile placed(store::FingerprintIndex& index, const ClosureFile& entry) {
  if (entry.link.empty()) return copied(index, entry.source, entry.target);
  PlacedFile file;
  file.type = PlacedFile::Type::link;
  file.target = entry.target;
  file.content = entry.link;
  file.mode = 0777;
  return file;
}

FilesStep layer_of(store::FingerprintIndex& index, const Closure& closure,
                   ClosureFile::Layer layer) {
  FilesStep step;
  for (const ClosureFile& entry : closure.files)
    if (entry.layer == layer) step.files.push_back(placed(index, entry));
  return step;
}

/// What programs look for and no executable names. A base image has its own, and what is named in
/// LIBRARIES goes first.
void add_base_files(FilesStep& step, store::FingerprintIndex& index, const Closure& closure,
                    ContextFolders& folders, bool has_base) {
  const auto is_there = [&](const char* target) {
    return std::ranges::find(closure.files, target, &ClosureFile::target) != closure.files.end();
  };
  if (!has_base) {
    if (!is_there(k_passwd_path)) step.files.push_back(text(k_passwd_path, k_passwd));
    if (!is_there(k_group_path)) step.files.push_back(text(k_group_path, k_group));
    step.files.push_back(folder("/tmp", 01777));
  }
  if (!closure.needs_certificates || !fs::exists(k_certificates) || is_there(k_certificates))
    return;
  folders.note_read(k_certificates);
  step.files.push_back(copied(index, k_certificates, k_certificates));
}

void add_step(Plan& plan, PlannedStage& stage, StageState& state, FilesStep files,
              const std::string& description) {
  if (files.files.empty()) return;
  std::sort(files.files.begin(), files.files.end(),
            [](const PlacedFile& a, const PlacedFile& b) { return a.target < b.target; });
  const size_t history = state.add_history("EXECUTABLES " + description, false);
  stage.steps.push_back(
      {std::move(files), {}, "EXECUTABLES " + description, history, ++plan.total});
}

}  // namespace

Plan make_executable_plan(const store::Store& store, const BuildRequest& request,
                          BaseImages& images, ContextFolders& folders,
                          const oci::Platform& platform) {
  const Closure closure = find_closure(*request.executables);
  for (const fs::path& path : closure.read) folders.note_read(path);
  // Libraries of the system and of the project lie in no common folder but the root.
  store::FingerprintIndex index(store, "/");
  Plan plan;
  plan.platform = platform;
  plan.source.name = request.name;
  PlannedStage stage;
  stage.platform = platform;
  stage.uncached = request.no_cache;
  const bool has_base = !request.from.empty() && request.from != "scratch";
  if (has_base) {
    const auto context = request.contexts.find(request.from);
    stage.base = context == request.contexts.end()
                     ? images.find(request.from, platform)
                     : images.find(request.from, context->second, platform);
  }
  StageState state = StageState::begin(stage.base.get(), platform);
  FilesStep system = layer_of(index, closure, ClosureFile::Layer::system);
  add_base_files(system, index, closure, folders, has_base);
  add_step(plan, stage, state, std::move(system), "system libraries");
  add_step(plan, stage, state, layer_of(index, closure, ClosureFile::Layer::project),
           "project libraries");
  add_step(plan, stage, state, layer_of(index, closure, ClosureFile::Layer::executable),
           "executables");
  stage.history = state.history();
  stage.config = state.image();
  stage.config.config.entrypoint.reset();
  stage.config.config.cmd.reset();
  if (request.executables->executables.size() == 1)
    stage.config.config.cmd = std::vector<std::string>{
        "/usr/local/bin/" + request.executables->executables.front().filename().string()};
  plan.stages[0] = std::move(stage);
  return plan;
}

}  // namespace trainyard::build

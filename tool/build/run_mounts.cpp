#include "build/run_mounts.hpp"

#include "base/error.hpp"
#include "build/mount_source.hpp"

namespace trainyard::build {

namespace {

using Type = dockerfile::RunMount::Type;

engine::Mount::Access access_of(const PlannedMount& mount) {
  return mount.asked.read_only ? engine::Mount::Access::read_only
                               : engine::Mount::Access::read_write;
}

engine::Mount mount_at(const PlannedMount& mount, engine::Mount::Kind kind) {
  engine::Mount made;
  made.kind = kind;
  made.target = mount.target;
  made.access = access_of(mount);
  return made;
}

void set_owner(engine::Mount& made, const PlannedMount& mount, unsigned mode) {
  made.mode = mount.asked.mode.value_or(mode);
  made.uid = mount.asked.uid.value_or(0);
  made.gid = mount.asked.gid.value_or(0);
}

}  // namespace

RunMounts::RunMounts(const StepTask& task, const RunStep& run, engine::ContainerSpec& spec)
    : task_(task), caches_(task, run), spec_(spec) {
  for (size_t i = 0; i < run.mounts.size(); ++i) add(run.mounts[i], task.mounts[i]);
}

void RunMounts::add(const PlannedMount& mount, const MountTask& source) {
  switch (mount.asked.type) {
    case Type::bind:
      return add_bind(mount, source);
    case Type::tmpfs:
      return add_tmpfs(mount);
    case Type::cache:
      return add_cache(mount);
    case Type::secret:
      return add_secret(mount);
    case Type::ssh:
      return add_agent(mount);
  }
}

void RunMounts::add_tmpfs(const PlannedMount& mount) {
  engine::Mount tmpfs = mount_at(mount, engine::Mount::Kind::tmpfs);
  tmpfs.size = mount.asked.size;
  spec_.mounts.push_back(std::move(tmpfs));
}

void RunMounts::add_cache(const PlannedMount& mount) {
  engine::Mount bind = mount_at(mount, engine::Mount::Kind::bind);
  bind.source = caches_.data(mount);
  spec_.mounts.push_back(std::move(bind));
}

/// One that is not given is no file and, as docker has it, an empty variable.
void RunMounts::add_secret(const PlannedMount& mount) {
  const auto& secrets = task_.session.request.secrets;
  const auto given = secrets.find(mount.asked.id);
  const std::string value = given == secrets.end() ? "" : given->second.value;
  if (!mount.asked.variable.empty()) {
    if (value.find('\0') != std::string::npos)
      throw usage_error("putting the secret " + mount.asked.id,
                        "in the variable " + mount.asked.variable,
                        "it holds a zero byte, which no variable can",
                        "mount it as a file: remove env from the mount");
    std::erase_if(spec_.environment, [&](const std::string& pair) {
      return pair.starts_with(mount.asked.variable + "=");
    });
    spec_.environment.push_back(mount.asked.variable + "=" + value);
  }
  if (mount.target.empty() || given == secrets.end()) return;
  engine::Mount file = mount_at(mount, engine::Mount::Kind::secret);
  file.content = value;
  set_owner(file, mount, 0400);
  spec_.mounts.push_back(std::move(file));
}

void RunMounts::add_agent(const PlannedMount& mount) {
  const auto& agents = task_.session.request.ssh_agents;
  const auto given = agents.find(mount.asked.id);
  if (given == agents.end()) return;
  engine::Mount agent = mount_at(mount, engine::Mount::Kind::agent);
  agent.access = engine::Mount::Access::read_write;
  agent.source = given->second.socket;
  agent.keys = given->second.keys;
  set_owner(agent, mount, 0600);
  spec_.mounts.push_back(std::move(agent));
  // The first one is what programs find by themselves.
  for (const std::string& pair : spec_.environment)
    if (pair.starts_with("SSH_AUTH_SOCK=")) return;
  spec_.environment.push_back("SSH_AUTH_SOCK=" + mount.target);
}

void RunMounts::add_bind(const PlannedMount& mount, const MountTask& source) {
  engine::Mount bind = mount_at(mount, engine::Mount::Kind::layers);
  if (source.selection != nullptr) {
    const fs::path& folder =
        mount.from == PlannedMount::From::folder ? mount.folder : task_.session.request.context;
    const MountTree made =
        make_mount_tree(task_.session, folder, *source.selection, source.content);
    bind.layers = {made.tree};
    bind.source = made.place;
  } else {
    bind.layers = source.source;
    bind.source = mount.source;
  }
  spec_.mounts.push_back(std::move(bind));
}

}  // namespace trainyard::build

#include "build/run_mount.hpp"

#include "base/sha256.hpp"
#include "base/spelling.hpp"
#include "build/build_image.hpp"
#include "build/expand_word.hpp"
#include "build/image_path.hpp"
#include "build/stage_state.hpp"

namespace trainyard::build {

namespace {

using dockerfile::RunMount;
using Type = RunMount::Type;

class MountPlanner {
 public:
  MountPlanner(const dockerfile::Dockerfile& source, const StageState& state,
               const BuildRequest& request)
      : source_(source), state_(state), request_(request) {}

  void add(const dockerfile::MountFlag& flag) {
    const auto lookup = [this](std::string_view name) { return state_.lookup(name); };
    const auto expand = [&](const dockerfile::Word& word) {
      return expand_word(source_, word, lookup);
    };
    PlannedMount mount;
    mount.asked = dockerfile::resolve_mount(source_, flag, expand);
    mount.source = clean_path(mount.asked.source);
    if (mount.asked.type == Type::ssh && mount.asked.target.empty())
      mount.asked.target = "/run/buildkit/ssh_agent." + std::to_string(agents_);
    if (mount.asked.type == Type::ssh) ++agents_;
    if (!mount.asked.target.empty()) {
      mount.target = join_image_path(state_.working_directory(), mount.asked.target);
      check_target(mount);
    }
    if (mount.is_cache() && mount.asked.id.empty()) mount.asked.id = mount.target;
    if (mount.asked.type == Type::secret) check_secret(mount);
    if (mount.asked.type == Type::ssh) check_agent(mount);
    mounts_.push_back(std::move(mount));
  }

  std::vector<PlannedMount> take() { return std::move(mounts_); }

 private:
  Error error(const PlannedMount& mount, std::string message, std::string hint) const {
    const dockerfile::Word& word = mount.asked.text;
    return source_.error(word.at, std::move(message), std::move(hint),
                         std::max(1, static_cast<int>(word.text.size())));
  }

  void check_target(const PlannedMount& mount) const {
    if (mount.target == "/")
      throw error(mount, "nothing can be mounted over the root folder",
                  "name a folder: target=/PATH");
    for (const char* folder : {"/proc", "/sys", "/dev"})
      if (lies_within(mount.target, folder))
        throw error(mount,
                    "nothing can be mounted at " + mount.target + ": folders below " + folder +
                        " belong to the kernel",
                    "choose a target outside of /proc, /sys and /dev");
    for (const PlannedMount& other : mounts_)
      if (other.target == mount.target)
        throw error(mount, "two mounts of this RUN have the target " + mount.target,
                    "give each a target of its own");
  }

  void check_secret(PlannedMount& mount) const {
    const std::string& id = mount.asked.id;
    const auto given = request_.secrets.find(id);
    if (given != request_.secrets.end()) {
      if (given->second.keyed) mount.secret_digest = sha256_hex(given->second.value);
      return;
    }
    if (!mount.asked.required) return;
    throw error(mount, "this step needs the secret \"" + id + "\", and the build was given none",
                hint_for_missing(id, request_.secrets,
                                 "give it: trainyard build --secret id=" + id + ",src=FILE"));
  }

  void check_agent(const PlannedMount& mount) const {
    const std::string& id = mount.asked.id;
    if (!mount.asked.required || request_.ssh_agents.contains(id)) return;
    throw error(mount,
                "this step needs the ssh agent or key \"" + id + "\", and the build was given none",
                hint_for_missing(id, request_.ssh_agents, "give it: trainyard build --ssh " + id));
  }

  template <class Map>
  static std::string hint_for_missing(const std::string& id, const Map& given,
                                      const std::string& otherwise) {
    std::vector<std::string> known;
    for (const auto& [name, value] : given) known.push_back(name);
    const std::string near = nearest_word(id, known);
    return near.empty() ? otherwise : "was \"" + near + "\" meant, which the build was given?";
  }

  const dockerfile::Dockerfile& source_;
  const StageState& state_;
  const BuildRequest& request_;
  std::vector<PlannedMount> mounts_;
  int agents_ = 0;
};

const char* sharing_name(RunMount::Sharing sharing) {
  switch (sharing) {
    case RunMount::Sharing::private_:
      return "private";
    case RunMount::Sharing::locked:
      return "locked";
    case RunMount::Sharing::shared:
      break;
  }
  return "shared";
}

}  // namespace

std::vector<PlannedMount> plan_mounts(const dockerfile::Dockerfile& source, const StageState& state,
                                      const dockerfile::Run& run, const BuildRequest& request) {
  MountPlanner planner(source, state, request);
  for (const dockerfile::MountFlag& flag : run.mounts) planner.add(flag);
  return planner.take();
}

Json mount_inputs(const PlannedMount& mount, const std::string& content) {
  const RunMount& asked = mount.asked;
  Json inputs = {
      {"type", type_name(asked.type)}, {"target", mount.target}, {"readonly", asked.read_only}};
  if (asked.mode) inputs["mode"] = *asked.mode;
  if (asked.uid) inputs["uid"] = *asked.uid;
  if (asked.gid) inputs["gid"] = *asked.gid;
  switch (asked.type) {
    case Type::bind:
      inputs["source"] = mount.source;
      inputs["content"] = content;
      break;
    case Type::cache:
      inputs["id"] = asked.id;
      inputs["sharing"] = sharing_name(asked.sharing);
      inputs["source"] = mount.source;
      inputs["from"] = asked.from ? asked.from->text : "";
      break;
    case Type::tmpfs:
      inputs["size"] = asked.size;
      break;
    case Type::secret:
      inputs["variable"] = asked.variable;
      if (!mount.secret_digest.empty()) inputs["content"] = mount.secret_digest;
      [[fallthrough]];
    case Type::ssh:
      inputs["id"] = asked.id;
      inputs["required"] = asked.required;
  }
  return inputs;
}

}  // namespace trainyard::build

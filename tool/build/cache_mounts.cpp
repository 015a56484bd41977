#include "build/cache_mounts.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "base/error.hpp"
#include "build/layer_jobs.hpp"
#include "build/mount_source.hpp"

namespace trainyard::build {

namespace {

using Sharing = dockerfile::RunMount::Sharing;

constexpr unsigned k_default_mode = 0755;
constexpr auto k_between_looks = std::chrono::milliseconds(50);
/// So many builds may each use a private copy at the same time.
constexpr int k_most_copies = 1000;

store::CacheIdentity identity_of(const PlannedMount& mount, const std::string& id_map_class,
                                 const std::string& scope) {
  store::CacheIdentity identity{mount.asked.id, {{"id_map", id_map_class}}};
  if (!scope.empty()) identity.options["scope"] = scope;
  if (mount.asked.uid) identity.options["uid"] = *mount.asked.uid;
  if (mount.asked.gid) identity.options["gid"] = *mount.asked.gid;
  if (mount.asked.mode) identity.options["mode"] = *mount.asked.mode;
  if (mount.asked.from) identity.options["from"] = mount.asked.from->text;
  if (!mount.source.empty()) identity.options["source"] = mount.source;
  return identity;
}

}  // namespace

CacheMounts::CacheMounts(const StepTask& task, const RunStep& run) : task_(task) {
  const std::string id_map = task.session.engine.id_map_class();
  std::map<std::string, Wanted> all;
  for (size_t i = 0; i < run.mounts.size(); ++i) {
    if (!run.mounts[i].is_cache()) continue;
    const store::CacheIdentity identity =
        identity_of(run.mounts[i], id_map, task.session.request.cache_scope);
    Wanted& wanted = all[identity.name()];
    const Sharing sharing = run.mounts[i].asked.sharing;
    // Mounted at two places by one step: as the stricter of the two says.
    if (wanted.mount == nullptr || sharing == Sharing::locked)
      wanted = {identity, &run.mounts[i], &task.mounts[i], sharing};
  }
  for (const auto& [name, wanted] : all) {
    store::CacheLease lease = take(name, wanted);
    if (!lease.exists()) make(lease, wanted);
    leases_.emplace(name, std::move(lease));
  }
}

fs::path CacheMounts::data(const PlannedMount& mount) const {
  return leases_
      .at(identity_of(mount, task_.session.engine.id_map_class(), task_.session.request.cache_scope)
              .name())
      .data();
}

store::CacheLease CacheMounts::take(const std::string& name, const Wanted& wanted) const {
  return wanted.sharing == Sharing::private_ ? take_copy(name) : wait_for(name, wanted);
}

store::CacheLease CacheMounts::wait_for(const std::string& name, const Wanted& wanted) const {
  const LockFile::Mode mode =
      wanted.sharing == Sharing::locked ? LockFile::Mode::exclusive : LockFile::Mode::shared;
  BuildSession& session = task_.session;
  for (bool told = false;; told = true) {
    if (auto lease = store::CacheLease::try_take(session.store, name, mode))
      return std::move(*lease);
    if (!told)
      session.reporter.report(
          StepEvent::Kind::output, task_.stage, task_.step, 0,
          "waiting for the cache " + wanted.identity.id + ", which another step is using\n");
    session.cancellation.check();
    std::this_thread::sleep_for(k_between_looks);
  }
}

store::CacheLease CacheMounts::take_copy(const std::string& name) const {
  for (int copy = 1; copy <= k_most_copies; ++copy)
    if (auto lease = store::CacheLease::try_take(
            task_.session.store, copy == 1 ? name : name + "-" + std::to_string(copy),
            LockFile::Mode::exclusive))
      return std::move(*lease);
  throw Error("mounting", "a private cache", "all of its copies are in use",
              "build again when other builds have ended");
}

void CacheMounts::make(const store::CacheLease& lease, const Wanted& wanted) const {
  BuildSession& session = task_.session;
  const PlannedMount& mount = *wanted.mount;
  const fs::path folder = session.fresh("cache");
  make_directories(folder, 0700);
  Json request = {{"folder", (folder / "data").string()},
                  {"mode", mount.asked.mode.value_or(k_default_mode)},
                  {"uid", mount.asked.uid.value_or(0)},
                  {"gid", mount.asked.gid.value_or(0)},
                  {"single", session.single_ids()}};
  if (mount.asked.from) {
    Json copy = {{"parents", Json::array()},
                 {"work", session.fresh("work").string()},
                 {"tree", (folder / "data").string()},
                 {"single", session.single_ids()},
                 {"destination", "/"},
                 {"chown", ""},
                 {"chmod", ""},
                 {"unpack", false}};
    if (wanted.source->selection != nullptr) {
      const fs::path list = session.fresh("selection");
      write_file_atomic(list, serialise(*wanted.source->selection));
      copy["selection"] = list.string();
      copy["root"] = mount.folder.string();
    } else {
      copy["layers"] = Json::array();
      for (const fs::path& tree : wanted.source->source) copy["layers"].push_back(tree.string());
      copy["sources"] = {literal_source(mount.source)};
    }
    request["copy"] = std::move(copy);
  }
  session.engine.call("build.make_cache", request);
  lease.adopt(folder, wanted.identity);
}

Json make_cache_job(const Json& request) {
  const std::string folder = request.at("folder");
  if (request.contains("copy"))
    copy_job(request.at("copy"));
  else
    make_directories(folder);
  const auto uid = request.at("uid").get<uid_t>();
  const auto gid = request.at("gid").get<gid_t>();
  const bool given = uid != 0 || gid != 0;
  // With a single id all files are the caller's.
  if (given && !request.at("single").get<bool>() && ::chown(folder.c_str(), uid, gid) != 0)
    throw system_error("giving a cache to " + std::to_string(uid) + ":" + std::to_string(gid),
                       folder)
        .with_hint("an ordinary user has the sub-ids of /etc/subuid and /etc/subgid alone");
  if (::chmod(folder.c_str(), request.at("mode").get<mode_t>()) != 0)
    throw system_error("setting the mode of", folder);
  return Json::object();
}

}  // namespace trainyard::build

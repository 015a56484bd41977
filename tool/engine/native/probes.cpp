#include "engine/native/probes.hpp"

#include "base/error.hpp"
#include "base/file.hpp"
#include "engine/native/cgroup.hpp"
#include "engine/native/overlay_mount.hpp"

namespace trainyard::engine::native {

namespace {

Json probe_overlay(const Json& request) {
  const fs::path work = request.at("work").get<std::string>();
  for (const char* name : {"lower", "upper", "overlay-work", "links", "root"})
    make_directories(work / name);
  write_file_atomic(work / "lower/below", "below");
  mount_private_tmpfs(work / "links");
  OverlayMount mount;
  mount.layers = {work / "lower"};
  mount.upper = work / "upper";
  mount.work = work / "overlay-work";
  mount.scratch = work / "links";
  mount_overlay(mount, work / "root");
  write_file_atomic(work / "root/above", "above");
  fs::remove(work / "root/below");
  if (read_file(work / "upper/above") != "above")
    throw Error("trying", "overlayfs",
                "a file that was written through it is not in the upper folder");
  return Json::object();
}

Json probe_cgroup(const Json& request) {
  Limits limits;
  const std::string controller = request.at("controller");
  if (controller == "memory") limits.memory = uint64_t{256} << 20;
  if (controller == "cpu") limits.cpus = 1.0;
  Cgroup cgroup(request.at("owner"), limits);
  cgroup.set_process_limit();
  Json warnings = cgroup.warnings();
  if (controller == "pids" && !cgroup.limits_processes())
    warnings.push_back(
        "no pids cgroup can be made; the limit of processes (RLIMIT_NPROC) stands in for it");
  return {{"warnings", warnings}};
}

}  // namespace

const JobTable& engine_jobs() {
  static const JobTable jobs{{"engine.probe_cgroup", probe_cgroup},
                             {"engine.probe_overlay", probe_overlay}};
  return jobs;
}

}  // namespace trainyard::engine::native

#include "cli/docker_build_options.hpp"

namespace trainyard::cli {

const ForeignOptions& docker_build_options() {
  static const char* const k_store =
      "leave it out: the image goes into the store, an OCI layout that skopeo copies from: skopeo "
      "copy oci:STORE:NAME DESTINATION";
  static const char* const k_cache =
      "leave it out: the store is the cache, of every build that uses it";
  static const char* const k_always = "leave it out: it is what is always done";
  static const char* const k_limit =
      "leave it out: a step has the limits of who builds; ulimit, in the command, lowers them";
  static const char* const k_provenance =
      "leave it out: trainyard history and inspect say how an image was made";
  static const ForeignOptions options = {
      {"--push", k_store},
      {"--load", k_store},
      {"--output", k_store},
      {"-o", k_store},
      {"--pull", "leave it out: bases come from the store; trainyard import brings a new one"},
      {"--cache-from", k_cache},
      {"--cache-to", k_cache},
      {"--rm", k_always},
      {"--force-rm", k_always},
      {"--compress", k_always},
      {"--ulimit", k_limit},
      {"--memory", k_limit},
      {"-m", k_limit},
      {"--memory-swap", k_limit},
      {"--cpuset-cpus", k_limit},
      {"--cpuset-mems", k_limit},
      {"--cpu-period", k_limit},
      {"--cpu-quota", k_limit},
      {"--cpu-shares", k_limit},
      {"-c", k_limit},
      {"--cgroup-parent", k_limit},
      {"--annotation", "write LABEL, or --label: labels of the image are what tools look at"},
      {"--attest", k_provenance},
      {"--provenance", k_provenance},
      {"--sbom", k_provenance},
      {"--builder", "leave it out: there is no builder to choose, the tool itself builds"},
      {"--isolation", "leave it out: there is one kind of isolation"},
      {"--security-opt", "RUN --security=insecure and --allow security.insecure"},
      {"--call", "--check checks, trainyard lint does more"},
  };
  return options;
}

}  // namespace trainyard::cli

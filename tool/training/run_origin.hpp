#pragma once

#include <optional>
#include <string>

#include "base/json.hpp"
#include "store/store.hpp"
#include "training/run_plan.hpp"

namespace trainyard::training {

/// `runs/<kk>/<key>/origin.json`, sealed: what a run's record does not hold because it makes no
/// difference for the key, and people ask for afterwards. Written just before the record.
///
///     {"tool":     version,
///      "started":  RFC 3339, UTC: when the container was about to start,
///      "source":   see source_state.hpp; null without a repository,
///      "machine":  see machine.hpp,
///      "image":    {"name": as the spec has it, "config": digest, "layers": [{"digest", "size"}]
///                   and the members of store/image_origin.hpp; each of its bases has these too},
///      "inputs":   {place: {"path": relative to the source or build folder, "run": key of the run
///                   that made it}}}
///
/// Runs of earlier versions have none.
Json gather_origin(const store::Store& store, const RunSpec& spec, const RunPlan& plan);

/// The member "image" but its name, by what the store knows now.
Json describe_run_image(const store::Store& store, const oci::Digest& digest);

void put_origin(const store::Store& store, const std::string& key, const Json& origin);
std::optional<Json> find_origin(const store::Store& store, const std::string& key);

}  // namespace trainyard::training

#pragma once

#include <string>

#include "base/json.hpp"
#include "build/plan.hpp"

namespace trainyard::build {

/// What a step depends on besides its parent file system, as canonical JSON; also kept in the
/// step's record, for `why`.
///
///   run      argv, environment (ENV and declared ARGs), cwd, user, network, platform, id map,
///   SOURCE_DATE_EPOCH; of each mount its options, of a bind mount the digest of what is mounted;
///            not in it: proxies, the CA bundle, limits
///   copy     sources and destination as normalised, --chown, --chmod, the digest of the selected
///            content, the id map when owners other than root's may be given; not in it: mtimes,
///            where the source lies
///   workdir  path, user, id map when there is a user
///   squash   how many of the layers below it merges
///   files    path, type, mode and content of each
///
/// `content`: content_digest of the selection, for copies; the number of layers, for squash.
/// `mounts`: the same for each mount of a RUN.
Json step_inputs(const PlannedStep& step, const Plan& plan, const std::string& content,
                 const std::vector<std::string>& mounts, const std::string& id_map_class);

/// SHA-256 over the inputs and the parent's chain-id.
std::string step_key(const Json& inputs, const std::string& parent_chain);

}  // namespace trainyard::build

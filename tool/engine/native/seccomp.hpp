#pragma once

#include "base/json.hpp"
#include "engine/native/id_map.hpp"

namespace trainyard::engine::native {

/// `linux.seccomp` of a container (OCI runtime spec, config-linux.md): deny by default with ENOSYS,
/// so that a program that probes for a new call falls back; calls that a container must not make
/// are refused with EPERM, as if a capability were missing. With a single-id map, changes of owner
/// and identity and device nodes are answered with success and do nothing: package managers insist
/// on them, and there is no other id to change to.
Json seccomp_profile(IdMap::Kind map);
/// For a container without restrictions and with a single id: only what is said of owners above.
Json seccomp_owner_profile();

}  // namespace trainyard::engine::native

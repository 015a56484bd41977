#pragma once

#include "engine/engine.hpp"
#include "engine/native/id_map.hpp"

namespace trainyard::engine::native {

/// Debian's apt fetches as the user _apt and checks that it has become that user. With a single-id
/// map there is no other user, so it has to be told to stay root (`APT::Sandbox::User`): by a file
/// that is mounted, and that APT_CONFIG names unless the image or the step names one itself.
constexpr const char* k_apt_target = "/run/trainyard/apt.conf";

/// In build steps, `run IMAGE` and `shell IMAGE`; a training installs nothing.
bool apt_needs_telling(IdMap::Kind map, Profile profile);

/// Writes the file below `folder`, which must exist, and says where it is mounted.
Mount make_apt_config(const fs::path& folder);

}  // namespace trainyard::engine::native

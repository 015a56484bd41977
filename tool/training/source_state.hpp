#pragma once

#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"

namespace trainyard::training {

/// What the repository that holds `folder` is at: {"commit", "branch", "remote", "dirty",
/// "changed", "untracked"}, where "changed" names at most 20 files of it that differ from the
/// commit, "untracked" counts those that git does not know, without what lies in `build_dir`. With
/// "unknown" alone when git does not tell (a commit is missing, the repository belongs to somebody
/// else, there is no git). Null, without starting anything, when no folder above has a `.git`.
Json describe_source(const fs::path& folder, const fs::path& build_dir);

}  // namespace trainyard::training

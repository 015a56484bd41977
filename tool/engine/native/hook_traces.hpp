#pragma once

#include "base/file.hpp"

namespace trainyard::engine::native {

/// Hooks of devices write into the root file system (NVIDIA's: links and the loader's cache), which
/// in a step of a build is the layer to be. What they left is noted before the command starts, by a
/// hook of our own behind theirs, and taken out again when it has ended, unless the command changed
/// it.
///
/// The note is a JSON object: the path of each entry below `upper`, its inode and last change.
void note_hook_traces(const fs::path& upper, const fs::path& note);
/// Without effect when there is no note.
void remove_hook_traces(const fs::path& upper, const fs::path& note);

}  // namespace trainyard::engine::native

#pragma once

#include "build/build_image.hpp"

namespace trainyard::build {

/// How executables were compiled, by what CMake wrote when it generated the build tree: one file a
/// language (ExecutableImage::flag_files; docs/spec-files.md). An array of objects with executable,
/// target, language, compiler, build_type, flags. For people: what cannot be read is left out.
Json compiler_flags(const ExecutableImage& image);

}  // namespace trainyard::build

#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "build/build_image.hpp"

namespace trainyard::build {

/// One file of an EXECUTABLES image.
struct ClosureFile {
  /// By how often it changes, which is the order of the image's layers.
  enum class Layer { system, project, executable };
  fs::path source;     ///< the regular file on this machine; empty for a link
  std::string target;  ///< absolute path in the image
  std::string link;  ///< when not empty: `target` is a symbolic link to it, and there is no source
  Layer layer = Layer::system;
};

struct Closure {
  std::vector<ClosureFile> files;   ///< sorted by target; no target twice
  std::vector<fs::path> read;       ///< every file that was looked at, absolute: for the depfile
  bool needs_certificates = false;  ///< a TLS library is among them
};

/// The executables, the shared libraries that the dynamic loader (ld.so(8)) would load for them on
/// this machine, the loader itself, the dlopen extras with theirs, and data.
///
/// Where files go, so that the loader *inside* the image, which has no ld.so.cache, finds the same
/// ones:
///  - executables in /usr/local/bin/<file name>; the loader at exactly the path in PT_INTERP;
///  - a library found through an RPATH or RUNPATH entry with $ORIGIN: where that entry points from
///    its owner's place in the image (`$ORIGIN/../lib` of an executable: /usr/local/lib);
///  - through an absolute entry below /usr, /opt, /lib or /lib64 but not in a project folder: at
///    that path;
///  - a dlopen extra of such a place, which programs open by its path: there, and in the default
///    folder a link to it;
///  - everything else, and the other extras, in the loader's default library folder
///    (/usr/lib/x86_64-linux-gnu on Debian), which it searches last: so no path of a home or build
///    folder comes into the image, unless two different libraries of one name force it, or a
///    DT_NEEDED entry that is itself an absolute path.
/// Libraries under glibc-hwcaps are passed over for the plain ones, which run on every machine.
/// At the end the loader's search is done over inside the image, and must find the same files.
///
/// Data (data_files.hpp) keeps its path. It is there when one of the executables or of the
/// project's libraries imports a function that reads it: the time zones for localtime() and its
/// like, the locale C.UTF-8 for setlocale(), newlocale() and named std::locale. System libraries do
/// not count: most could, and few do. Of static executables nothing is seen. Other data, and whole
/// folders, are named among the libraries; the ELF libraries in such a folder are dlopen extras
/// that stay in it.
///
/// Throws usage errors: a script, a file that is not ELF, a shared library named as executable, two
/// executables of one name; a missing library, with who needs it and where it was looked for.
Closure find_closure(const ExecutableImage& image);

}  // namespace trainyard::build

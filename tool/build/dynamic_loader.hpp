#pragma once

#include <elf.h>

#include <cstddef>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "build/elf_file.hpp"

namespace trainyard::build {

/// What is built into one dynamic loader, read from its own bytes.
struct LoaderTraits {
  std::vector<std::string> default_folders;  ///< searched last, in this order
  std::string library_folder;                ///< the one among them that libraries are put into
  std::string lib;                           ///< $LIB
  std::string platform;                      ///< $PLATFORM
  bool reads_cache = false;                  ///< /etc/ld.so.cache (glibc)
};
LoaderTraits read_loader_traits(const fs::path& loader, uint16_t machine);

/// Paths of a library in /etc/ld.so.cache (the format "glibc-ld.so.cache1.1", alone or behind the
/// old one), without those for special hardware. Empty when there is no such file or it is damaged:
/// the loader does without it then, too.
std::vector<std::string> find_in_loader_cache(std::string_view cache, const std::string& library);

/// A file system as the loader sees it: this machine's, or that of an image which is being planned.
class ObjectView {
 public:
  virtual ~ObjectView() = default;
  /// Null when there is no such file.
  virtual std::shared_ptr<const ElfFile> open(const std::string& path) = 0;
  virtual std::vector<std::string> cached(const std::string& library) = 0;
};

/// How a file was found.
struct SearchEntry {
  enum class Kind { named_path, rpath, cache, default_folder };
  Kind kind = Kind::named_path;
  size_t owner = 0;    ///< object whose RPATH or RUNPATH it is
  std::string text;    ///< as written there, before $ORIGIN is replaced
  std::string folder;  ///< as searched
};

struct LoadedObject {
  std::shared_ptr<const ElfFile> elf;
  std::string path;  ///< as the loader names it; $ORIGIN is its folder
  size_t loader =
      SIZE_MAX;  ///< who asked for it first; SIZE_MAX for the executable and dlopen extras
  std::set<std::string> names;  ///< names that it answers to, besides its soname
};

/// A search that ended at a file (names that were loaded already need none).
struct Lookup {
  std::string name;
  size_t object;  ///< the same object may be found under several names
  std::string path;
  SearchEntry entry;
};

struct LoadedProcess {
  std::vector<LoadedObject>
      objects;  ///< 0: the executable; 1: the loader unless the executable is static
  std::vector<Lookup> lookups;
};

/// Loads `executable`, then `extras` by path as dlopen would, breadth first, by the rules of
/// ld.so(8): DT_RPATH of the object that needs the library, of those that caused it to be loaded,
/// and of the executable, unless the object has a DT_RUNPATH; DT_RUNPATH of the object alone; the
/// cache; the default folders. LD_LIBRARY_PATH is a matter of the caller's shell and does not
/// count. Files of another machine or class are passed over. Relative entries would depend on the
/// folder a program is started in, and are passed over too. Throws a usage error for a library that
/// is nowhere.
LoadedProcess load_process(ObjectView& view, const LoaderTraits& traits,
                           const std::string& executable, const std::vector<std::string>& extras);

/// `text` with $ORIGIN, $LIB and $PLATFORM replaced.
std::string expand_loader_tokens(const std::string& text, const std::string& origin,
                                 const LoaderTraits& traits);

}  // namespace trainyard::build

#pragma once

#include <optional>
#include <string>

#include "base/file.hpp"
#include "build/build_image.hpp"
#include "build/plan.hpp"
#include "oci/digest.hpp"
#include "store/store.hpp"

namespace trainyard::build {

/// What a COPY from a folder leaves for the next one of the same sources to the same place, be they
/// in one image or in two: which layer it made, and that layer's PlacedFiles. Kept as a fact of the
/// store, one for each such COPY; without it, files are copied instead of linked.
struct CopyNote {
  std::string key;
  fs::path list;  ///< file with the PlacedFiles of the new layer; absent when there are none
};

/// A function of where the sources lie (of a fetched context, its address), of the destination, and
/// of what files get to be like there. Not of the layers below: a new base leaves the copied files
/// as they are.
std::string copy_note_key(const CopyStep& copy, const BuildRequest& request,
                          const std::string& id_map_class);

/// An earlier layer whose files may be linked.
struct CopyTwins {
  fs::path tree;
  std::string list;  ///< text of its PlacedFiles
};
std::optional<CopyTwins> find_copy_twins(const store::Store& store, const std::string& key);

void keep_copy_note(const store::Store& store, const CopyNote& note, const oci::Digest& diff_id);

}  // namespace trainyard::build

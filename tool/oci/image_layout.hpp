#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "oci/image_config.hpp"
#include "oci/manifest.hpp"

namespace trainyard::oci {

/// A folder as image-spec image-layout.md describes it (ours or a foreign one), read only.
class ImageLayout {
 public:
  /// Checks `oci-layout` and its version; throws Error naming the folder.
  explicit ImageLayout(std::filesystem::path folder);

  /// The manifest for `platform` tagged `tag`, or with that digest in the index, or the only one
  /// when `tag` is empty. Walks nested
  /// indexes. Throws Error listing the tags that there are.
  Descriptor find(const std::string& tag, const Platform& platform) const;

  Manifest manifest(const Descriptor& descriptor) const;
  ImageConfig config(const Manifest& manifest) const;
  std::filesystem::path blob_path(const Digest& digest) const;

  /// The file of a layer, when it is a regular one of the size that the descriptor says and its
  /// media type is a tar's. Its content is not read.
  std::filesystem::path layer(const Descriptor& descriptor) const;

  /// Reads a document's blob, of at most 4 MiB, and checks its size and digest.
  std::string read_blob(const Descriptor& descriptor) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace trainyard::oci

#pragma once

#include <optional>
#include <string>

#include "base/error.hpp"
#include "oci/manifest.hpp"

namespace trainyard::store {

/// What a name that a person typed means in an index.
struct FoundImage {
  oci::Digest digest;
  std::string tag;  ///< "name:tag" when it was found by one
};

/// By tag, "name@sha256:…", "sha256:…" or the first 6 or more digits of a digest; a tag goes before
/// digits. Nothing when unknown; throws a usage error when it is malformed or ambiguous.
std::optional<FoundImage> look_up(const oci::Index& index, const std::string& name);

/// The error for a name that look_up does not know; its hint is the nearest tag.
Error unknown_image(const oci::Index& index, const std::string& name);

}  // namespace trainyard::store

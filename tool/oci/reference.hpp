#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci/digest.hpp"

namespace trainyard::oci {

/// An image's name as people type it: "debian", "lab/base:1", "host:5000/a/b@sha256:…" (grammar of
/// distribution/reference). Kept as typed, without Docker Hub's implied prefix; a missing tag is
/// "latest" unless there is a digest.
struct Reference {
  std::string name;  ///< all but tag and digest
  std::string tag;   ///< "latest" when none was typed and there is no digest
  std::optional<Digest> digest;

  std::string str() const;  ///< "name:tag", "name@digest" or "name:tag@digest"
  /// Throws a usage error that says which part is wrong.
  static Reference parse(std::string_view text);
};

}  // namespace trainyard::oci

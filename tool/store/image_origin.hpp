#pragma once

#include <optional>

#include "base/json.hpp"
#include "oci/digest.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// How an image was built: a fact by the digest of its manifest, and never a part of a key. What an
/// image's configuration cannot say: which images the build started from, and by which keys the
/// steps are known.
///
///     {"bases": [{"name", "reference", "digest", "pinned", "use"}],    use: "from" or "copy"
///      "steps": [{"stage", "text", "key", "diff_id", "network"}],      network: of a RUN
///      "executables": [{"executable", "target", "language", "compiler", "build_type", "flags"}]}
std::optional<Json> find_image_origin(const Store& store, const oci::Digest& image);

/// Says that it is used. False when there is none.
bool note_image_origin(const Store& store, const oci::Digest& image);
void put_image_origin(const Store& store, const oci::Digest& image, const Json& origin);

}  // namespace trainyard::store

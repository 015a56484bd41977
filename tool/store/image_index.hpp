#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "oci/manifest.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// `index.json`, as image-spec image-layout.md has it. Every image that is kept stands in it:
/// foreign tools' clean-up deletes what does not. An image with several tags has a descriptor for
/// each, one without tags has one without the annotation. The annotation's value is the whole
/// "name:tag", which is what skopeo and podman expect after `oci:STORE:`.
oci::Index read_index(const Store& store);

/// Reads, changes and writes it whole, alone among all processes. Writes nothing when nothing
/// changed.
void update_index(const Store& store, const std::function<void(oci::Index&)>& change);

/// Writes an index in the place of one that is damaged, which is kept beside it: the answer is
/// where. Nothing when it can be read by now.
std::optional<fs::path> replace_damaged_index(const Store& store,
                                              const std::function<oci::Index()>& make);

/// The tag of an entry; empty when it has none.
std::string tag_of(const oci::Descriptor& entry);

/// Lists an image under `tags` too. A tag that named another image moves; that image stays, without
/// it.
void list_image(oci::Index& index, const oci::Descriptor& manifest,
                const std::vector<std::string>& tags);

/// Takes off a tag. Without other tags its image stays in the list, untagged.
void drop_tag(oci::Index& index, const std::string& tag);

}  // namespace trainyard::store

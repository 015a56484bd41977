#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace trainyard::store {

/// How a layer tree gets and loses the name that its content gives it.
///
/// `diffs/<hex>` is a symbolic link to `../layers/<id>`, `diffs/<hex>.born` one whose text is the
/// Birth of that tree: after a power cut a tree that was never synced may lack the content of
/// files, so it is not used again. From its adoption until it is linked, `tmp/unlinked-<id>` says
/// who is at work with a tree: when that process has died, sweep() removes the tree.

/// The id that a link names, whether the tree is there and trusted or not.
std::optional<std::string> id_of_link(const Store& store, const oci::Digest& diff_id);
/// All layers that have a link.
std::vector<oci::Digest> linked_layers(const Store& store);

/// The id of the tree that is linked, there and trusted.
std::optional<std::string> linked_tree(const Store& store, const oci::Digest& diff_id);

/// Links the tree unless a good one is linked. Whether it is this one that is linked now.
bool link_tree(const Store& store, const oci::Digest& diff_id, const std::string& id);

/// Takes the link away and gives the id of the tree that it pointed to, trusted or not.
std::optional<std::string> unlink_tree(const Store& store, const oci::Digest& diff_id);

/// A tree's files have the owners that the id map of its time knew, and a single one knows one. So
/// when the map (Engine::id_map_class) is another than before, as after `usermod --add-subuids`, no
/// tree keeps its link: each is unpacked anew where it is needed. One look where nothing changed.
void keep_trees_of_map(const Store& store, const std::string& id_map_class);

void mark_unlinked(const Store& store, const std::string& id);
void unmark_unlinked(const Store& store, const std::string& id);
/// The id when `path` is such a mark.
std::optional<std::string> unlinked_tree_of_mark(const fs::path& path);

}  // namespace trainyard::store

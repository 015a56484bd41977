#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/job.hpp"
#include "oci/layer_tar.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// Layer trees live in `layers/<id>/`, id = 20 random characters: short enough for overlay's mount
/// data, and known before the diff-id is. `diffs/<diff-id hex>` is a symbolic link to the tree once
/// the diff-id is known.

/// A fresh id.
std::string new_layer_id();
fs::path layer_tree(const Store& store, const std::string& id);
/// The tree of a layer with this diff-id, if there is one that can be trusted (sync_state.hpp).
/// Starts nothing.
std::optional<fs::path> find_tree(const Store& store, const oci::Digest& diff_id);

/// The place of a tree that is about to be moved there, marked as ours until a diff-id links to it.
fs::path announce_tree(const Store& store, const std::string& id);
/// For jobs: moves a finished folder (made under tmp/) to a place that was announced, atomically.
void move_tree(const fs::path& folder, const fs::path& tree);
/// Both, for a caller outside of the namespaces: the folder may be one that only these may rename.
fs::path adopt_tree(const Store& store, JobRunner& runner, const fs::path& folder,
                    const std::string& id);

/// Writes the tar of a tree into blobs/ and links diffs/<diff-id> to it. When another tree with
/// this diff-id is linked already, the link stays. Long; meant for a thread beside the next step.
/// A test aid: with TRAINYARD_TEST_HASH_DELAY_MS in the environment it takes that many milliseconds
/// longer, so that a test can see what happens beside it. `temporary` is a free path in a work
/// folder of the caller's; without one, a folder is made for it.
oci::LayerTar store_layer(const Store& store, JobRunner& runner, const fs::path& tree,
                          const fs::path& temporary = {});

/// Writes the blob of a layer again from its linked tree. False when there is none, or when its tar
/// is another: the tree of another tool's layer, or a damaged one.
bool rewrite_layer(const Store& store, JobRunner& runner, const oci::Digest& diff_id);

/// The tree of `diff_id`; unpacked from its blob when the tree is gone. Nothing when both are gone,
/// or when what is left of the blob is damaged (it is removed then). Two callers at once unpack it
/// once.
std::optional<fs::path> ensure_tree(const Store& store, JobRunner& runner,
                                    const oci::Digest& diff_id);

/// Unpacks a layer blob (plain, gzip, zstd, xz or bzip2, by content) from `file` into a new tree,
/// stores it as an uncompressed blob, byte for byte as it was packed, and links it. With
/// `expected`, another diff-id is an Error, and a layer that is whole in the store already is not
/// taken again. For `FROM oci:` and `import`. `entries` of the result is 0.
oci::LayerTar take_layer(const Store& store, JobRunner& runner, const fs::path& file,
                         const std::optional<oci::Digest>& expected = std::nullopt);

/// Removes folders with everything below them, whatever their owners and modes.
void remove_trees(JobRunner& runner, const std::vector<fs::path>& folders);

/// This room's jobs: "store.adopt", "store.tar", "store.unpack", "store.remove", "store.verify",
/// "store.measure".
JobTable layer_jobs();

}  // namespace trainyard::store

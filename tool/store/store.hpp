#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "oci/digest.hpp"

namespace trainyard::store {

/// The content-addressed folder that holds blobs, layers, step records and run records. It is an
/// OCI image layout with our own folders beside it (docs/ARCHITECTURE.md, "The store"). This class
/// knows where things are; what they mean is in the other headers of this room.
class Store {
 public:
  /// `folder`, else $TRAINYARD_STORE, else $XDG_DATA_HOME/trainyard, else ~/.local/share/trainyard.
  /// Makes the skeleton (mode 0700) when it is missing. Throws Error when it belongs to somebody
  /// else, when it cannot be written, when it holds other things than a store, or when it lies on a
  /// file system that cannot hold layer trees (NFS), saying so. Opening a store that exists costs a
  /// handful of system calls.
  static Store open(const std::optional<fs::path>& folder = std::nullopt);
  /// Where `open` would look.
  static fs::path default_folder();

  const fs::path& root() const { return root_; }

  fs::path blob(const oci::Digest& digest) const { return root_ / "blobs/sha256" / digest.hex(); }
  bool has_blob(const oci::Digest& digest) const;
  /// Stores bytes under their digest; a blob that is there already, and whole, is left alone.
  oci::Digest put_blob(std::string_view content, Durability durability = Durability::cheap) const;
  /// Reads a small blob (a manifest, a config); checks its digest; throws Error that names what is
  /// wrong.
  std::string read_blob(const oci::Digest& digest) const;

  fs::path layers() const { return root_ / "layers"; }
  fs::path diffs() const { return root_ / "diffs"; }
  fs::path steps() const { return root_ / "steps"; }
  fs::path runs() const { return root_ / "runs"; }
  fs::path fingerprints() const { return root_ / "fingerprints"; }
  fs::path roots() const { return root_ / "roots"; }
  /// Up to when what each boot wrote is known to be on the disk (sync_state.hpp).
  fs::path boots() const { return root_ / "boots"; }
  /// What RUN --mount=type=cache keeps (caches.hpp).
  fs::path caches() const { return root_ / "caches"; }
  fs::path locks() const { return root_ / "locks"; }
  fs::path tmp() const { return root_ / "tmp"; }

 private:
  explicit Store(fs::path root) : root_(std::move(root)) {}
  fs::path root_;
};

}  // namespace trainyard::store

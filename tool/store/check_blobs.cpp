#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/check_pass.hpp"
#include "store/layer_trees.hpp"
#include "store/trash.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

/// What write_file_atomic has in flight, or left; the sweep's matter.
bool is_temporary(const std::string& name) {
  return name.starts_with('.');
}

bool is_digest(const std::string& name) {
  return name.size() == 64 && name.find_first_not_of("0123456789abcdef") == std::string::npos;
}

bool has_digest(const fs::path& file, const oci::Digest& digest) {
  try {
    return sha256_hex_of_file(file) == digest.hex();
  } catch (const Error&) {
    return false;
  }
}

/// Our own layers come from their trees byte for byte; those of other tools only by chance.
bool write_again(CheckPass& pass, const oci::Digest& digest) {
  try {
    return rewrite_layer(pass.store, pass.runner, digest) &&
           has_digest(pass.store.blob(digest), digest);
  } catch (const Error&) {
    return false;
  }
}

std::string mend(CheckPass& pass, const oci::Digest& digest) {
  if (write_again(pass, digest)) return "written again from its layer tree";
  const WorkFolder work(pass.store);
  const Trash trash(work.path());
  const fs::path blob = pass.store.blob(digest);
  // A build or run may have made it anew since it was read.
  if (trash.take(blob) && has_digest(trash.place_of(blob), digest)) {
    trash.give_back(blob);
    return "made anew by a build or run in the meantime";
  }
  return "removed: what needs it makes it anew, or says how";
}

void check_blob(CheckPass& pass, const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  if (is_temporary(name)) return;
  if (!is_digest(name) || !entry.is_regular_file())
    return pass.found("file " + entry.path().string(), "it is no blob: its name is not a SHA-256",
                      "another program put it here: move it away");
  const oci::Digest digest = oci::Digest::from_hex(name);
  ++pass.report.blobs;
  std::string cause;
  try {
    const std::string content = sha256_hex_of_file(entry.path());
    std::error_code gone;
    const auto size = entry.file_size(gone);
    if (!gone) pass.report.bytes += size;
    if (content == name) return;
    cause = "its content has the digest sha256:" + content;
  } catch (const Error& error) {
    if (!pass.store.has_blob(digest)) return;  // rmi went by
    cause = "it cannot be read: " + error.cause();
  }
  pass.found(
      "blob " + digest.str(), cause, [&] { return mend(pass, digest); },
      "call check without --dry-run to mend or remove it");
  // With mending it is gone, or made anew by the time that somebody asks for it.
  if (pass.mending == Mending::no) pass.lost.insert(digest);
}

}  // namespace

void check_blobs(CheckPass& pass) {
  for (const auto& entry : fs::directory_iterator(pass.store.root() / "blobs/sha256"))
    check_blob(pass, entry);
}

}  // namespace trainyard::store

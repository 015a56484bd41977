#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/check_pass.hpp"
#include "store/folder_entries.hpp"
#include "store/layer_trees.hpp"
#include "store/trash.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

namespace {

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
  return rewrite_layer(pass.store, pass.runner, digest) &&
         has_digest(pass.store.blob(digest), digest);
}

/// A blob whose tree is there stays until it can be written again: a full disk is no reason to lose
/// what will be mended when there is room.
std::string write_again_or_remove(CheckPass& pass, const oci::Digest& digest) {
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

std::string mend(CheckPass& pass, const oci::Digest& digest) {
  pass.lost.insert(digest);  // it lies there as it is if this throws
  std::string outcome = write_again_or_remove(pass, digest);
  pass.lost.erase(digest);
  return outcome;
}

/// What cannot be read now may be whole: a limit of open files or a network file system pass.
void check_unreadable(CheckPass& pass, const oci::Digest& digest, const Error& error) {
  pass.found("blob " + digest.str(), "it cannot be read: " + error.cause(),
             "left where it is: call check again; if it stays so, remove " +
                 pass.store.blob(digest).string() + ", and what needs it makes it anew");
}

void check_blob(CheckPass& pass, const fs::directory_entry& entry) {
  const std::string name = entry.path().filename().string();
  if (!is_digest(name) || !entry.is_regular_file())
    return pass.found("file " + entry.path().string(), "it is no blob: its name is not a SHA-256",
                      "another program put it here: move it away");
  const oci::Digest digest = oci::Digest::from_hex(name);
  ++pass.report.blobs;
  std::string content;
  try {
    content = sha256_hex_of_file(entry.path());
  } catch (const Error& error) {
    if (!is_gone(entry.path())) check_unreadable(pass, digest, error);
    return;  // rmi went by
  }
  std::error_code gone;
  const auto size = entry.file_size(gone);
  if (!gone) pass.report.bytes += size;
  if (content == name) return;
  pass.found(
      "blob " + digest.str(), "its content has the digest sha256:" + content,
      [&] { return mend(pass, digest); },
      "call check without --dry-run to mend or remove it");
  // With mending it is gone, or made anew by the time that somebody asks for it.
  if (pass.mending == Mending::no) pass.lost.insert(digest);
}

}  // namespace

void check_blobs(CheckPass& pass) {
  for (const auto& entry : folder_entries(pass.store.root() / "blobs/sha256"))
    check_blob(pass, entry);
}

}  // namespace trainyard::store

#include <sys/stat.h>

#include "base/error.hpp"
#include "base/json.hpp"
#include "store/layer_jobs.hpp"
#include "store/remove_tree.hpp"

namespace trainyard::store {

namespace {

oci::Digest tar_digest(const fs::path& tree) {
  return oci::write_layer_tar(tree, -1).diff_id;
}

/// The digest that `blob`, unpacked, has as our tar.
oci::Digest unpacked_digest(const fs::path& blob, const fs::path& work) {
  const fs::path tree = work / "unpacked";
  if (::mkdir(tree.c_str(), 0755) != 0) throw system_error("making folder", tree.string());
  ::chmod(tree.c_str(), 0755);
  try {
    oci::unpack_layer(open_for_reading(blob).get(), tree);
    const oci::Digest digest = tar_digest(tree);
    remove_tree(tree);
    return digest;
  } catch (...) {
    remove_tree(tree);
    throw;
  }
}

/// {whole, readable, cause}
Json verdict(bool whole, const std::string& cause = {}, bool readable = true) {
  return {{"whole", whole}, {"readable", readable}, {"cause", cause}};
}

}  // namespace

Json verify_job(const Json& request) {
  ObjectReader in(request, "store.verify");
  const fs::path tree = in.string("tree");
  const oci::Digest diff_id = oci::Digest::parse(in.string("diff_id"));
  const bool is_own = in.boolean_or("is_own", false);
  const fs::path blob = in.string("blob");
  const fs::path work = in.string("work");
  in.finish();
  oci::Digest found;
  try {
    found = tar_digest(tree);
  } catch (const Error& error) {
    return verdict(false, "it cannot be read: " + error.cause(), false);
  }
  if (found == diff_id) return verdict(true);
  // Another tool's tar may hold the same files in another form. With its blob gone, nothing tells.
  try {
    const bool may_be_whole = blob.empty() ? !is_own : unpacked_digest(blob, work) == found;
    if (may_be_whole) return verdict(true);
  } catch (const Error& error) {
    return verdict(false, "its blob cannot be read: " + error.cause(), false);
  }
  return verdict(false, "its files are not those of its layer");
}

}  // namespace trainyard::store

#include "cli/jobs.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/file.hpp"
#include "build/build_image.hpp"
#include "oci/layer_tar.hpp"
#include "store/layer_trees.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

namespace {
/// The tar of a folder, as the namespaces' root sees its owners: the caller's own files are root's.
Json tar_folder(const Json& request) {
  const std::string file = request.at("tar");
  const UniqueFd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) throw system_error("writing", file);
  oci::write_layer_tar(request.at("folder").get<std::string>(), out.get());
  return Json::object();
}
}  // namespace

JobTable all_jobs() {
  JobTable table = store::layer_jobs();
  table[k_tar_folder] = tar_folder;
  table.merge(build::build_jobs());
  table.merge(training::training_jobs());
  return table;
}

}  // namespace trainyard::cli

#include "cli/jobs.hpp"

#include "build/build_image.hpp"
#include "store/layer_trees.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

JobTable all_jobs() {
  JobTable table = store::layer_jobs();
  table.merge(build::build_jobs());
  table.merge(training::training_jobs());
  return table;
}

}  // namespace trainyard::cli

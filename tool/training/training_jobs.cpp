#include "training/checkpoints.hpp"
#include "training/output_collection.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

JobTable training_jobs() {
  JobTable table = collection_jobs();
  table.merge(checkpoint_jobs());
  return table;
}

}  // namespace trainyard::training

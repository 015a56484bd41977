#include "training/checkpoints.hpp"
#include "training/metrics_follower.hpp"
#include "training/output_collection.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

JobTable training_jobs() {
  JobTable table = collection_jobs();
  table.merge(checkpoint_jobs());
  table[k_follow_job] = follow_job;
  return table;
}

}  // namespace trainyard::training

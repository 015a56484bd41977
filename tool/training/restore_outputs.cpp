#include <algorithm>

#include "base/error.hpp"
#include "training/output_files.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

std::vector<fs::path> restore_outputs(const store::Store& store, const RunSpec& spec,
                                      const std::string& key) {
  const std::optional<store::RunRecord> record = store::find_run(store, key);
  if (!record)
    throw Error("restoring the outputs of", spec.name,
                "the store has no record of run " + key.substr(0, 12),
                "delete the stamp beside the run's result file and build again");
  std::vector<fs::path> written;
  for (const RunOutput& output : spec.outputs) {
    const auto found =
        std::find_if(record->outputs.begin(), record->outputs.end(),
                     [&](const store::Output& other) { return other.path == output.path; });
    if (found == record->outputs.end())
      throw Error("restoring", output.destination.string(),
                  "run " + key.substr(0, 12) + " has no output \"" + output.path + "\"",
                  "build the run again");
    put_output(store, *found, output.destination);
    written.push_back(output.destination);
  }
  return written;
}

}  // namespace trainyard::training

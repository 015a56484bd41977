#include "training/training_log.hpp"

#include "base/error.hpp"
#include "store/run_records.hpp"
#include "training/keeper_client.hpp"

namespace trainyard::training {

void show_training_log(const store::Store& store, const std::string& key, LogMode mode,
                       const std::function<void(std::string_view)>& bytes) {
  const fs::path folder = store::run_folder(store, key);
  if (mode == LogMode::follow && watch_run(folder, bytes)) return;
  const std::optional<std::string> log = read_file_if_exists(folder / "log");
  if (!log)
    throw usage_error("reading the log of run", key.substr(0, 12),
                      "it has none: this run has not started yet", "build its target");
  bytes(*log);
}

}  // namespace trainyard::training

#include "base/error.hpp"
#include "base/lock_file.hpp"
#include "store/check_pass.hpp"
#include "store/folder_entries.hpp"
#include "store/record_path.hpp"
#include "store/run_records.hpp"

namespace trainyard::store {

namespace {

std::string lost_outputs(const CheckPass& pass, const RunRecord& record) {
  std::string lost;
  for (const Output& output : record.outputs)
    for (const OutputFile& file : output.files) {
      std::error_code gone;
      const auto size = fs::file_size(pass.store.blob(file.digest), gone);
      if (!gone && size == file.size && !pass.lost.contains(file.digest)) continue;
      lost += (lost.empty() ? "" : ", ") + output.path + (file.path.empty() ? "" : "/" + file.path);
    }
  return lost;
}

/// Whoever trains it holds its lock, and may have put another record since this one was read.
std::string forget_run(const CheckPass& pass, const std::string& key) {
  const fs::path folder = run_folder(pass.store, key);
  const auto lock = LockFile::try_acquire(run_lock(folder));
  if (!lock) return "left: it is being trained anew";
  const auto now = find_run(pass.store, key);
  if (now && lost_outputs(pass, *now).empty()) return "trained anew in the meantime";
  remove_file(folder / "record.json");
  return "its record was removed: the next build trains it anew";
}

void check_run(CheckPass& pass, const fs::path& folder) {
  const std::string key = folder.filename().string();
  const fs::path file = folder / "record.json";
  if (!is_key(key) || !fs::exists(file)) return;
  ++pass.report.runs;
  const auto record = find_run(pass.store, key);
  const std::string subject =
      "run " + key.substr(0, 12) + (record ? " (" + record->target + ")" : "");
  const auto forget = [&] { return forget_run(pass, key); };
  const std::string otherwise = "the next build trains it anew";
  if (!record)
    return pass.found(subject, "its record was cut short or changed: its seal does not fit", forget,
                      otherwise);
  if (const std::string lost = lost_outputs(pass, *record); !lost.empty())
    pass.found(subject, "these outputs are missing or damaged: " + lost, forget, otherwise);
}

}  // namespace

void check_runs(CheckPass& pass) {
  for (const auto& group : folder_entries(pass.store.runs()))
    for (const auto& folder : folder_entries(group.path())) check_run(pass, folder.path());
}

}  // namespace trainyard::store

#include "store/check_pass.hpp"
#include "store/fingerprint_rows.hpp"
#include "store/folder_entries.hpp"
#include "store/sealed.hpp"
#include "store/step_records.hpp"

namespace trainyard::store {

namespace {

void damaged(CheckPass& pass, const std::string& kind, const fs::path& file,
             const std::string& consequence) {
  pass.found(
      kind + " " + file.lexically_relative(pass.store.root()).string(),
      "it was cut short or changed: its seal does not fit",
      [&] {
        remove_file(file);
        return "removed: " + consequence;
      },
      "it is not used; " + consequence);
}

void check_sealed_files(CheckPass& pass, const fs::path& folder, const std::string& extension,
                        const std::string& kind, const std::string& consequence) {
  std::error_code gone;
  for (fs::recursive_directory_iterator it(folder, gone), end; !gone && it != end;
       it.increment(gone)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.') || it->path().extension() != extension || !it->is_regular_file(gone))
      continue;
    const auto text = read_file_if_exists(it->path());
    if (!text) continue;
    ++pass.report.records;
    if (!unseal(*text)) damaged(pass, kind, it->path(), consequence);
  }
}

}  // namespace

void check_records(CheckPass& pass) {
  for (const KeptStep& step : list_steps(pass.store)) {
    ++pass.report.records;
    if (!step.record) damaged(pass, "step record", step.file, "the step is done again");
  }
  for (const auto& [file, whole] : list_facts(pass.store)) {
    ++pass.report.records;
    if (!whole) damaged(pass, "record", file, "what it says is computed again");
  }
  check_sealed_files(pass, pass.store.roots(), ".json", "record of a build tree",
                     "the next build of that target writes it again");
  check_sealed_files(pass, pass.store.boots(), "", "record of a boot",
                     "layers of that boot are read before they are used again");
  for (const auto& entry : folder_entries(pass.store.fingerprints()))
    if (!FingerprintRows::is_whole(entry.path()))
      damaged(pass, "fingerprints", entry.path(), "the files of that folder are read again");
}

}  // namespace trainyard::store

#include "cli/templates.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/process.hpp"
#include "cli/version.hpp"

namespace trainyard::cli {

fs::path templates_folder() {
  const fs::path beside =
      own_executable().parent_path().parent_path() / "share/trainyard/templates";
  for (const fs::path& folder :
       {beside, fs::path(k_installed_templates), fs::path(k_source_templates)})
    if (fs::is_directory(folder)) return folder;
  throw Error("finding", "the templates",
              "neither " + beside.string() + " nor " + k_installed_templates + " is there",
              "install Trainyard completely: cmake --install");
}

std::vector<std::string> template_names(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace trainyard::cli

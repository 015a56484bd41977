#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/find_by_name.hpp"
#include "report/table.hpp"

namespace trainyard::cli {

int history_command(const std::vector<std::string>& words) {
  CLI::App app("Shows the steps that an image was made of, the last one first.", "history");
  std::string name;
  bool json = false;
  app.add_option("image", name, "Tag, digest or target")->required()->type_name("IMAGE");
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Image image = named_image(store_arguments.open_store(), name);
  std::vector<std::vector<std::string>> rows;
  Json list = Json::array();
  size_t layer = 0;
  for (const oci::HistoryEntry& entry : image.config.history) {
    const bool has_layer = !entry.empty_layer && layer < image.manifest.layers.size();
    const uint64_t size = has_layer ? image.manifest.layers[layer].size : 0;
    const std::string diff_id = has_layer ? image.config.diff_ids[layer].str() : "";
    if (has_layer) ++layer;
    list.push_back({{"created_by", entry.created_by},
                    {"size", size},
                    {"diff_id", diff_id},
                    {"empty_layer", entry.empty_layer}});
    rows.push_back({diff_id.empty() ? "-" : diff_id.substr(7, 12), format_bytes(size),
                    printable(entry.created_by)});
  }
  if (json) {
    std::printf("%s\n", dump_json(list, 2).c_str());
    return 0;
  }
  const Terminal terminal = inspect_terminal(1);
  report::Table table({"LAYER", "SIZE", "CREATED BY"});
  for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
    for (char& c : (*row)[2])
      if (c == '\n' || c == '\t') c = ' ';
    if (terminal.is_terminal) (*row)[2] = fit_columns((*row)[2], terminal.columns - 26);
    table.add(*row);
  }
  std::fputs(table.render().c_str(), stdout);
  return 0;
}

}  // namespace trainyard::cli

#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/table.hpp"
#include "store/images.hpp"

namespace trainyard::cli {

int images_command(const std::vector<std::string>& words) {
  CLI::App app("Lists the images in the store.", "images");
  bool json = false;
  bool quiet = false;
  app.add_flag("--json", json, "As JSON");
  app.add_flag("-q,--quiet", quiet, "Digests alone");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  report::Table table({"NAME", "DIGEST", "LAYERS", "SIZE"});
  Json list = Json::array();
  for (const store::TaggedImage& entry : store::list_images(store_arguments.open_store())) {
    const std::string digest = entry.image.digest.str();
    list.push_back({{"digest", digest},
                    {"tags", entry.tags},
                    {"size", entry.image.size},
                    {"layers", entry.image.manifest.layers.size()}});
    if (quiet) std::printf("%s\n", digest.c_str());
    const std::vector<std::string> names =
        entry.tags.empty() ? std::vector<std::string>{"-"} : entry.tags;
    for (const std::string& name : names)
      table.add({name, entry.image.digest.brief(),
                 std::to_string(entry.image.manifest.layers.size()),
                 format_bytes(entry.image.size)});
  }
  if (json)
    std::printf("%s\n", dump_json(list, 2).c_str());
  else if (!quiet)
    std::fputs(table.render().c_str(), stdout);
  return 0;
}

}  // namespace trainyard::cli

#include <algorithm>
#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/table.hpp"
#include "store/images.hpp"
#include "store/roots.hpp"

namespace trainyard::cli {

namespace {

/// An image's tags; for one without, the targets of build trees that name it.
std::vector<std::string> names_of(const store::TaggedImage& entry,
                                  const std::vector<store::RootedTarget>& roots) {
  std::vector<std::string> names = entry.tags;
  if (!names.empty()) return names;
  const std::string digest = entry.image.digest.str();
  for (const store::RootedTarget& root : roots)
    if (root.kind == store::TargetKind::image && root.value == digest &&
        std::find(names.begin(), names.end(), root.target) == names.end())
      names.push_back(root.target);
  if (names.empty()) names.emplace_back("-");
  return names;
}

}  // namespace

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
  const store::Store store = store_arguments.open_store();
  const std::vector<store::RootedTarget> roots = store::list_roots(store);
  for (const store::TaggedImage& entry : store::list_images(store)) {
    const std::string digest = entry.image.digest.str();
    list.push_back({{"digest", digest},
                    {"tags", entry.tags},
                    {"size", entry.image.size},
                    {"layers", entry.image.manifest.layers.size()}});
    if (quiet) std::printf("%s\n", digest.c_str());
    for (const std::string& name : names_of(entry, roots))
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

#include <cstdio>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "store/images.hpp"
#include "store/reserve.hpp"

namespace trainyard::cli {

int rmi_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Takes a tag off; an image without tags goes, with the layers that no other image uses.",
      "rmi");
  std::vector<std::string> names;
  app.add_option("images", names, "Tags or digests")->required()->type_name("IMAGE...");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  store::spend_reserve(store.root());
  for (const std::string& name : names)
    for (const std::string& line : store::remove_image(store, *engine, name))
      std::printf("%s\n", line.c_str());
  store::keep_reserve(store.root());
  return 0;
}

}  // namespace trainyard::cli

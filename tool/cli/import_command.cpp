#include <fcntl.h>

#include <cstdio>

#include "base/error.hpp"
#include "base/quantity.hpp"
#include "cli/arguments.hpp"
#include "cli/background_sync.hpp"
#include "cli/command.hpp"
#include "cli/jobs.hpp"
#include "store/images.hpp"
#include "store/last_use.hpp"
#include "store/layer_trees.hpp"
#include "store/roots.hpp"
#include "store/work_folder.hpp"

namespace trainyard::cli {

namespace {

struct ImportArguments {
  std::string source, digest_file, stamp, name, build_dir;
  std::vector<std::string> tags;
};

void copy_stream(int from, const fs::path& to) {
  const UniqueFd out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) throw system_error("writing", to.string());
  std::string buffer(1 << 18, '\0');
  for (ssize_t n = 0; (n = ::read(from, buffer.data(), buffer.size())) != 0;) {
    if (n < 0) throw system_error("reading", "standard input");
    write_all(out.get(), std::string_view(buffer).substr(0, static_cast<size_t>(n)), to.string());
  }
}

/// The tar to take: the file itself, or one made of a folder or of standard input.
fs::path tar_of(engine::Engine& engine, const std::string& source, const store::WorkFolder& work) {
  if (source != "-" && fs::is_regular_file(source)) return absolute_normal(source);
  const fs::path tar = work.fresh("import");
  if (source == "-") {
    copy_stream(STDIN_FILENO, tar);
  } else if (fs::is_directory(source)) {
    engine.call(k_tar_folder,
                {{"folder", absolute_normal(source).string()}, {"tar", tar.string()}});
  } else {
    throw usage_error("importing", source, "there is no such file or folder",
                      "name a tar of a root file system, a folder, or - for standard input");
  }
  return tar;
}

oci::LayerTar take(const store::Store& store, engine::Engine& engine, const std::string& source,
                   const store::WorkFolder& work) {
  const fs::path tar = tar_of(engine, source, work);
  try {
    return store::take_layer(store, engine, tar);
  } catch (const Error& error) {
    throw Error("importing", source, error.what(), error.hint(), error.code());
  }
}

oci::ImageConfig config_of(const oci::Digest& diff_id) {
  oci::ImageConfig config;
  config.platform = oci::host_platform();
  config.diff_ids.push_back(diff_id);
  config.config.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"};
  config.config.cmd = {"/bin/sh"};
  config.config.working_dir = "/";
  config.history.push_back({oci::k_constant_time, "trainyard import", "", "", false});
  return config;
}

}  // namespace

int import_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Makes an image of one layer from a root file system: a tar (plain, gzip, zstd, xz, bzip2), "
      "a folder, or - for a tar on standard input.",
      "import");
  ImportArguments arguments;
  app.add_option("source", arguments.source, "Tar, folder or -")->required()->type_name("SOURCE");
  app.add_option("-t,--tag", arguments.tags, "Name of the image: name[:tag]; may be repeated")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("--digest-file", arguments.digest_file,
                 "Where to write the digest; left alone when it is the same")
      ->type_name("FILE");
  app.add_option("--stamp", arguments.stamp, "File to touch when all is done")->type_name("FILE");
  app.add_option("--name", arguments.name, "The build graph's target, for look-up by name")
      ->type_name("TARGET");
  app.add_option("--build-dir", arguments.build_dir, "The build tree of that target")
      ->type_name("DIR");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  std::vector<oci::Reference> tags;
  for (const std::string& tag : arguments.tags) tags.push_back(oci::Reference::parse(tag));
  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  const store::Visit visit(store);
  const store::WorkFolder work(store);
  const oci::LayerTar layer = take(store, *engine, arguments.source, work);
  const store::Image image = store::put_image(store, config_of(layer.diff_id), {layer.size}, tags);
  if (!arguments.name.empty() && !arguments.build_dir.empty())
    store::put_root(store, {store::TargetKind::image,
                            arguments.name,
                            absolute_normal(arguments.build_dir),
                            image.digest.str(),
                            {},
                            {}});
  if (!arguments.digest_file.empty())
    write_file_if_changed(arguments.digest_file, image.digest.str() + "\n");
  if (!arguments.stamp.empty()) touch(arguments.stamp);
  sync_or_start_sync(store, layer.size);
  std::fprintf(stderr, "%s  %s  imported from %s\n", image.digest.str().c_str(),
               format_bytes(image.size).c_str(), arguments.source.c_str());
  if (arguments.digest_file.empty()) std::printf("%s\n", image.digest.str().c_str());
  return 0;
}

}  // namespace trainyard::cli

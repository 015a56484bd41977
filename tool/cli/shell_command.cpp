#include <unistd.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "build/failed_step.hpp"
#include "build/forecast.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/find_by_name.hpp"
#include "cli/image_container.hpp"
#include "cli/last_request.hpp"
#include "cli/run_container.hpp"
#include "store/last_use.hpp"
#include "store/roots.hpp"
#include "store/work_folder.hpp"
#include "training/shell_of_run.hpp"

namespace trainyard::cli {

namespace {

/// As progress calls an image with a tag.
std::string oci_name(const std::string& name) {
  try {
    return oci::Reference::parse(name).name;
  } catch (const Error&) {
    return name;
  }
}

/// bash where there is one; an image without any shell gets the machine's static busybox, bound in.
constexpr const char* k_own_shell = "command -v bash >/dev/null 2>&1 && exec bash; exec sh";
constexpr const char* k_lent_shell = "/run/trainyard/busybox";

void lend_busybox(engine::ContainerSpec& spec) {
  const fs::path busybox = find_program("busybox");
  if (busybox.empty())
    throw Error("starting a shell in", "the image",
                "it has no /bin/sh, and this machine has no busybox to lend",
                "apt-get install busybox-static, or run a command that the image has: trainyard "
                "run IMAGE COMMAND");
  engine::Mount mount;
  mount.source = fs::canonical(busybox);
  mount.target = k_lent_shell;
  spec.mounts.push_back(mount);
  spec.argv = {k_lent_shell, "sh"};
}

std::string run_key(const store::Store& store, const std::string& name) {
  try {
    return store::require_run_key(store, name);
  } catch (const Error& error) {
    if (error.cause() != "there is no such run in the store") throw;
    throw usage_error("opening a shell in", name, "it is neither an image nor a run in the store",
                      "`trainyard images` lists the images; a run is named by its target, "
                      "target@build-dir, the path of an output, or the first digits of its key");
  }
}

engine::ContainerSpec container_to_enter(const store::Store& store, engine::Engine& engine,
                                         const std::string& name, const store::WorkFolder& work) {
  const store::Visit visit(store);
  // A run's name goes first: a target of a build tree is either a run or an image.
  if (store::find_root(store, store::TargetKind::run, name))
    return training::shell_of_run(store, engine, store::require_run_key(store, name), work);
  if (const auto image = find_named_image(store, name)) {
    engine::ContainerSpec spec = container_of_image(store, engine, *image, {}, work);
    spec.network = engine::Network::host;
    spec.profile = engine::Profile::interactive;
    return spec;
  }
  return training::shell_of_run(store, engine, run_key(store, name), work);
}

/// Where a RUN that failed stood, else what is there behind a step that went well.
engine::ContainerSpec container_of_step(const store::Store& store, engine::Engine& engine,
                                        const std::string& name, int number,
                                        const store::WorkFolder& work) {
  const store::Visit visit(store);
  engine::ContainerSpec spec;
  const auto failed = build::find_failed_step(store, oci_name(name));
  if (failed && failed->number == number) {
    spec.layers = failed->layers;
    spec.environment = failed->environment;
    spec.working_directory = failed->working_directory;
    spec.user = failed->user;
  } else {
    const build::StepState state =
        build::state_behind_step(store, engine, last_request(store, name), number);
    spec.layers = state.layers;
    spec.environment = state.environment;
    spec.working_directory = state.working_directory;
    spec.user = state.user;
  }
  work.pin_trees(spec.layers);
  for (const fs::path& layer : spec.layers)
    if (!fs::exists(layer))
      throw usage_error("opening a shell in", name, "it was removed from the store just now",
                        "build it again");
  if (spec.working_directory.empty()) spec.working_directory = "/";
  spec.network = engine::Network::host;
  spec.profile = engine::Profile::interactive;
  return spec;
}

}  // namespace

int shell_command(const std::vector<std::string>& words) {
  CLI::App app(
      "A shell in an image, behind one of its steps, or where a run stood: its files, environment "
      "and working folder.",
      "shell");
  std::string name;
  int step = 0;
  app.add_option("--step", step,
                 "A step of the image by its number: as it left everything, also when it failed")
      ->type_name("N");
  app.add_option("name", name, "An image, or a run: target, key or output")
      ->required()
      ->type_name("IMAGE|RUN");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const store::WorkFolder work(store);
  const auto engine = store_arguments.make_engine(store);  // its end comes before the folder's
  engine::ContainerSpec spec = step != 0 ? container_of_step(store, *engine, name, step, work)
                                         : container_to_enter(store, *engine, name, work);
  spec.argv = {"/bin/sh", "-c", k_own_shell};
  spec.work = work.path();
  spec.interactive = true;
  spec.terminal = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
  try {
    return run_container(*engine, spec);
  } catch (const engine::CommandNotExecutable&) {
    lend_busybox(spec);
    return run_container(*engine, spec);
  }
}

}  // namespace trainyard::cli

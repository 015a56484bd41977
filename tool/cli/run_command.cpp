#include <cstdio>

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/container_options.hpp"
#include "cli/find_by_name.hpp"
#include "cli/image_container.hpp"
#include "cli/run_container.hpp"
#include "cli/train.hpp"
#include "store/last_use.hpp"
#include "store/work_folder.hpp"

namespace trainyard::cli {

namespace {

/// CLI11 does not know of what it hands on unread.
class RunHelp : public CLI::Formatter {
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: trainyard run [OPTIONS] IMAGE [COMMAND...]\n";
  }
};

constexpr int k_tool_failed = 125;  // as docker run has it: the tool, not the command, failed

/// What to do instead of an option that only docker has; the nearest spelling would mislead.
std::string unknown_option_hint(const CLI::App& app, const std::string& option) {
  const std::string name = option.substr(0, option.find('='));
  if (name == "--gpus" || name == "--device")
    return "a container that is run at once gets no devices; a training run does: GPUS in "
           "add_training_run";
  if (name == "--mount") return "write it as -v SOURCE:TARGET[:ro], or --tmpfs TARGET";
  if (name == "--privileged" || name.starts_with("--cap-"))
    return "a container has the capabilities of a RUN step; others cannot be added";
  if ((name.starts_with("-d") && name.find_first_not_of("-dit") == name.npos))
    return "a container ends with the tool; put it in the background with & or systemd-run";
  return option_hint(app, {option});
}

engine::ContainerSpec container_to_run(const store::Store& store, engine::Engine& engine,
                                       const ContainerOptions& options,
                                       const std::vector<std::string>& positionals,
                                       const store::WorkFolder& work) {
  const store::Visit visit(store);
  store::Image image = named_image(store, positionals.front());
  if (options.entrypoint()) {
    image.config.config.cmd.reset();
    image.config.config.entrypoint.reset();
    if (!options.entrypoint()->empty()) image.config.config.entrypoint = {*options.entrypoint()};
  }
  engine::ContainerSpec spec =
      container_of_image(store, engine, image, {positionals.begin() + 1, positionals.end()}, work);
  options.apply(spec);
  if (spec.argv.empty())
    throw usage_error("running", positionals.front(), "the image has no command of its own",
                      "say what to run: trainyard run " + positionals.front() + " COMMAND");
  spec.profile = engine::Profile::interactive;
  return spec;
}

/// `trainyard run IMAGE [COMMAND…]`: the command's own exit code; 125, 126, 127 as docker has them.
int run_image(const StoreArguments& store_arguments, const ContainerOptions& options,
              const std::vector<std::string>& positionals) {
  if (positionals.empty())
    throw usage_error("reading", "the arguments of \"trainyard run\"", "the image is missing",
                      "trainyard run IMAGE [COMMAND...]; \"trainyard images\" lists what there is");
  const store::Store store = store_arguments.open_store();
  const store::WorkFolder work(store);
  const auto engine = store_arguments.make_engine(store);  // its end comes before the folder's
  engine->expect_start();
  return run_container(*engine, container_to_run(store, *engine, options, positionals, work));
}

}  // namespace

int run_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Runs a command in a container of an image; with --spec, a training run whose result is "
      "kept.",
      "run");
  TrainArguments train;
  train.add_to(app);
  ContainerOptions options;
  options.add_to(app);
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  app.prefix_command();
  app.formatter(std::make_shared<RunHelp>());
  app.footer("What stands behind IMAGE goes to the container as it is.");
  const bool is_spec =
      !words.empty() &&
      (words[0].starts_with("--spec") || words[0].starts_with("-S") || words[0] == "--set" ||
       words[0] == "--detach" || words[0] == "--from-scratch" || words[0] == "--report-undeclared");
  try {
    if (!parse(app, words)) return 0;
    std::vector<std::string> positionals = app.remaining();
    if (!positionals.empty() && positionals.front() == "--") positionals.erase(positionals.begin());
    if (train.given()) return train_from_spec(store_arguments, train, positionals);
    if (!positionals.empty() && positionals.front().starts_with("-"))
      throw usage_error("reading", "the arguments of \"trainyard run\"",
                        "unknown option " + positionals.front(),
                        unknown_option_hint(app, positionals.front()));
    return run_image(store_arguments, options, positionals);
  } catch (const engine::CommandNotExecutable& error) {
    if (is_spec) throw;
    std::fputs(error.render().c_str(), stderr);
    return error.exit_code();
  } catch (const Error& error) {
    if (is_spec) throw;
    std::fputs(error.render().c_str(), stderr);
    return k_tool_failed;
  }
}

}  // namespace trainyard::cli

#include <unistd.h>

#include <cstdio>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/terminal.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/run_plot.hpp"
#include "store/roots.hpp"
#include "training/sweep_spec.hpp"

namespace trainyard::cli {

namespace {

struct PlotArguments {
  std::vector<std::string> runs;
  report::PlotChoice choice;
  std::string output, along;
  bool logarithmic = false;
  bool json = false;
};

void add_options(CLI::App& app, PlotArguments& arguments) {
  app.add_option("runs", arguments.runs,
                 "A target, target@build-dir, a key's beginning, or an output's path")
      ->required()
      ->type_name("RUN");
  app.add_option("--metric", arguments.choice.metrics,
                 "This series alone; may be repeated. Without it: all that have several points")
      ->type_name("NAME")
      ->allow_extra_args(false);
  app.add_option("-o,--output", arguments.output,
                 "Where to draw: FILE.svg, or FILE.png by rsvg-convert; SVG to standard output "
                 "without it")
      ->type_name("FILE");
  app.add_option("--x", arguments.along,
                 "What to draw along; without it the first of these that all series know")
      ->type_name("epoch|step|time")
      ->check(CLI::IsMember({"epoch", "step", "time"}));
  app.add_flag("--log", arguments.logarithmic, "Values on a logarithmic axis");
  app.add_flag("--together", arguments.choice.together, "All series in one pair of axes");
  app.add_option("--title", arguments.choice.title, "Instead of the target's name")
      ->type_name("TITLE");
  app.add_flag("--json", arguments.json, "The series as JSON, nothing drawn");
}

void warn(const std::string& text) {
  std::fprintf(stderr, "trainyard: %s\n", printable_line(text).c_str());
}

/// What the present spec of the build tree declares may be more than the record knows: PLOTS is not
/// in the key.
std::vector<std::string> declared_plots(const store::Store& store, const std::string& name,
                                        const std::string& key) {
  try {
    const auto root = store::find_root(store, store::TargetKind::run, name);
    if (!root || root->value != key) return {};
    return training::read_rooted_spec(*root).plots;
  } catch (const Error&) {
    return {};  // it is gone, or somebody is at work on it: the record is enough
  }
}

report::RunSeries series_of(const store::Store& store, const std::string& name) {
  const std::string key = store::require_run_key(store, name);
  const auto record = store::find_run(store, key);
  if (!record)
    throw usage_error("drawing", name, "it has not ended well, or is no longer there",
                      "build it; what it printed: trainyard logs " + name);
  return {report::row_of(*record, false),
          training::read_series(store, *record, declared_plots(store, name, key), warn)};
}

std::string png_of(const std::string& svg, const std::string& file) {
  if (find_program("rsvg-convert").empty())
    throw Error("drawing", file, "the program rsvg-convert is not installed",
                "sudo apt-get install librsvg2-bin, or draw to a file named *.svg",
                ExitCode::machine);
  const Captured done =
      capture({"rsvg-convert", "--format=png", "--zoom=2", "--unlimited"}, {{}, svg});
  if (!done.status.success())
    throw Error("drawing", file,
                "rsvg-convert ended with exit code " + std::to_string(done.status.code))
        .with_excerpt(done.err);
  return done.out;
}

void put_plot(const std::string& svg, const std::string& file) {
  if (!file.empty()) {
    const fs::path path = absolute_normal(file);
    write_file_atomic(path, path.extension() == ".png" ? png_of(svg, file) : svg);
    return;
  }
  if (inspect_terminal(STDOUT_FILENO).is_terminal)
    throw usage_error("drawing", "on a terminal", "a plot is a picture",
                      "name a file: -o plot.svg or -o plot.png");
  write_all(STDOUT_FILENO, svg, "standard output");
}

}  // namespace

int plot_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Draws how metrics of one or several runs went, from what stands in their METRICS and PLOTS.",
      "plot");
  PlotArguments arguments;
  add_options(app, arguments);
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;
  if (arguments.logarithmic) arguments.choice.scale = report::Scale::logarithmic;
  if (!arguments.along.empty())
    arguments.choice.along = arguments.along == "epoch"  ? report::Along::epoch
                             : arguments.along == "step" ? report::Along::step
                                                         : report::Along::time;
  const fs::path extension = fs::path(arguments.output).extension();
  if (!arguments.output.empty() && extension != ".svg" && extension != ".png")
    throw usage_error("drawing", "\"" + arguments.output + "\"",
                      "its name says neither .svg nor .png", "name it plot.svg or plot.png");

  const store::Store store = store_arguments.open_store();
  std::vector<report::RunSeries> runs;
  for (const std::string& name : arguments.runs) runs.push_back(series_of(store, name));
  if (arguments.json) {
    std::printf("%s\n", dump_json(report::series_json(runs, arguments.choice.metrics), 2).c_str());
    return 0;
  }
  put_plot(report::render_svg(report::plot_of(runs, arguments.choice, warn)), arguments.output);
  return 0;
}

}  // namespace trainyard::cli

#include "cli/command.hpp"

namespace trainyard::cli {

namespace {
constexpr Command k_commands[] = {
    {"build", "build an image from a Dockerfile or a spec", build_command},
    {"lint", "pitfalls of a Dockerfile, and how to mend them", lint_command},
    {"run", "run a command in an image, or a training run from a spec", run_command},
    {"why", "why an image's steps would be made again, before they are", why_command},
    {"shell", "a shell in an image, or where a run stood", shell_command},
    {"logs", "what a run printed; -f follows it", logs_command},
    {"ps", "the training runs that are going on", ps_command},
    {"stop", "stop training runs", stop_command},
    {"runs", "the finished runs in the store, with parameters and metrics", runs_command},
    {"metrics", "what runs reached, and how two differ", metrics_command},
    {"plot", "draw how metrics of runs went, as SVG or PNG", plot_command},
    {"provenance", "where a model comes from: run, inputs, image, commit", provenance_command},
    {"verify", "run a finished run again, and say what comes out differently", verify_command},
    {"images", "the images in the store", images_command},
    {"history", "the steps that an image was made of", history_command},
    {"inspect", "all that is known of an image or a run, as JSON", inspect_command},
    {"import", "an image from a root file system: a tar or a folder", import_command},
    {"rmi", "remove images", rmi_command},
    {"gc", "remove what nobody needs from the store", gc_command},
    {"df", "what fills the store", df_command},
    {"cache", "the caches that build steps keep", cache_command},
    {"check", "read the whole store again and mend what is damaged", check_command},
    {"init", "start a project from a template", init_command},
    {"doctor", "what this machine can do, and how to mend what it cannot", doctor_command},
    {"restore", "put a run's outputs in the build tree", restore_command},
    {"sweep", "what the edges of a sweep call: a point, the summary", sweep_command},
    {"assert", "check a run's metrics", assert_command},
    {"internal-supervisor", "", supervisor_command},
    {"internal-keeper", "", keeper_command},
    {"internal-note-traces", "", note_traces_command},
    {"internal-complete", "", complete_command},
    {"internal-manual", "", manual_command},
    {"internal-sync", "", sync_command},
};
}  // namespace

std::span<const Command> all_commands() {
  return k_commands;
}

}  // namespace trainyard::cli

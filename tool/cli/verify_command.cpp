#include <csignal>
#include <cstdio>

#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/signal_forwarder.hpp"
#include "report/provenance.hpp"
#include "report/run_verification_text.hpp"
#include "report/training_progress.hpp"
#include "store/roots.hpp"
#include "training/machine.hpp"
#include "training/run_verification.hpp"

namespace trainyard::cli {

namespace {

training::RunVerification verify(const StoreArguments& arguments, const store::Store& store,
                                 const std::string& key, const Json& provenance, bool quiet) {
  SignalForwarder signals;
  const auto engine = arguments.make_engine(store);
  report::TrainingProgress progress(provenance.at("target"), provenance.at("command"));
  training::VerifyEvents events;
  events.log = [&](std::string_view bytes) {
    if (!quiet) progress.output(bytes);
  };
  events.note = [&](const std::string& line) { progress.note(line); };
  events.container = [&](engine::Container* container) {
    if (container == nullptr) return signals.set_receiver({});
    signals.set_receiver([container](int) { container->signal(SIGTERM); });
  };
  events.stop_requested = [&] { return signals.last() != 0; };
  return training::verify_run(store, *engine, key, events);
}

}  // namespace

int verify_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Runs a finished run again, with the image and the inputs of then, and says which outputs "
      "and "
      "metrics come out differently and what was not pinned. Its record and the build tree stay as "
      "they are. Exit code 0: the same, 1: something differs.",
      "verify");
  std::string name;
  bool json = false;
  app.add_option("run", name, "A run's target, key or output")->required()->type_name("RUN");
  app.add_flag("--json", json, "As JSON, without what the command prints");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const std::string key = store::require_run_key(store, name);
  const Json provenance = report::provenance_of(store, key);
  const auto verification = verify(store_arguments, store, key, provenance, json);
  const auto lines = report::unpinned(provenance, training::describe_machine());
  if (json)
    std::printf("%s\n", dump_json(report::run_verification_json(verification, lines), 2).c_str());
  else
    std::fputs(report::run_verification_text(verification, lines).c_str(), stdout);
  return verification.same() ? 0 : 1;
}

}  // namespace trainyard::cli

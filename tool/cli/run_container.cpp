#include "cli/run_container.hpp"

#include <cstdio>

#include "base/quantity.hpp"
#include "cli/signal_forwarder.hpp"

namespace trainyard::cli {

int run_container(engine::Engine& engine, const engine::ContainerSpec& spec, int out) {
  SignalForwarder signals;
  const auto container = engine.start(spec);
  signals.set_receiver([&container](int number) { container->signal(number); });
  const engine::ContainerResult result =
      container->wait([out](engine::Stream stream, std::string_view bytes) {
        write_all(stream == engine::Stream::out ? out : STDERR_FILENO, bytes,
                  stream == engine::Stream::out ? "standard output" : "standard error");
      });
  signals.set_receiver({});
  for (const std::string& warning : result.warnings)
    std::fprintf(stderr, "trainyard: warning: %s\n", warning.c_str());
  if (result.out_of_memory)
    std::fprintf(stderr, "trainyard: the command ran out of its %s of memory and was killed\n",
                 format_bytes(spec.limits.memory.value_or(0)).c_str());
  if (result.timed_out)
    std::fprintf(stderr, "trainyard: the command was stopped: its time was over\n");
  return result.exit_code;
}

}  // namespace trainyard::cli

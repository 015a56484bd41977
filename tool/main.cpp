#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "cli/command.hpp"
#include "cli/version.hpp"

namespace {

using namespace trainyard;

void print_help() {
  std::puts("trainyard: container images and training runs as nodes of a build graph\n");
  std::puts("usage: trainyard COMMAND [OPTIONS]\n");
  for (const cli::Command& command : cli::all_commands())
    if (*command.summary != '\0') std::printf("  %-9s %s\n", command.name, command.summary);
  std::puts("\ntrainyard COMMAND --help shows the options of a command.");
}

const cli::Command& find_command(const std::string& name) {
  std::vector<std::string> known;
  for (const cli::Command& command : cli::all_commands()) {
    if (name == command.name) return command;
    if (*command.summary != '\0') known.emplace_back(command.name);
  }
  const std::string near = suggestion(name, known);
  throw usage_error("", "\"" + name + "\"", "no such command",
                    near.empty() ? "\"trainyard --help\" lists the commands" : near);
}

int dispatch(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "--help";
  if (name == "--help" || name == "-h" || name == "help") {
    print_help();
    return argc > 1 ? 0 : static_cast<int>(ExitCode::usage);
  }
  if (name == "--version" || name == "version") {
    std::printf("trainyard %s\n", cli::k_version);
    return 0;
  }
  return find_command(name).run({argv + 2, argv + argc});
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of write(2), not our death
  try {
    const int code = dispatch(argc, argv);
    if (std::fflush(stdout) != 0) throw system_error("writing to", "standard output");
    return code;
  } catch (const Error& error) {
    std::fputs(error.render().c_str(), stderr);
    return static_cast<int>(error.code());
  } catch (const std::bad_alloc&) {
    std::fputs("trainyard: error: out of memory\n", stderr);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "trainyard: error: %s\n", error.what());
  }
  return static_cast<int>(ExitCode::machine);
}

#include <csignal>
#include <cstdio>
#include <cstring>
#include <new>
#include <string>
#include <vector>

#include "base/error_of.hpp"
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

/// Words that other tools' users type, and what stands for them here.
struct Elsewhere {
  const char* name;
  const char* instead;
};
constexpr Elsewhere k_elsewhere[] = {
    {"pull",
     "registries are not spoken to: trainyard import takes a root file system, trainyard build "
     "--build-context NAME=oci:FOLDER:TAG an OCI layout"},
    {"push",
     "registries are not spoken to; the store is an OCI layout: skopeo copy "
     "oci:STORE:NAME docker://… reads it in place"},
    {"login", "registries are not spoken to"},
    {"logout", "registries are not spoken to"},
    {"save",
     "the store is an OCI layout: skopeo copy oci:STORE:NAME oci-archive:FILE reads it in "
     "place"},
    {"export",
     "the store is an OCI layout: skopeo copy oci:STORE:NAME oci-archive:FILE reads it in "
     "place"},
    {"load",
     "trainyard import takes a root file system, trainyard build --build-context "
     "NAME=oci:FOLDER:TAG an OCI layout"},
    {"tag",
     "tags are given by trainyard build -t, trainyard import -t and TAGS of "
     "add_training_image"},
    {"exec", "a container is left alone while it runs; afterwards: trainyard shell RUN"},
    {"attach", "trainyard logs -f RUN follows a training"},
    {"kill",
     "trainyard stop RUN ends a training; end the trainyard run IMAGE that started a container with "
     "SIGTERM: it hands the signal on"},
    {"rm", "containers are removed when they end; images: trainyard rmi"},
    {"ls", "trainyard images"},
    {"image", "trainyard images, history IMAGE, inspect IMAGE, rmi IMAGE"},
    {"info", "trainyard doctor"},
    {"prune", "trainyard gc removes what nobody needs, trainyard rmi images"},
    {"system", "trainyard doctor for the machine, trainyard rmi for room"},
    {"compose", "a build graph's targets stand for it: add_training_run, with DEPENDS and INPUTS"},
};

const cli::Command& find_command(const std::string& name) {
  std::vector<std::string> known;
  for (const cli::Command& command : cli::all_commands()) {
    if (name == command.name) return command;
    if (*command.summary != '\0') known.emplace_back(command.name);
  }
  for (const Elsewhere& other : k_elsewhere)
    if (name == other.name)
      throw usage_error("", "\"" + name + "\"", "no such command", other.instead);
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
    std::fputs(error_of(error).render().c_str(), stderr);
  }
  return static_cast<int>(ExitCode::machine);
}

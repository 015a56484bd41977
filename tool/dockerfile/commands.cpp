#include <algorithm>

#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/instructions.hpp"

// RUN, CMD, ENTRYPOINT, SHELL, HEALTHCHECK: instructions that hold a command line. None of them is
// expanded: the shell in the container does that.

namespace trainyard::dockerfile {

namespace {

/// Whether a word opens a here-document: an optional descriptor, `<<` or `<<-`, and a name.
bool opens_heredoc(std::string_view word) {
  while (!word.empty() && is_digit(word.front())) word.remove_prefix(1);
  if (!word.starts_with("<<")) return false;
  word.remove_prefix(2);
  if (word.starts_with('-')) word.remove_prefix(1);
  return !word.empty() && word.find('<') == std::string_view::npos;
}

CommandLine parse_command(const InstructionReader& in, const std::string& example) {
  in.check_flags({});
  return in.command_line(in.require_rest("a command", "write " + example));
}

/// A program's name cannot be empty; an empty list clears CMD and ENTRYPOINT.
void require_program(const InstructionReader& in, const CommandLine& command) {
  if (command.exec_form && (command.argv.empty() || command.argv[0].empty()))
    throw in.error(in.rest(), in.keyword() + " in exec form names no program",
                   "the first string is the program: [\"program\", \"argument\"]");
}

int64_t duration_flag(const InstructionReader& in, const char* name) {
  const Flag* flag = in.flag(name);
  if (flag == nullptr) return 0;
  int64_t duration = 0;
  try {
    duration = parse_duration(flag->value, "--" + flag->name);
  } catch (const Error& error) {
    throw in.error(flag->value_span, error.cause(), error.hint());
  }
  if (duration != 0 && duration < 1'000'000)
    throw in.error(flag->value_span, "--" + flag->name + " must be 0 or at least 1ms");
  return duration;
}

int retries_flag(const InstructionReader& in) {
  const Flag* flag = in.flag("retries");
  if (flag == nullptr) return 0;
  const std::string& value = flag->value;
  if (value.size() > 6 || !std::all_of(value.begin(), value.end(), is_digit))
    throw in.error(flag->value_span, "\"" + value + "\" is not a number of retries",
                   "write a whole number such as --retries=3");
  return std::stoi(value);
}

}  // namespace

void refuse_heredocs(const InstructionReader& in) {
  for (const Span word : in.shell_words(in.rest()))
    if (opens_heredoc(in.view(word)))
      throw in.left_out(
          word, "A here-document",
          in.keyword() == "RUN"
              ? "join the commands with && and continue lines, or COPY a script and run it"
              : "put the text in a file of the context and copy that");
}

Run parse_run(const InstructionReader& in) {
  in.check_flags(
      {{"network"},
       {"mount", "COPY what the step needs, and remove caches in the same step"},
       {"security", "steps run with the default restrictions: remove the flag"},
       {"device", "devices are given to training runs, not to build steps: remove the flag"}});
  in.require_rest("a command", "write RUN command arguments");
  refuse_heredocs(in);
  Run run;
  run.command = in.command_line(in.rest());
  require_program(in, run.command);
  if (const Flag* network = in.flag("network")) {
    const std::vector<std::string> known{"default", "none", "host"};
    if (std::find(known.begin(), known.end(), network->value) == known.end()) {
      const std::string near = suggestion(network->value, known);
      throw in.error(network->value_span, "there is no network \"" + network->value + "\"",
                     near.empty() ? "write default, none or host" : near);
    }
    run.network = network->value;
  }
  return run;
}

Cmd parse_cmd(const InstructionReader& in) {
  return {parse_command(in, "CMD [\"program\", \"argument\"]")};
}

Entrypoint parse_entrypoint(const InstructionReader& in) {
  return {parse_command(in, "ENTRYPOINT [\"program\", \"argument\"]")};
}

Shell parse_shell(const InstructionReader& in) {
  const std::string hint = "write SHELL [\"/bin/bash\", \"-c\"]";
  const CommandLine command = parse_command(in, "SHELL [\"/bin/bash\", \"-c\"]");
  if (!command.exec_form) throw in.error(in.rest(), "SHELL needs a JSON array of strings", hint);
  require_program(in, command);
  return {command.argv};
}

HealthCheck parse_healthcheck(const InstructionReader& in) {
  in.check_flags({{"interval"}, {"timeout"}, {"start-period"}, {"start-interval"}, {"retries"}});
  const std::string hint = "write HEALTHCHECK CMD command, or HEALTHCHECK NONE";
  const Span rest = in.require_rest("CMD or NONE", hint);
  const std::vector<Span> words = in.blank_words(rest);
  const std::string kind = uppered(in.view(words[0]));
  HealthCheck check;
  if (kind == "NONE") {
    if (words.size() > 1) throw in.error(words[1], "nothing may follow HEALTHCHECK NONE", hint);
    check.none = true;
  } else if (kind == "CMD") {
    if (words.size() == 1) throw in.error(words[0], "HEALTHCHECK CMD needs a command", hint);
    check.command = in.command_line({words[1].begin, rest.end});
    require_program(in, check.command);
  } else {
    throw in.error(words[0],
                   "HEALTHCHECK needs CMD or NONE, not \"" + std::string(in.view(words[0])) + "\"",
                   hint);
  }
  check.interval = duration_flag(in, "interval");
  check.timeout = duration_flag(in, "timeout");
  check.start_period = duration_flag(in, "start-period");
  check.start_interval = duration_flag(in, "start-interval");
  check.retries = retries_flag(in);
  return check;
}

}  // namespace trainyard::dockerfile

#include <algorithm>

#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/device.hpp"
#include "dockerfile/instructions.hpp"
#include "dockerfile/mount.hpp"

// RUN, CMD, ENTRYPOINT, SHELL, HEALTHCHECK: instructions that hold a command line. None of them is
// expanded: the shell in the container does that.

namespace trainyard::dockerfile {

namespace {

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

/// `RUN <<X` alone: the here-document is the script, given to the shell or, when it names its
/// interpreter, executed. Otherwise it is the shell's own and goes there as it was written.
void take_heredocs(const InstructionReader& in, Run& run) {
  const Heredoc& first = in.heredocs().front();
  std::string text(in.view(in.rest()));
  if (first.span.begin == in.rest().begin && first.span.end == in.rest().end) {
    const std::string& name = first.opening.name;
    text = first.opening.strips_tabs ? without_leading_tabs(first.text) : first.text;
    if (text.starts_with("#!")) {
      if (name.find('/') != std::string::npos || name == "." || name == "..")
        throw in.error(first.span, "a script cannot be called \"" + name + "\"", "write RUN <<EOF");
      run.script = InlineFile{name, std::move(text), false, in.line().location(first.span.begin)};
      text = std::string(k_script_folder) + "/" + name;
    }
  } else {
    for (const Heredoc& heredoc : in.heredocs()) text += "\n" + heredoc.text + heredoc.opening.name;
  }
  run.command.argv = {std::move(text)};
}

int64_t duration_flag(const InstructionReader& in, const char* name) {
  const Flag* flag = in.flag(name);
  if (flag == nullptr) return 0;
  // As the language has it: no other builder takes a bare number, or days.
  const std::string& text = flag->value;
  const bool bare = std::all_of(text.begin(), text.end(), is_digit) && text != "0";
  if (bare)
    throw in.error(flag->value_span, "the duration \"" + text + "\" has no unit",
                   "write --" + flag->name + "=" + text + "s for seconds");
  if (text.ends_with('d'))
    throw in.error(flag->value_span, "a duration is not given in days here", "write hours: 24h");
  int64_t duration = 0;
  try {
    duration = parse_duration(flag->value, "--" + flag->name);
  } catch (const Error& error) {
    throw in.error(flag->value_span, error.cause(),
                   "write a number with ms, s, m or h: 500ms, 90s, 1h30m");
  }
  if (duration != 0 && is_digit(flag->value.back()))
    throw in.error(flag->value_span, "--" + flag->name + " needs a unit",
                   "write for example " + flag->value + "s");
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

/// The value of a flag that is one of `known`; empty without the flag.
std::string word_flag(const InstructionReader& in, const char* name, const std::string& what,
                      const std::vector<std::string>& known) {
  const Flag* flag = in.flag(name);
  if (flag == nullptr) return {};
  if (std::find(known.begin(), known.end(), flag->value) != known.end()) return flag->value;
  std::string all;
  for (const std::string& word : known)
    all += (all.empty() ? "" : &word == &known.back() ? " or " : ", ") + word;
  const std::string near = suggestion(flag->value, known);
  throw in.error(flag->value_span, "there is no " + what + " \"" + flag->value + "\"",
                 near.empty() ? "write " + all : near);
}

}  // namespace

Run parse_run(const InstructionReader& in) {
  in.check_flags({{"network"},
                  {"mount", FlagRule::Kind::values},
                  {"security"},
                  {"device", FlagRule::Kind::values}});
  in.require_rest("a command", "write RUN command arguments");
  Run run;
  if (in.heredocs().empty())
    run.command = in.command_line(in.rest());
  else
    take_heredocs(in, run);
  require_program(in, run.command);
  run.network = word_flag(in, "network", "network", {"default", "none", "host"});
  run.insecure = word_flag(in, "security", "security mode", {"sandbox", "insecure"}) == "insecure";
  for (const Flag* mount : in.flags("mount")) run.mounts.push_back(parse_mount_flag(in, *mount));
  for (const Flag* device : in.flags("device"))
    run.devices.push_back(parse_device_flag(in, *device));
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

#include <algorithm>
#include <optional>
#include <utility>

#include "dockerfile/characters.hpp"
#include "lint/checks.hpp"
#include "lint/package_commands.hpp"
#include "lint/run_text.hpp"

// What RUN steps do.

namespace trainyard::lint {

using dockerfile::Copy;
using dockerfile::Instruction;
using dockerfile::Run;
using dockerfile::Stage;

namespace {

/// A RUN in shell form with its commands.
struct Step {
  const Instruction* instruction;
  const Run* run;
  RunText text;
  std::vector<ShellCommand> commands;
};

std::string folder_of(std::string path) {
  while (path.size() > 1 && path.ends_with('/')) path.pop_back();
  return path;
}

/// Whether one of the two lies in the other, or they are the same.
bool overlap(const std::string& a, const std::string& b) {
  const auto within = [](const std::string& inner, const std::string& outer) {
    return inner == outer || outer == "/" || inner.starts_with(outer + "/");
  };
  return within(a, b) || within(b, a);
}

/// By its `#!` line.
bool runs_in_shell(std::string_view script) {
  const std::string_view line = script.substr(0, script.find('\n'));
  for (const char* shell : {"/sh", "/bash", "/dash", "/zsh", "/ksh", " sh", " bash", " zsh"})
    if (line.find(shell) != std::string_view::npos) return true;
  return false;
}

/// `RUN <<X` alone: its script. Otherwise nothing.
std::optional<std::string_view> script_of(const Run& run) {
  if (run.script) return run.script->text;
  const std::string& command = run.command.argv.front();
  if (command.empty() || command.ends_with('\n')) return command;
  return std::nullopt;
}

/// What of a RUN is the shell's to read: of a program with a here-document the first line alone.
std::string_view shell_part(const Run& run, std::string_view command) {
  const size_t end = command.find('\n');
  if (end == std::string_view::npos) return command;
  const auto script = script_of(run);
  if (!script) return command.substr(0, end);
  if (script->starts_with("#!") && !runs_in_shell(*script)) return {};
  // The line that ends it is no command.
  return command.substr(0, command.rfind('\n'));
}

/// Lines at whose end a command ends.
size_t lines_of_commands(std::string_view script) {
  size_t count = 0;
  while (!script.empty()) {
    const size_t end = std::min(script.find('\n'), script.size());
    const std::string_view line = dockerfile::trimmed(script.substr(0, end));
    script.remove_prefix(std::min(end + 1, script.size()));
    if (line.empty() || line.starts_with('#')) continue;
    const bool goes_on = line.ends_with('\\') || line.ends_with("&&") || line.ends_with('|');
    count += goes_on ? 0 : 1;
  }
  return count;
}

bool is_errexit(std::string_view word) {
  return word.size() > 1 && word[0] == '-' && word[1] != '-' &&
         word.find('e') != std::string_view::npos;
}

bool sets_errexit(const ShellCommand& command) {
  return command.has_word("errexit") ||
         std::any_of(command.words.begin(), command.words.end(),
                     [](const ShellWord& word) { return is_errexit(word.text); });
}

/// Whether a SHELL does so of itself: ["/bin/bash", "-ec"].
bool ends_on_failure(const std::vector<std::string>& argv) {
  return std::any_of(argv.begin(), argv.end(),
                     [](const std::string& word) { return is_errexit(word) || word == "errexit"; });
}

class CommandCheck {
 public:
  CommandCheck(const Stage& stage, Findings& findings) : stage_(stage), findings_(findings) {}

  void run() {
    for (const Instruction& instruction : stage_.instructions) {
      if (const auto* copy = std::get_if<Copy>(&instruction.body))
        copies_.push_back({copy, &instruction});
      if (const auto* env = std::get_if<dockerfile::Env>(&instruction.body)) look_at(*env);
      if (const auto* shell = std::get_if<dockerfile::Shell>(&instruction.body))
        shell_ends_ = ends_on_failure(shell->argv);
      const auto* run = std::get_if<Run>(&instruction.body);
      if (run == nullptr || run->command.exec_form) continue;
      RunText text(findings_.file(), instruction.at);
      const std::string_view script = shell_part(*run, text.command());
      std::vector<ShellCommand> commands = shell_commands(script);
      const Step step{&instruction, run, std::move(text), std::move(commands)};
      look_at_apt(step);
      look_at_pip(step);
      look_at_permissions(step);
      look_at_script(step);
    }
  }

 private:
  struct Brought {
    const Copy* copy;
    const Instruction* instruction;
  };

  void look_at(const dockerfile::Env& env) {
    for (const auto& [key, value] : env.variables)
      no_pip_cache_ = no_pip_cache_ || key.text == "PIP_NO_CACHE_DIR";
  }

  void add(const char* rule, const Step& step, const ShellWord& word, std::string message,
           std::string mend) {
    findings_.add(rule, step.text.at(word.offset), word.length, std::move(message),
                  std::move(mend));
  }

  void look_at_apt(const Step& step) {
    const ShellCommand* update = nullptr;
    const ShellCommand* install = nullptr;
    for (const ShellCommand& command : step.commands) {
      const AptCommand apt = read_apt(command);
      if (apt.kind == AptCommand::Kind::update && update == nullptr) update = &command;
      if (apt.kind != AptCommand::Kind::install) continue;
      install = &command;
      if (!apt.says_yes)
        add("AptWithoutYes", step, command.words.front(),
            command.program() + " install asks before it begins, and a build has nobody to answer",
            "write " + command.program() + " install -y");
      for (const ShellWord* package : apt.unpinned)
        add("UnpinnedAptPackage", step, *package,
            "which version of \"" + package->text + "\" is installed depends on the day",
            "write " + package->text + "=VERSION, or begin with a base image that has it");
    }
    if (update == nullptr) return;
    const bool kept_out = cleans_apt_lists(step.commands) || mounts(step, "/var/lib/apt") ||
                          mounts(step, "/var/lib/apt/lists");
    if (install == nullptr)
      add("AptUpdateAlone", step, update->words.front(),
          "a later " + update->program() + " install uses these lists however old they are by then",
          "put both in one step: RUN " + update->program() + " update && " + update->program() +
              " install -y PACKAGE && rm -rf /var/lib/apt/lists/*");
    else if (!kept_out)
      add("AptListsLeft", step, update->words.front(),
          "the package lists, some 20 MB, stay in the layer of this step",
          "end the step with && rm -rf /var/lib/apt/lists/*, or write RUN "
          "--mount=type=cache,target=/var/lib/apt/lists");
  }

  void look_at_script(const Step& step) {
    const auto found = script_of(*step.run);
    if (!found || shell_ends_) return;
    const std::string_view script = *found;
    if (script.starts_with("#!")) {
      const std::string_view interpreter = script.substr(0, script.find('\n'));
      if (!runs_in_shell(script) || interpreter.find(" -e") != std::string_view::npos) return;
    }
    if (lines_of_commands(script) < 2) return;
    for (const ShellCommand& each : step.commands)
      if (each.program() == "set" && sets_errexit(each)) return;
    const std::string_view command = step.text.command();
    const size_t length = std::min(command.find_first_of(" \t\n"), command.size());
    findings_.add("HeredocWithoutErrexit", step.text.at(0), length,
                  "only the last command of this script decides whether the step has failed",
                  "write set -e as its first line");
  }

  static bool mounts(const Step& step, const std::string& folder) {
    for (const std::string name : {"target=", "dst=", "destination="}) {
      const std::string_view flags = step.text.flags();
      for (size_t at = flags.find(name + folder); at != std::string_view::npos;
           at = flags.find(name + folder, at + 1)) {
        const size_t end = at + name.size() + folder.size();
        if (end == flags.size() ||
            std::string_view(", \t\"'/").find(flags[end]) != std::string_view::npos)
          return true;
      }
    }
    return false;
  }

  void look_at_pip(const Step& step) {
    for (const ShellCommand& command : step.commands) {
      const PipInstall pip = read_pip(command);
      if (!pip.installs) continue;
      for (const ShellWord* package : pip.unpinned)
        add("UnpinnedPipPackage", step, *package,
            "which version of \"" + package->text + "\" is installed depends on the day",
            "write \"" + package->text +
                "==VERSION\", or install from a requirements.txt that a lock tool has made");
      if (!pip.keeps_no_cache && !no_pip_cache_ && !mounts(step, "/root/.cache") &&
          !mounts(step, "/root/.cache/pip"))
        add("PipCacheLeft", step, command.words.front(),
            "what pip has downloaded stays in the layer of this step, beside what it installed",
            "write RUN --mount=type=cache,target=/root/.cache/pip, or pip install --no-cache-dir");
      if (!pip.requirements.empty()) look_at_order(step, command, pip);
    }
  }

  /// `COPY . .` before `pip install -r requirements.txt`.
  void look_at_order(const Step& step, const ShellCommand& command, const PipInstall& pip) {
    for (const Brought& brought : copies_) {
      const Copy& copy = *brought.copy;
      if (copy.from || copy.sources.size() != 1) continue;
      const std::string source = folder_of(copy.sources.front().text);
      if (source != "." && source != "./" && source != "/") continue;
      if (std::exchange(order_reported_, true)) return;
      add("CopyBeforeInstall", step, command.words.front(),
          "line " + std::to_string(brought.instruction->at.line) +
              " copies the whole context, so after each change of a file all packages are "
              "installed again",
          "copy " + pip.requirements + " alone before this step, and the rest after it");
    }
  }

  void look_at_permissions(const Step& step) {
    for (const ShellCommand& command : step.commands) {
      if (command.program() != "chmod" && command.program() != "chown") continue;
      std::vector<const ShellWord*> arguments;
      for (size_t i = 1; i < command.words.size(); ++i)
        if (!command.words[i].text.starts_with('-')) arguments.push_back(&command.words[i]);
      for (size_t i = 1; i < arguments.size(); ++i)
        look_at_path(step, command, *arguments[0], *arguments[i]);
    }
  }

  void look_at_path(const Step& step, const ShellCommand& command, const ShellWord& to,
                    const ShellWord& path) {
    if (!path.text.starts_with('/')) return;
    for (const Brought& brought : copies_) {
      const Copy& copy = *brought.copy;
      const std::string destination = folder_of(copy.destination.text);
      if (!destination.starts_with('/') || !overlap(folder_of(path.text), destination)) continue;
      if (destination == "/" && path.text != "/") continue;
      const std::string keyword = copy.add ? "ADD" : "COPY";
      add("PermissionsAfterCopy", step, command.words.front(),
          command.program() + " of \"" + path.text + "\" stores the files that line " +
              std::to_string(brought.instruction->at.line) + " brought a second time",
          "write " + keyword + " --" + command.program() + "=" + to.text + " there instead");
      return;
    }
  }

  const Stage& stage_;
  Findings& findings_;
  std::vector<Brought> copies_;
  bool no_pip_cache_ = false;
  bool shell_ends_ = false;  ///< SHELL holds -e
  bool order_reported_ = false;
};

}  // namespace

void check_commands(const Stage& stage, Findings& findings) {
  CommandCheck(stage, findings).run();
}

}  // namespace trainyard::lint

#include "lint/package_commands.hpp"

#include <algorithm>
#include <initializer_list>
#include <string_view>

namespace trainyard::lint {

namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Neither a file nor an address, nor anything that only the shell knows.
bool is_package_name(std::string_view word) {
  return !word.empty() && word.find_first_of("$/*`<>") == std::string_view::npos &&
         !word.starts_with('.') && !word.starts_with('-');
}

/// Where pip's own words begin: 1 for `pip`, 3 for `python -m pip`; 0 when it is not pip.
size_t pip_words(const ShellCommand& command) {
  std::string_view program = command.program();
  if (const size_t slash = program.rfind('/'); slash != std::string_view::npos)
    program.remove_prefix(slash + 1);
  const auto word = [&](size_t i) {
    return i < command.words.size() ? std::string_view(command.words[i].text) : std::string_view();
  };
  if (program == "pip" || (program.starts_with("pip3") && program.size() <= 7)) return 1;
  if (program == "uv" && word(1) == "pip") return 2;
  if (program.starts_with("python") && word(1) == "-m" && word(2) == "pip") return 3;
  return 0;
}

/// Options of `pip install` whose value is the next word.
bool takes_value(std::string_view option) {
  return is_one_of(option, {"-r",
                            "--requirement",
                            "-c",
                            "--constraint",
                            "-e",
                            "--editable",
                            "-i",
                            "--index-url",
                            "--extra-index-url",
                            "-f",
                            "--find-links",
                            "-t",
                            "--target",
                            "--prefix",
                            "--root",
                            "--cache-dir",
                            "--timeout",
                            "--retries",
                            "--proxy",
                            "--trusted-host",
                            "--python-version",
                            "--platform",
                            "--no-binary",
                            "--only-binary",
                            "--progress-bar",
                            "--python",
                            "--src",
                            "--cert",
                            "--upgrade-strategy",
                            "--config-settings",
                            "--global-option",
                            "--abi",
                            "--implementation",
                            "--index-strategy",
                            "--torch-backend",
                            "-p"});
}

}  // namespace

AptCommand read_apt(const ShellCommand& command) {
  AptCommand apt;
  if (!is_one_of(command.program(), {"apt", "apt-get", "aptitude"})) return apt;
  for (size_t i = 1; i < command.words.size(); ++i) {
    const std::string& word = command.words[i].text;
    if (is_one_of(word, {"-o", "-t", "-c", "--target-release"})) {
      ++i;
      continue;
    }
    const bool short_options = word.size() > 1 && word[0] == '-' && word[1] != '-';
    // -y among others, and -qq, which implies it.
    if (is_one_of(word, {"--yes", "--assume-yes"}) ||
        (short_options &&
         (word.find('y') != std::string::npos || word.find("qq") != std::string::npos)))
      apt.says_yes = true;
    if (word.starts_with('-')) continue;
    if (apt.kind == AptCommand::Kind::none) {
      if (word == "update") apt.kind = AptCommand::Kind::update;
      if (word == "install") apt.kind = AptCommand::Kind::install;
      if (apt.kind == AptCommand::Kind::none) return apt;
    } else if (is_package_name(word) && word.find('=') == std::string::npos) {
      apt.unpinned.push_back(&command.words[i]);
    }
  }
  return apt;
}

bool cleans_apt_lists(const std::vector<ShellCommand>& commands) {
  return std::any_of(commands.begin(), commands.end(), [](const ShellCommand& command) {
    return is_one_of(command.program(), {"rm", "find", "/bin/rm"}) &&
           std::any_of(command.words.begin(), command.words.end(), [](const ShellWord& word) {
             return word.text.starts_with("/var/lib/apt") || word.text.starts_with("/var/lib/{apt");
           });
  });
}

PipInstall read_pip(const ShellCommand& command) {
  PipInstall pip;
  size_t i = pip_words(command);
  if (i == 0) return pip;
  const bool uv = command.program() == "uv";
  while (i < command.words.size() && command.words[i].text.starts_with('-')) ++i;
  if (i == command.words.size() || command.words[i].text != "install") return pip;
  pip.installs = true;
  bool constrained = false;
  for (++i; i < command.words.size(); ++i) {
    const std::string& word = command.words[i].text;
    if (is_one_of(word, {"--no-cache-dir", "--no-cache"})) pip.keeps_no_cache = true;
    if (takes_value(word)) {
      if (i + 1 < command.words.size() && is_one_of(word, {"-r", "--requirement"}))
        pip.requirements = command.words[i + 1].text;
      constrained = constrained || is_one_of(word, {"-c", "--constraint"});
      ++i;
      continue;
    }
    const bool pinned = word.find_first_of("=@<>~!") != std::string::npos;
    const bool tool = is_one_of(word, {"pip", "setuptools", "wheel", "uv"});
    if (is_package_name(word) && !pinned && !tool && !word.ends_with(".whl"))
      pip.unpinned.push_back(&command.words[i]);
  }
  if (constrained) pip.unpinned.clear();
  // It links its cache into place, and has it outside of pip's folder.
  if (uv) pip.keeps_no_cache = true;
  return pip;
}

}  // namespace trainyard::lint

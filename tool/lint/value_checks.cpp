#include <algorithm>

#include "base/spelling.hpp"
#include "build/expand_word.hpp"
#include "build/image_path.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/expansion.hpp"
#include "dockerfile/port_spec.hpp"
#include "dockerfile/remote_source.hpp"
#include "lint/checks.hpp"
#include "lint/secrets.hpp"

// What an instruction says once its variables are put in.

namespace trainyard::lint {

using dockerfile::Instruction;
using dockerfile::Location;
using dockerfile::Word;

namespace {

/// One instruction and all that is known where it stands.
class ValueCheck {
 public:
  ValueCheck(const Instruction& instruction, const StageScope& scope,
             const Surroundings& surroundings, const build::BuildArguments& arguments,
             Findings& findings)
      : instruction_(instruction),
        scope_(scope),
        surroundings_(surroundings),
        arguments_(arguments),
        findings_(findings),
        declared_(scope.declared) {}

  void run() {
    std::visit([this](const auto& body) { look_at(body); }, instruction_.body);
  }

 private:
  void look_at(const dockerfile::Env& env) {
    for (const auto& [key, value] : env.variables) {
      look_for_unset(key);
      look_for_unset(value);
      look_for_secret("ENV", key);
    }
  }
  void look_at(const dockerfile::Label& label) {
    for (const auto& [key, value] : label.labels) {
      look_for_unset(key);
      look_for_unset(value);
    }
  }
  void look_at(const dockerfile::Arg& arg) {
    for (const auto& declaration : arg.declarations) {
      // A default that is not used is not looked at either.
      if (declaration.value && !arguments_.given(declaration.name.text))
        look_for_unset(*declaration.value);
      look_for_secret("ARG", declaration.name);
      declared_.insert(declaration.name.text);
    }
  }
  void look_at(const dockerfile::Copy& copy) {
    for (const Word& source : copy.sources) look_for_unset(source);
    look_for_unset(copy.destination);
    if (copy.chown) look_for_unset(*copy.chown);
    if (copy.chmod) look_for_unset(*copy.chmod);
    if (copy.checksum) look_for_unset(*copy.checksum);
    for (const dockerfile::InlineFile& file : copy.inline_files)
      if (file.expands) look_for_unset(file);
    if (!copy.from) look_for_ignored(copy);
  }
  void look_at(const dockerfile::Workdir& workdir) {
    look_for_unset(workdir.path);
    const std::string path = expanded(workdir.path);
    if (scope_.workdir_set || path.starts_with('/')) return;
    findings_.add("WorkdirRelativePath", workdir.path.at, workdir.path.text.size(),
                  "the relative path \"" + path + "\" begins wherever the base image's WORKDIR is",
                  "write an absolute path, such as WORKDIR /" + workdir.path.text);
  }
  void look_at(const dockerfile::User& user) { look_for_unset(user.user); }
  void look_at(const dockerfile::StopSignal& stop) { look_for_unset(stop.signal); }
  void look_at(const dockerfile::Volume& volume) {
    for (const Word& path : volume.paths) look_for_unset(path);
  }
  void look_at(const dockerfile::Expose& expose) {
    const auto find = [this](std::string_view name) { return scope_.state.lookup(name); };
    for (const Word& word : expose.ports)
      for (const std::string& text : build::expand_words(findings_.file(), word, find))
        look_at_port(word, text);
  }
  void look_at(const dockerfile::Cmd& cmd) { look_for_shell_form("CMD", cmd.command); }
  void look_at(const dockerfile::Entrypoint& entry) {
    look_for_shell_form("ENTRYPOINT", entry.command);
  }
  template <class Other>
  void look_at(const Other&) {}

  std::string expanded(const Word& word) const {
    const auto find = [this](std::string_view name) { return scope_.state.lookup(name); };
    return build::expand_word(findings_.file(), word, find);
  }

  std::vector<std::string> known_names() const {
    std::vector<std::string> names(declared_.begin(), declared_.end());
    for (const std::string& pair : scope_.state.run_environment())
      names.push_back(pair.substr(0, pair.find('=')));
    return names;
  }

  /// The names that `expand` asks for in vain. `${x:-default}` counts too: where nothing declares
  /// x, nobody can ever set it.
  template <class Expand>
  std::set<std::string> unset_in(Expand expand) const {
    std::set<std::string> unset;
    const auto find = [&](std::string_view name) -> std::optional<std::string> {
      if (auto value = scope_.state.lookup(name)) return value;
      if (name == "PATH") return "";  // always set in the end
      if (!declared_.contains(std::string(name))) unset.emplace(name);
      return std::nullopt;
    };
    try {
      expand(find);
    } catch (const Error&) {
      return {};  // whoever takes the instruction in says so, with its place
    }
    return unset;
  }

  void look_for_unset(const dockerfile::InlineFile& file) {
    const auto expand = [&file](const auto& find) { dockerfile::expand_heredoc(file.text, find); };
    for (const std::string& name : unset_in(expand))
      report_unset(Word{"<<" + file.name, file.at}, name);
  }

  void look_for_unset(const Word& word) {
    const char escape = findings_.file().escape;
    const auto expand = [&](const auto& find) { dockerfile::expand(word.text, escape, find); };
    for (const std::string& name : unset_in(expand)) report_unset(word, name);
  }

  void report_unset(const Word& word, const std::string& name) {
    const auto [at, length] = reference_to(name, word);
    const std::string near = nearest_word(name, known_names());
    const std::string mend = !near.empty()
                                 ? "did you mean \"$" + near + "\"?"
                                 : "declare it before: ARG " + name + ", or ENV " + name + "=value";
    if (scope_.base_known || !near.empty())
      findings_.add("UndefinedVar", at, length, "the variable \"$" + name + "\" is not set here",
                    mend);
    else
      findings_.add("UndefinedVar", Severity::note, at, length,
                    "this file does not set the variable \"$" + name + "\", and whether " +
                        scope_.base_name + " does is not known: that image is not in the store",
                    mend);
  }

  /// Where the file says `$name`, and how much of that line it takes. A word may go on in other
  /// lines; one that does not stand in this file (ONBUILD) or is cut in two is meant as a whole.
  std::pair<Location, size_t> reference_to(const std::string& name, const Word& word) const {
    const std::vector<std::string>& lines = findings_.file().lines;
    for (int number = std::max(word.at.line, 1);
         number <= word.at.end_line && number <= static_cast<int>(lines.size()); ++number) {
      const std::string& line = lines[static_cast<size_t>(number) - 1];
      const size_t from = number == word.at.line ? static_cast<size_t>(word.at.column) - 1 : 0;
      if (number != word.at.line && dockerfile::trimmed(line).starts_with('#')) continue;
      size_t offset = line.find("$" + name, from);
      if (offset == std::string::npos) offset = line.find("${" + name, from);
      if (offset == std::string::npos) continue;
      const size_t length = line[offset + 1] == '{'
                                ? std::min(line.find('}', offset), line.size() - 1) + 1 - offset
                                : name.size() + 1;
      return {{number, static_cast<int>(offset) + 1, word.at.end_line}, length};
    }
    return {word.at, word.text.size()};
  }

  void look_for_secret(const std::string& keyword, const Word& name) {
    if (!names_a_secret(name.text)) return;
    findings_.add("SecretsUsedInArgOrEnv", name.at, name.text.size(),
                  keyword + " \"" + name.text +
                      "\" seems to hold a secret: it stays in the image, for everyone to read",
                  "hand it over while a step runs: RUN --mount=type=secret,id=" +
                      dockerfile::lowered(name.text) + ",env=" + name.text + " command");
  }

  void look_for_ignored(const dockerfile::Copy& copy) {
    const dockerfile::IgnoreFile* ignore = surroundings_.ignore;
    // An exception may bring a part of it back.
    if (ignore == nullptr || ignore->empty() || ignore->has_exceptions()) return;
    for (const Word& word : copy.sources) {
      if (copy.add && dockerfile::remote_kind(word.text) != dockerfile::RemoteKind::none) continue;
      const std::string path = build::clean_path(expanded(word));
      const bool ignored =
          path.empty() || path == "." ? ignore->ignores_everything() : ignore->ignores(path);
      if (!ignored) continue;
      const std::string keyword = copy.add ? "ADD" : "COPY";
      findings_.add("CopyIgnoredFile", word.at, word.text.size(),
                    keyword + " of \"" + word.text + "\", which the ignore file leaves out",
                    "take it out of .dockerignore, or let a line !" + word.text +
                        " at its end bring it back");
    }
  }

  void look_at_port(const Word& word, const std::string& text) {
    const auto spec = dockerfile::parse_port(text);
    if (!spec) return;
    std::string plain = std::to_string(spec->first);
    if (spec->last != spec->first) plain += "-" + std::to_string(spec->last);
    if (!spec->written_protocol.empty()) plain += "/" + spec->protocol;
    if (spec->written_protocol != dockerfile::lowered(spec->written_protocol))
      findings_.add("ExposeProtoCasing", word.at, word.text.size(),
                    "the protocol of \"" + text + "\" should be lower case",
                    "write EXPOSE " + plain);
    if (spec->maps)
      findings_.add(
          "ExposeInvalidFormat", word.at, word.text.size(),
          "\"" + text + "\" names an address or a port of the host, which EXPOSE knows nothing of",
          "write EXPOSE " + plain);
  }

  void look_for_shell_form(const std::string& keyword, const dockerfile::CommandLine& command) {
    // Whoever chooses the shell wants it.
    if (command.exec_form || scope_.state.image().config.shell) return;
    const bool almost = command.argv.front().starts_with('[');
    findings_.add("JSONArgsRecommended", instruction_.at, keyword.size(),
                  almost ? "this is not a valid JSON array, and is given to a shell as it stands"
                         : keyword + " goes through a shell, which does not pass signals on",
                  almost ? "quote with \" and separate with commas: " + keyword +
                               " [\"program\", \"argument\"]"
                         : "write " + keyword + " " + as_array(command.argv.front()));
  }

  /// A simple command as the array that it is; of others only the form can be told.
  static std::string as_array(const std::string& command) {
    if (command.find_first_of("\"'\\$`|&;<>()*?~#\n=!{}[]") != std::string::npos)
      return "[\"program\", \"argument\"]";
    std::string array = "[";
    for (size_t i = 0; i < command.size();) {
      const size_t begin = command.find_first_not_of(" \t", i);
      if (begin == std::string::npos) break;
      i = std::min(command.find_first_of(" \t", begin), command.size());
      array += (array.size() > 1 ? ", \"" : "\"") + command.substr(begin, i - begin) + "\"";
    }
    return array + "]";
  }

  const Instruction& instruction_;
  const StageScope& scope_;
  const Surroundings& surroundings_;
  const build::BuildArguments& arguments_;
  Findings& findings_;
  std::set<std::string> declared_;
};

}  // namespace

void check_values(const Instruction& instruction, const StageScope& scope,
                  const Surroundings& surroundings, const build::BuildArguments& arguments,
                  Findings& findings) {
  ValueCheck(instruction, scope, surroundings, arguments, findings).run();
}

}  // namespace trainyard::lint

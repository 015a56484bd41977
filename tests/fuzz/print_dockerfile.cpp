#include "print_dockerfile.hpp"

#include "base/json.hpp"

using namespace trainyard;
using namespace trainyard::dockerfile;

namespace fuzz {

namespace {

class Printer {
 public:
  explicit Printer(const Dockerfile& file) : file_(file) {}

  std::optional<std::string> run() {
    if (file_.escape != '\\') text_ += std::string("# escape=") + file_.escape + "\n";
    text_ += check_directive();
    for (const Arg& arg : file_.global_args) end_line(print(arg));
    for (const Stage& stage : file_.stages) {
      end_line(print(stage.from));
      for (const Instruction& instruction : stage.instructions)
        end_line(std::visit([&](const auto& body) { return print(body); }, instruction.body));
    }
    if (unprintable_) return std::nullopt;
    return std::move(text_);
  }

 private:
  std::string check_directive() const {
    std::string parts;
    const auto list = [&parts](const char* name, const std::set<std::string>& rules) {
      if (rules.empty()) return;
      parts += (parts.empty() ? "" : ";") + std::string(name) + "=";
      bool first = true;
      for (const std::string& rule : rules) {
        parts += (first ? "" : ",") + rule;
        first = false;
      }
    };
    list("skip", file_.checks.skipped);
    list("experimental", file_.checks.experimental);
    if (file_.checks.error) parts += parts.empty() ? "error=true" : ";error=true";
    return parts.empty() ? "" : "# check=" + parts + "\n";
  }

  void end_line(const std::string& line) {
    const size_t opening = line.find('\n');
    text_ += line.substr(0, opening);
    if (continues(line.substr(0, opening))) text_ += '\v';
    if (opening != std::string::npos) text_ += with_line_ends(line.substr(opening));
    text_ += "\n";
  }

  /// A lone escape character at the end of an instruction, or of the line that opens its
  /// here-documents, would continue the line. A vertical tab behind it, which is a blank, but none
  /// that a continuation may be followed by, keeps it from that.
  bool continues(const std::string& line) const {
    const size_t end = line.find_last_not_of(" \t");
    return end != std::string::npos && line[end] == file_.escape &&
           !(end > 0 && line[end - 1] == file_.escape);
  }

  /// Of the lines of a here-document one carriage return at the end is not theirs.
  static std::string with_line_ends(const std::string& lines) {
    std::string text;
    for (size_t i = 0; i < lines.size(); ++i) {
      if (lines[i] == '\r' && i + 1 < lines.size() && lines[i + 1] == '\n') text += '\r';
      text += lines[i];
    }
    return text;
  }

  /// `<<name`, such that it is read as this name again, and its variables count or do not.
  std::string opening(const std::string& name, bool expands) {
    if (expands) return "<<" + name;
    if (name.find('\'') == std::string::npos) return "<<'" + name + "'";
    unprintable_ = true;
    return "<<";
  }

  std::string quoted_flag(const std::string& name, const std::string& value) const {
    std::string flag = "--" + name + "=";
    for (const char c : value) {
      const bool special =
          c == '"' || c == '\'' || c == file_.escape || c == ' ' || (c >= '\t' && c <= '\r');
      if (special) flag += file_.escape;
      flag += c;
    }
    return flag + " ";
  }
  std::string flag(const std::string& name, const std::optional<Word>& value) const {
    return value ? quoted_flag(name, value->text) : "";
  }

  static std::string array(const std::vector<std::string>& strings) { return Json(strings).dump(); }
  static std::string command(const CommandLine& line) {
    return line.exec_form ? array(line.argv) : line.argv.at(0);
  }
  static std::string pairs(const std::string& keyword, const std::vector<KeyValue>& list,
                           bool old_form) {
    std::string text = keyword;
    for (const auto& [key, value] : list)
      text += " " + key.text + (old_form ? "  " : "=") + value.text;
    return text;
  }

  std::string print(const From& from) const {
    std::string text = "FROM " + flag("platform", from.platform) + from.image.text;
    if (from.as) text += " " + from.as->text + " " + from.written_name->text;
    return text;
  }
  static std::string print(const Arg& arg) {
    std::string text = "ARG";
    for (const auto& declaration : arg.declarations)
      text += " " + declaration.name.text +
              (declaration.value ? "=" + declaration.value->text : std::string());
    return text;
  }
  std::string print(const Run& run) {
    std::string text = "RUN ";
    if (!run.network.empty()) text += quoted_flag("network", run.network);
    if (run.insecure) text += quoted_flag("security", "insecure");
    for (const MountFlag& mount : run.mounts) text += quoted_flag("mount", mount.text.text);
    for (const DeviceFlag& device : run.devices) text += quoted_flag("device", value_of(device));
    if (run.script)
      return text + opening(run.script->name, false) + "\n" + run.script->text + run.script->name;
    const std::string shell = command(run.command);
    // What is the shell's script as a whole ends with the end of a line, or is empty.
    if (!run.command.exec_form && (shell.empty() || shell.ends_with('\n')))
      return text + "<<'THE END'\n" + shell + "THE END";
    return text + shell;
  }
  /// The longest of its forms: whatever is in the name, it is read as that.
  static std::string value_of(const DeviceFlag& device) {
    std::string field = "\"name=";
    for (const char c : device.name) field += c == '"' ? "\"\"" : std::string(1, c);
    return field + (device.required ? "\",required" : "\"");
  }
  std::string print(const Copy& copy) {
    std::string text = copy.add ? "ADD " : "COPY ";
    text += flag("from", copy.from) + flag("chown", copy.chown) + flag("chmod", copy.chmod) +
            flag("checksum", copy.checksum);
    for (const Word& pattern : copy.excluded) text += quoted_flag("exclude", pattern.text);
    if (copy.link) text += "--link ";
    if (copy.parents) text += "--parents ";
    const auto choice = [&text](const char* name, const std::optional<bool>& value) {
      if (value) text += std::string("--") + name + (*value ? " " : "=false ");
    };
    choice("keep-git-dir", copy.keep_git_dir);
    choice("unpack", copy.unpack);
    std::vector<std::string> paths;
    for (const Word& source : copy.sources) paths.push_back(source.text);
    paths.push_back(copy.destination.text);
    if (copy.inline_files.empty()) return text + array(paths);
    // Beside here-documents there is no array, so no path holds a blank.
    std::string bodies;
    for (const InlineFile& file : copy.inline_files) {
      text += opening(file.name, file.expands) + " ";
      bodies += "\n" + file.text + file.name;
    }
    for (const std::string& path : paths) text += path + " ";
    return text + bodies;
  }
  static std::string print(const OnBuild& later) { return "ONBUILD " + later.trigger; }
  static std::string print(const Env& env) { return pairs("ENV", env.variables, env.old_form); }
  static std::string print(const Label& label) {
    return pairs("LABEL", label.labels, label.old_form);
  }
  static std::string print(const Workdir& workdir) { return "WORKDIR " + workdir.path.text; }
  static std::string print(const User& user) { return "USER " + user.user.text; }
  static std::string print(const Cmd& cmd) { return "CMD " + command(cmd.command); }
  static std::string print(const Entrypoint& entry) {
    return "ENTRYPOINT " + command(entry.command);
  }
  static std::string print(const Expose& expose) {
    std::string text = "EXPOSE";
    for (const Word& port : expose.ports) text += " " + port.text;
    return text;
  }
  static std::string print(const Volume& volume) {
    std::vector<std::string> paths;
    for (const Word& path : volume.paths) paths.push_back(path.text);
    return "VOLUME " + array(paths);
  }
  static std::string print(const Shell& shell) { return "SHELL " + array(shell.argv); }
  static std::string print(const StopSignal& stop) { return "STOPSIGNAL " + stop.signal.text; }
  static std::string print(const Maintainer& maintainer) {
    return "MAINTAINER " + maintainer.name.text;
  }
  static std::string print(const HealthCheck& check) {
    if (check.none) return "HEALTHCHECK NONE";
    std::string text = "HEALTHCHECK ";
    const auto time = [&text](const char* name, int64_t value) {
      if (value != 0) text += std::string("--") + name + "=" + std::to_string(value) + "ns ";
    };
    time("interval", check.interval);
    time("timeout", check.timeout);
    time("start-period", check.start_period);
    time("start-interval", check.start_interval);
    if (check.retries != 0) text += "--retries=" + std::to_string(check.retries) + " ";
    return text + "CMD " + command(check.command);
  }

  const Dockerfile& file_;
  std::string text_;
  bool unprintable_ = false;
};

/// Fields with their lengths, so that no two files have one description.
class Description {
 public:
  void add(std::string_view field) {
    text_ += std::to_string(field.size()) + ":" + std::string(field) + ";";
  }
  void add(const Word& word) { add(word.text); }
  void add(const std::optional<Word>& word) { word ? add(*word) : add("-"); }
  void add(bool value) { add(value ? std::string_view("true") : std::string_view("false")); }
  void add(int64_t value) { add(std::to_string(value)); }
  void add(const CommandLine& line) {
    add(line.exec_form);
    list(line.argv);
  }
  void add(const KeyValue& pair) {
    add(pair.key);
    add(pair.value);
  }
  void add(const Arg::Declaration& declaration) {
    add(declaration.name);
    add(declaration.value);
  }
  template <class Item>
  void list(const std::vector<Item>& items) {
    add(static_cast<int64_t>(items.size()));
    for (const Item& item : items) add(item);
  }

  void add(const From& from) {
    add(from.image);
    add(from.name);
    add(from.written_name);
    add(from.platform);
  }
  void add(const InlineFile& file) {
    add(file.name);
    add(file.text);
    add(file.expands);
  }
  void add(const std::optional<bool>& value) { value ? add(*value) : add("-"); }
  void add(const OnBuild& later) { add(later.trigger); }
  void add(const MountFlag& mount) { add(mount.text); }
  void add(const DeviceFlag& device) {
    add(device.name);
    add(device.required);
  }
  void add(const Run& run) {
    add(run.command);
    add(run.network);
    add(run.insecure);
    list(run.mounts);
    list(run.devices);
    add(run.script.has_value());
    if (run.script) add(*run.script);
  }
  void add(const Copy& copy) {
    add(copy.add);
    list(copy.sources);
    add(copy.destination);
    for (const auto* flag : {&copy.from, &copy.chown, &copy.chmod, &copy.checksum}) add(*flag);
    list(copy.inline_files);
    list(copy.excluded);
    add(copy.link);
    add(copy.parents);
    add(copy.keep_git_dir);
    add(copy.unpack);
  }
  void add(const Env& env) {
    list(env.variables);
    add(env.old_form);
  }
  void add(const Label& label) {
    list(label.labels);
    add(label.old_form);
  }
  void add(const Arg& arg) { list(arg.declarations); }
  void add(const Workdir& workdir) { add(workdir.path); }
  void add(const User& user) { add(user.user); }
  void add(const Cmd& cmd) { add(cmd.command); }
  void add(const Entrypoint& entry) { add(entry.command); }
  void add(const Expose& expose) { list(expose.ports); }
  void add(const Volume& volume) { list(volume.paths); }
  void add(const Shell& shell) { list(shell.argv); }
  void add(const StopSignal& stop) { add(stop.signal); }
  void add(const Maintainer& maintainer) { add(maintainer.name); }
  void add(const HealthCheck& check) {
    add(check.none);
    if (check.none) return;
    add(check.command);
    for (const int64_t value : {check.interval, check.timeout, check.start_period,
                                check.start_interval, static_cast<int64_t>(check.retries)})
      add(value);
  }

  std::string text_;
};

}  // namespace

std::optional<std::string> print_dockerfile(const Dockerfile& file) {
  return Printer(file).run();
}

std::string describe(const Dockerfile& file) {
  Description description;
  description.add(std::string_view(&file.escape, 1));
  description.add(file.checks.error);
  for (const auto* rules : {&file.checks.skipped, &file.checks.experimental})
    description.list(std::vector<std::string>(rules->begin(), rules->end()));
  description.list(file.global_args);
  for (const Stage& stage : file.stages) {
    description.add("stage");
    description.add(stage.from);
    for (const Instruction& instruction : stage.instructions) {
      description.add(static_cast<int64_t>(instruction.body.index()));
      std::visit([&description](const auto& body) { description.add(body); }, instruction.body);
    }
  }
  return std::move(description.text_);
}

}  // namespace fuzz

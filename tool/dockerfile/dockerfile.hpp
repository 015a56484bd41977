#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "dockerfile/check_settings.hpp"

namespace trainyard::dockerfile {

/// What a Dockerfile says, instruction by instruction, nothing expanded yet: variables are the
/// planner's (it alone knows the environment). Source: the Dockerfile reference, frontend 1.26.

/// Where an instruction begins; `end_line` is its last line with continuations and heredocs.
struct Location {
  int line = 0;
  int column = 1;
  int end_line = 0;
};

/// A variable reference's or word's text as written, with the place of its first character.
struct Word {
  std::string text;
  Location at;
};

struct KeyValue {
  Word key;
  Word value;
};

/// RUN, CMD, ENTRYPOINT: shell form (one command line for SHELL) or exec form (argv).
struct CommandLine {
  bool exec_form = false;
  std::vector<std::string> argv;  ///< exec form; or one element, the shell command
};

struct From {
  Word image;                            ///< unexpanded
  std::string name;                      ///< AS name, lower case; empty when there is none
  std::optional<Word> as, written_name;  ///< both words as they stand
  std::optional<Word> platform;
};
/// A file that stands in the Dockerfile itself, as a here-document.
struct InlineFile {
  std::string name;
  std::string text;      ///< without what `<<-` takes away
  bool expands = false;  ///< variables in it count
  Location at;           ///< of the word that opens it
};

/// One `RUN --mount=…` as written; its options are checked when their variables are expanded
/// (mount.hpp).
struct MountFlag {
  struct Option {
    std::string name;     ///< the longest of its names, as "target" for "dst"
    std::string written;  ///< what stands there
    bool has_value = false;
    Word value;
    Location at;
    int length = 1;
  };
  std::vector<Option> options;  ///< none stands twice
  Word text;                    ///< the flag's value
};

/// One `RUN --device=…`.
struct DeviceFlag {
  std::string name;       ///< vendor.com/class=name, or another form of BuildKit's
  bool required = false;  ///< else the step runs without it where it is not there
  Word text;              ///< the flag's value
};

struct Run {
  CommandLine command;  ///< here-documents are a part of it: for the shell, or as its whole text
  std::optional<InlineFile> script;  ///< of `RUN <<X` with a `#!` line: what `command` executes
  std::string network;               ///< "", "default", "none", "host"
  std::vector<MountFlag> mounts;
  std::vector<DeviceFlag> devices;
  bool insecure = false;  ///< --security=insecure
};
/// Where the script of a RUN is to be seen while it runs, as `<folder>/<its name>`.
inline constexpr const char* k_script_folder = "/dev/pipes";

struct Copy {  ///< COPY, and ADD when `add`
  bool add = false;
  std::vector<Word> sources;
  std::vector<InlineFile> inline_files;
  Word destination;
  std::optional<Word> from, chown, chmod;
  std::optional<Word> checksum;      ///< ADD
  std::vector<Word> excluded;        ///< patterns
  bool link = false;                 ///< a layer of its own, whatever lies below it
  bool parents = false;              ///< COPY: the folders above a source come along
  std::optional<bool> keep_git_dir;  ///< ADD
  std::optional<bool> unpack;        ///< ADD
};
struct Env {
  std::vector<KeyValue> variables;
  bool old_form = false;  ///< `ENV name value`
};
struct Arg {
  struct Declaration {
    Word name;
    std::optional<Word> value;
  };
  std::vector<Declaration> declarations;
};
struct Label {
  std::vector<KeyValue> labels;
  bool old_form = false;
};
struct Workdir {
  Word path;
};
struct User {
  Word user;
};
struct Cmd {
  CommandLine command;
};
struct Entrypoint {
  CommandLine command;
};
struct Expose {
  std::vector<Word> ports;
};
struct Volume {
  std::vector<Word> paths;
};
struct Shell {
  std::vector<std::string> argv;
};
struct StopSignal {
  Word signal;
};
struct HealthCheck {  ///< times in nanoseconds, 0 = default
  bool none = false;
  CommandLine command;
  int64_t interval = 0, timeout = 0, start_period = 0, start_interval = 0;
  int retries = 0;
};
struct Maintainer {
  Word name;
};
struct OnBuild {
  std::string trigger;  ///< the instruction with its here-documents, as an image keeps it
};

using Body = std::variant<Run, Copy, Env, Arg, Label, Workdir, User, Cmd, Entrypoint, Expose,
                          Volume, Shell, StopSignal, HealthCheck, Maintainer, OnBuild>;

struct Instruction {
  Body body;
  Location at;
  std::string
      text;  ///< the instruction on one line, continuations joined, as history and progress show it
};

struct Stage {
  From from;
  Location at;
  std::string text;
  std::vector<Instruction> instructions;
};

struct Dockerfile {
  std::string name;                ///< as shown in messages
  std::vector<std::string> lines;  ///< for excerpts
  char escape = '\\';
  std::vector<Arg> global_args;  ///< before the first FROM
  std::vector<Stage> stages;
  std::vector<Location> blank_continuations;  ///< empty lines inside continued instructions
  CheckSettings checks;                       ///< the directive `# check=…`
  int directive_lines = 0;                    ///< so many lines at the top are directives

  /// Error with file, line, the line's text and a caret under `length` characters; a line of 0 is
  /// the file as a whole.
  Error error(const Location& at, std::string message, std::string hint = {}, int length = 1) const;
};

/// Parses; throws source_error (exit code 2) for whatever is wrong: nothing is ever ignored.
Dockerfile parse_dockerfile(std::string_view text, const std::string& name);

/// Parses the trigger that a base image holds (ONBUILD). Everything in it has the place `at` in
/// `file`: that of the FROM which takes it.
Instruction parse_trigger(Dockerfile& file, const std::string& trigger, const Location& at);

}  // namespace trainyard::dockerfile

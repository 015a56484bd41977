#pragma once

#include <exception>
#include <string>

namespace trainyard {

/// Exit codes of the tool (docs/manual: "Exit codes").
enum class ExitCode : int {
  done = 0,
  failed = 1,   ///< a step or a training failed; its own code is printed
  usage = 2,    ///< wrong usage or bad input
  machine = 3,  ///< the machine or the engine cannot
  interrupted = 130
};

/// The one exception type. `action` is what was tried ("reading"), `subject` on what ("/a/b.json"),
/// `cause` why it failed, `hint` what to do next (may be empty). `excerpt` is text that is shown as
/// it stands below the message: a source line with a caret, or the last lines of a log.
/// main() prints it once:
///
///     trainyard: error: <action> <subject>: <cause>
///     <excerpt>
///     hint: <hint>
class Error : public std::exception {
 public:
  Error(std::string action, std::string subject, std::string cause, std::string hint = {},
        ExitCode code = ExitCode::machine);

  const char* what() const noexcept override { return what_.c_str(); }

  const std::string& action() const { return action_; }
  const std::string& subject() const { return subject_; }
  const std::string& cause() const { return cause_; }
  const std::string& hint() const { return hint_; }
  const std::string& excerpt() const { return excerpt_; }
  ExitCode code() const { return code_; }

  Error&& with_excerpt(std::string excerpt) &&;
  Error&& with_hint(std::string hint) &&;

  /// The message as main() prints it, with its final newline; control characters are made visible.
  std::string render() const;

 private:
  std::string action_, subject_, cause_, hint_, excerpt_, what_;
  ExitCode code_;
};

/// Bad input or wrong usage: exit code 2.
Error usage_error(std::string action, std::string subject, std::string cause,
                  std::string hint = {});

/// A failed system call: cause and, for many, hint come from `error_number` (errno by default).
Error system_error(std::string action, std::string subject, int error_number);
Error system_error(std::string action, std::string subject);

/// A mistake in a text that a person wrote. `line` and `column` count from 1; a column of 0 means
/// the whole line. The excerpt shows the line and a caret below the column:
///
///     Dockerfile:3:5: unknown instruction "RNU"
///       3 | RNU apt-get update
///         | ^~~
struct SourcePosition {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;
  std::string text;  ///< the line's text
};
Error source_error(const SourcePosition& at, std::string message, std::string hint = {});

/// The excerpt alone, for warnings.
std::string render_excerpt(const SourcePosition& at);

}  // namespace trainyard

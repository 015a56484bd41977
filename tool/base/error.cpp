#include "base/error.hpp"

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/terminal.hpp"

namespace trainyard {

Error::Error(std::string action, std::string subject, std::string cause, std::string hint,
             ExitCode code)
    : action_(std::move(action)),
      subject_(std::move(subject)),
      cause_(std::move(cause)),
      hint_(std::move(hint)),
      code_(code) {
  what_ = action_;
  if (!subject_.empty()) what_ += (what_.empty() ? "" : " ") + subject_;
  if (!cause_.empty()) what_ += ": " + cause_;
}

Error&& Error::with_excerpt(std::string excerpt) && {
  excerpt_ = std::move(excerpt);
  return std::move(*this);
}

Error&& Error::with_hint(std::string hint) && {
  hint_ = std::move(hint);
  return std::move(*this);
}

std::string Error::render() const {
  // Names in a message come from anywhere.
  std::string text = "trainyard: error: " + printable_line(what_) + "\n";
  if (!excerpt_.empty()) {
    text += printable(excerpt_);
    if (excerpt_.back() != '\n') text += '\n';
  }
  if (!hint_.empty()) text += "hint: " + printable_line(hint_) + "\n";
  return text;
}

Error usage_error(std::string action, std::string subject, std::string cause, std::string hint) {
  return {std::move(action), std::move(subject), std::move(cause), std::move(hint),
          ExitCode::usage};
}

namespace {

/// What helps whatever was tried; whoever knows better says so with with_hint().
const char* hint_for(int error_number) {
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return "make room on that disk; of the store, `trainyard df` tells what is in it and "
             "`trainyard gc` removes what nothing needs";
    case EROFS:
      return "that file system is mounted read-only: mount it writable, or name a folder elsewhere";
    case EIO:
      return "the disk may be failing: see the kernel's messages (dmesg), and let `trainyard "
             "check` "
             "look at the store";
    case EACCES:
    case EPERM:
      return "look at the owner and the mode of it and of the folders above it";
    case EMFILE:
    case ENFILE:
      return "raise the limit of open files (ulimit -n)";
    case ESTALE:
      return "the network file system has lost it: call again, and if that does not help, mount it "
             "anew";
    case ENOLCK:
      return "that file system gives no locks: mount it with locking, or set TRAINYARD_STORE to a "
             "folder on a local disk";
    default:
      return "";
  }
}

}  // namespace

Error system_error(std::string action, std::string subject, int error_number) {
  return {std::move(action), std::move(subject),
          std::error_code(error_number, std::generic_category()).message(), hint_for(error_number)};
}

Error system_error(std::string action, std::string subject) {
  return system_error(std::move(action), std::move(subject), errno);
}

std::string render_excerpt(const SourcePosition& at) {
  if (at.line <= 0) return {};
  const std::string number = std::to_string(at.line);
  std::string text = "  " + number + " | " + at.text + "\n";
  if (at.column <= 0) return text;
  text += "  " + std::string(number.size(), ' ') + " | ";
  // Tabs are kept so that the caret stands below its column whatever a tab's width is.
  for (int i = 0; i + 1 < at.column; ++i)
    text += i < static_cast<int>(at.text.size()) && at.text[static_cast<size_t>(i)] == '\t' ? '\t'
                                                                                            : ' ';
  text += '^';
  for (int i = 1; i < at.length; ++i) text += '~';
  return text + "\n";
}

Error source_error(const SourcePosition& at, std::string message, std::string hint) {
  std::string where = at.file;
  if (at.line > 0) where += ":" + std::to_string(at.line);
  if (at.line > 0 && at.column > 0) where += ":" + std::to_string(at.column);
  return Error("", std::move(where), std::move(message), std::move(hint), ExitCode::usage)
      .with_excerpt(render_excerpt(at));
}

}  // namespace trainyard

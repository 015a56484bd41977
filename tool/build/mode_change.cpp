#include <sys/stat.h>

#include "base/error.hpp"
#include "build/ownership.hpp"

namespace trainyard::build {

namespace {

/// One clause of a symbolic mode, as POSIX chmod has it: [ugoa]*[+-=][rwxXst]*.
struct Clause {
  unsigned who = 0;  ///< 4 user, 2 group, 1 others
  char operation = '+';
  std::string permissions;
};

unsigned spread(unsigned who, unsigned bits) {
  unsigned mode = 0;
  if ((who & 4) != 0) mode |= bits << 6;
  if ((who & 2) != 0) mode |= bits << 3;
  if ((who & 1) != 0) mode |= bits;
  return mode;
}

unsigned apply(const Clause& clause, unsigned mode, bool folder) {
  unsigned bits = 0;
  for (const char c : clause.permissions) {
    if (c == 'r') bits |= spread(clause.who, 4);
    if (c == 'w') bits |= spread(clause.who, 2);
    if (c == 'x' || (c == 'X' && (folder || (mode & 0111) != 0))) bits |= spread(clause.who, 1);
    if (c == 's' && (clause.who & 4) != 0) bits |= S_ISUID;
    if (c == 's' && (clause.who & 2) != 0) bits |= S_ISGID;
    if (c == 't') bits |= S_ISVTX;
  }
  if (clause.operation == '+') return mode | bits;
  if (clause.operation == '-') return mode & ~bits;
  unsigned cleared = spread(clause.who, 7);
  if ((clause.who & 4) != 0) cleared |= S_ISUID;
  if ((clause.who & 2) != 0) cleared |= S_ISGID;
  return (mode & ~cleared) | bits;
}

[[noreturn]] void refuse(const std::string& text) {
  throw usage_error("reading mode", "\"" + text + "\"", "it is neither octal nor a symbolic mode",
                    "write for example 755, u+x or go-w");
}

std::vector<Clause> parse_clauses(const std::string& text) {
  std::vector<Clause> clauses;
  size_t at = 0;
  while (at <= text.size()) {
    const size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    at = end + 1;
    const size_t operation = part.find_first_of("+-=");
    if (operation == std::string::npos) refuse(text);
    Clause clause;
    clause.operation = part[operation];
    for (const char c : part.substr(0, operation)) {
      const unsigned who = c == 'u' ? 4 : c == 'g' ? 2 : c == 'o' ? 1 : c == 'a' ? 7 : 0;
      if (who == 0) refuse(text);
      clause.who |= who;
    }
    if (clause.who == 0) clause.who = 7;
    clause.permissions = part.substr(operation + 1);
    if (clause.permissions.find_first_not_of("rwxXst") != std::string::npos) refuse(text);
    clauses.push_back(std::move(clause));
  }
  return clauses;
}

}  // namespace

ModeChange parse_mode_change(const std::string& text) {
  if (text.empty()) refuse(text);
  if (text.find_first_not_of("01234567") == std::string::npos) {
    if (text.size() > 5) refuse(text);
    const auto mode = static_cast<unsigned>(std::stoul(text, nullptr, 8));
    if (mode > 07777) refuse(text);
    return [mode](unsigned, bool) { return mode; };
  }
  return [clauses = parse_clauses(text)](unsigned mode, bool folder) {
    for (const Clause& clause : clauses) mode = apply(clause, mode, folder);
    return mode;
  };
}

}  // namespace trainyard::build

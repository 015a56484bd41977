#pragma once

#include <string>

#include "base/error.hpp"

namespace trainyard::testing {

struct Complaint {
  ExitCode code = ExitCode::done;
  std::string text;  ///< as main() prints it
  bool names(const std::string& part) const { return text.find(part) != std::string::npos; }
};

/// How `action` fails; an empty text when it does not.
template <class Action>
Complaint complaint_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return {error.code(), error.render()};
  }
  return {};
}

}  // namespace trainyard::testing

#include "base/error_of.hpp"

#include <filesystem>
#include <utility>

namespace trainyard {

Error error_of(const std::exception& error, std::string action, std::string subject) {
  if (const auto* known = dynamic_cast<const Error*>(&error)) return *known;
  if (const auto* files = dynamic_cast<const std::filesystem::filesystem_error*>(&error))
    return system_error(files->path1().empty() ? "working on files" : "working on",
                        files->path1().string(), files->code().value());
  if (action.empty() && subject.empty()) return {"", error.what(), ""};
  return {std::move(action), std::move(subject), error.what()};
}

}  // namespace trainyard

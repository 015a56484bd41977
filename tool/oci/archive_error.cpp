#include "oci/archive_error.hpp"

#include <archive.h>

#include <string_view>
#include <utility>

namespace trainyard::oci {

Error archive_error(archive* reader, std::string action, std::string name, std::string hint) {
  const char* text = ::archive_error_string(reader);
  const std::string_view cause = text != nullptr ? text : "it is damaged";
  // Its number alone does not tell: formats have numbers of the system for their own mistakes.
  if (cause.starts_with("Error reading") || cause.starts_with("Can't stat"))
    return system_error(std::move(action), std::move(name), ::archive_errno(reader));
  return usage_error(std::move(action), std::move(name), std::string(cause), std::move(hint));
}

}  // namespace trainyard::oci

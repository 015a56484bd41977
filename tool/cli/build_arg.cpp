#include "cli/build_arg.hpp"

#include <cstdlib>

#include "base/error.hpp"

namespace trainyard::cli {

void add_build_args(const std::vector<std::string>& texts, build::BuildRequest& request) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals != std::string::npos)
      request.build_args.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    else if (const char* value = std::getenv(text.c_str()))
      request.build_args.emplace_back(text, value);
  }
}

void add_build_contexts(const std::vector<std::string>& texts, build::BuildRequest& request) {
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      throw usage_error("reading", "--build-context", "\"" + text + "\" is not name=source");
    request.contexts[text.substr(0, equals)] = build::parse_context_source(text.substr(equals + 1));
  }
}

}  // namespace trainyard::cli

#include <arpa/inet.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"
#include "build/build_image.hpp"

namespace trainyard::build {

namespace {

bool is_address(const std::string& text) {
  unsigned char bytes[sizeof(in6_addr)];
  return ::inet_pton(AF_INET, text.c_str(), bytes) == 1 ||
         ::inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

}  // namespace

std::pair<std::string, std::string> parse_host(const std::string& text, const std::string& where) {
  const size_t end = text.find_first_of(":=");
  std::string address = end == std::string::npos ? "" : text.substr(end + 1);
  if (address.size() > 2 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  const std::string name = text.substr(0, end);
  if (name.empty() || name.find_first_of(" \t\n#") != std::string::npos || !is_address(address))
    throw usage_error("reading", where, "\"" + text + "\" is not name:address",
                      "write it as docker has it: mirror.example:10.0.0.7");
  return {name, address};
}

engine::Network parse_step_network(const std::string& text, const std::string& where) {
  if (text.empty() || text == "default" || text == "host") return engine::Network::host;
  if (text == "none") return engine::Network::none;
  const std::string near = suggestion(text, {"default", "none", "host"});
  throw usage_error("reading", where, "there is no network \"" + text + "\" for steps",
                    near.empty() ? "write default, none or host" : near);
}

std::set<std::string> parse_stages(const std::vector<std::string>& texts) {
  std::set<std::string> stages;
  for (const std::string& text : texts) {
    size_t begin = 0;
    while (begin <= text.size()) {
      const size_t end = std::min(text.find(',', begin), text.size());
      if (end > begin) stages.insert(text.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  return stages;
}

}  // namespace trainyard::build

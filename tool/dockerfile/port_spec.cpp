#include "dockerfile/port_spec.hpp"

#include <algorithm>
#include <charconv>

#include "dockerfile/characters.hpp"

namespace trainyard::dockerfile {

namespace {

struct Range {
  int first = 0, last = 0;
};

std::optional<int> port_number(std::string_view text) {
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || number < 0 || number > 65535)
    return std::nullopt;
  return number;
}

std::optional<Range> port_range(std::string_view text) {
  const size_t dash = text.find('-');
  const auto first = port_number(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : port_number(text.substr(dash + 1));
  if (!first || !last || *last < *first) return std::nullopt;
  return Range{*first, *last};
}

/// "1.2.3.4", "::1", "[::1]", roughly: a word that could not be meant for an address is refused.
bool may_be_address(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const char l = lower(c);
    return is_digit(c) || (l >= 'a' && l <= 'f') || c == '.' || c == ':' || c == '[' || c == ']';
  });
}

}  // namespace

std::optional<PortSpec> parse_port(std::string_view word) {
  PortSpec spec;
  const size_t slash = word.find('/');
  if (slash != std::string_view::npos) spec.written_protocol = word.substr(slash + 1);
  spec.protocol = spec.written_protocol.empty() ? "tcp" : lowered(spec.written_protocol);
  if (spec.protocol != "tcp" && spec.protocol != "udp" && spec.protocol != "sctp")
    return std::nullopt;
  std::string_view ports = word.substr(0, slash);
  if (const size_t colon = ports.rfind(':'); colon != std::string_view::npos) {
    std::string_view outside = ports.substr(0, colon);
    ports.remove_prefix(colon + 1);
    spec.maps = true;
    const size_t second = outside.rfind(':');
    const bool with_address = second != std::string_view::npos;
    if (with_address && !may_be_address(outside.substr(0, second))) return std::nullopt;
    const std::string_view host = with_address ? outside.substr(second + 1) : outside;
    const auto range = port_range(host);
    if (!range && !(with_address && host.empty())) return std::nullopt;
    const auto inside = port_range(ports);
    if (range && inside && inside->first != inside->last &&
        range->last - range->first != inside->last - inside->first)
      return std::nullopt;
  }
  const auto range = port_range(ports);
  if (!range) return std::nullopt;
  spec.first = range->first;
  spec.last = range->last;
  return spec;
}

}  // namespace trainyard::dockerfile

#include "oci/reference.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace trainyard::oci {

namespace {

constexpr size_t k_longest_name = 255;
constexpr size_t k_longest_tag = 128;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_alphanumeric(char c) {
  return is_lower(c) || is_upper(c) || is_digit(c);
}

/// [a-z0-9]+ joined by one dot, one or two underscores, or any number of dashes.
bool is_path_component(std::string_view text) {
  size_t at = 0;
  const auto word = [&] {
    const size_t start = at;
    while (at < text.size() && (is_lower(text[at]) || is_digit(text[at]))) ++at;
    return at > start;
  };
  while (word()) {
    if (at == text.size()) return true;
    const size_t separator = at;
    while (at < text.size() && text[at] == text[separator]) ++at;
    const size_t length = at - separator;
    const char c = text[separator];
    if (!(c == '-' || (c == '.' && length == 1) || (c == '_' && length <= 2))) return false;
  }
  return false;
}

bool is_host_label(std::string_view label) {
  return !label.empty() && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_ipv6_literal(std::string_view host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']' &&
         std::all_of(host.begin() + 1, host.end() - 1,
                     [](char c) { return is_alphanumeric(c) || c == ':'; });
}

bool is_host(std::string_view host) {
  if (host.starts_with('[')) return is_ipv6_literal(host);
  while (true) {
    const size_t dot = host.find('.');
    if (!is_host_label(host.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

/// host[:port]
bool is_domain(std::string_view text) {
  const size_t bracket = text.find(']');
  const size_t colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon == std::string_view::npos) return is_host(text);
  const std::string_view port = text.substr(colon + 1);
  return is_host(text.substr(0, colon)) && !port.empty() && port.size() <= 5 &&
         std::all_of(port.begin(), port.end(), is_digit);
}

/// Of "a/b", whether `first` ("a") is a registry and not a folder of one.
bool looks_like_domain(std::string_view first) {
  return first == "localhost" || first.find_first_of(".:") != std::string_view::npos ||
         std::any_of(first.begin(), first.end(), is_upper);
}

bool is_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= k_longest_tag &&
         (is_alphanumeric(tag[0]) || tag[0] == '_') &&
         std::all_of(tag.begin(), tag.end(),
                     [](char c) { return is_alphanumeric(c) || c == '_' || c == '.' || c == '-'; });
}

bool is_digest_like(std::string_view name) {
  return name.size() == 64 && std::all_of(name.begin(), name.end(), [](char c) {
           return is_digit(c) || (c >= 'a' && c <= 'f');
         });
}

/// What is wrong with a name, and a hint; both empty when nothing is.
struct Complaint {
  std::string cause, hint;
};

Complaint check_name(std::string_view name) {
  if (name.empty()) return {"there is no name", "an image is written as name[:tag][@digest]"};
  if (name.size() > k_longest_name) return {"its name is longer than 255 characters", ""};
  if (is_digest_like(name))
    return {"a bare digest is not a name", "write sha256: before the digits"};
  std::string_view rest = name;
  const size_t slash = name.find('/');
  if (slash != std::string_view::npos && looks_like_domain(name.substr(0, slash))) {
    if (!is_domain(name.substr(0, slash)))
      return {"\"" + std::string(name.substr(0, slash)) + "\" is not a registry's host[:port]", ""};
    rest.remove_prefix(slash + 1);
  }
  while (true) {
    const size_t end = rest.find('/');
    const auto part = std::string(rest.substr(0, end));
    if (part.empty()) return {"a part of its name is empty", ""};
    if (std::any_of(part.begin(), part.end(), is_upper)) {
      std::string lower(part);
      for (char& c : lower)
        if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
      if (is_path_component(lower))
        return {"the name has capital letters", "write \"" + lower + "\""};
    }
    if (!is_path_component(part))
      return {"\"" + part + "\" is not a part of a name",
              "lower-case letters and digits, separated by . _ __ or dashes"};
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
}

}  // namespace

std::string Reference::str() const {
  std::string text = name;
  if (!tag.empty()) text += ":" + tag;
  if (digest) text += "@" + digest->str();
  return text;
}

Reference Reference::parse(std::string_view text) {
  const std::string subject = "\"" + std::string(text.substr(0, 300)) + "\"";
  const auto refuse = [&](std::string cause, std::string hint = {}) {
    return usage_error("reading the image name", subject, std::move(cause), std::move(hint));
  };
  Reference reference;
  std::string_view rest = text;
  if (const size_t at = rest.find('@'); at != std::string_view::npos) {
    try {
      reference.digest = Digest::parse(rest.substr(at + 1));
    } catch (const Error& error) {
      throw refuse("what follows @ is not a digest: " + error.cause(), error.hint());
    }
    rest = rest.substr(0, at);
  }
  const size_t slash = rest.rfind('/');
  const size_t colon = rest.find(':', slash == std::string_view::npos ? 0 : slash);
  if (colon != std::string_view::npos) {
    reference.tag = rest.substr(colon + 1);
    if (!is_tag(reference.tag))
      throw refuse("\"" + reference.tag.substr(0, 140) + "\" is not a tag",
                   "a tag has at most 128 letters, digits and . _ - and starts with no . or -");
    rest = rest.substr(0, colon);
  }
  if (Complaint complaint = check_name(rest); !complaint.cause.empty())
    throw refuse(complaint.cause, complaint.hint);
  reference.name = rest;
  if (reference.tag.empty() && !reference.digest) reference.tag = "latest";
  return reference;
}

}  // namespace trainyard::oci

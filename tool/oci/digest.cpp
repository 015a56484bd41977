#include "oci/digest.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/sha256.hpp"

namespace trainyard::oci {

namespace {

constexpr std::string_view k_prefix = "sha256:";
constexpr size_t k_digits = 64;

bool is_lower_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// Hostile input may be long: a message shows its beginning.
std::string shown(std::string_view text) {
  return "\"" + std::string(text.substr(0, 100)) + (text.size() > 100 ? "…" : "") + "\"";
}

}  // namespace

Digest Digest::parse(std::string_view text) {
  if (!text.starts_with(k_prefix)) {
    const bool other = text.find(':') != std::string_view::npos;
    throw usage_error(
        "reading the digest", shown(text),
        other ? "only sha256 digests are supported" : "it does not start with sha256:",
        "a digest is sha256: and 64 lower-case hexadecimal digits");
  }
  return from_hex(text.substr(k_prefix.size()));
}

Digest Digest::from_hex(std::string_view hex) {
  if (hex.size() != k_digits || !std::all_of(hex.begin(), hex.end(), is_lower_hex))
    throw usage_error("reading the digest", shown(hex),
                      "it is not 64 lower-case hexadecimal digits");
  Digest digest;
  digest.hex_ = hex;
  return digest;
}

Digest Digest::of(std::string_view content) {
  return from_hex(sha256_hex(content));
}

std::string chain_id(const std::string& parent, const Digest& diff_id) {
  if (parent.empty()) return diff_id.str();
  return Digest::of(parent + " " + diff_id.str()).str();
}

}  // namespace trainyard::oci

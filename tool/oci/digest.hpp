#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace trainyard::oci {

/// The SHA-256 identity of content (OCI image-spec, descriptor.md "Digests"). Other algorithms are
/// refused: nothing in the store uses them. A Digest always holds 64 checked hexadecimal digits, so
/// it is safe as a part of a path. A default one is all zeros.
class Digest {
 public:
  /// "sha256:<64 lower-case hexadecimal digits>"; throws a usage error.
  static Digest parse(std::string_view text);
  static Digest from_hex(std::string_view hex);
  /// Of some bytes.
  static Digest of(std::string_view content);

  const std::string& hex() const { return hex_; }
  std::string str() const { return "sha256:" + hex_; }
  /// The first twelve digits, for people.
  std::string brief() const { return hex_.substr(0, 12); }

  friend auto operator<=>(const Digest&, const Digest&) = default;

 private:
  std::string hex_ = std::string(64, '0');
};

/// ChainID of image-spec config.md: chain(L0) = diff-id 0; chain(n) = SHA256(chain(n-1) + " " +
/// diff-id n). `parent` is an empty string for the first layer; so is the chain-id of an empty file
/// system.
std::string chain_id(const std::string& parent, const Digest& diff_id);

}  // namespace trainyard::oci

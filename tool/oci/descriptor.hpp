#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.hpp"
#include "oci/digest.hpp"

namespace trainyard::oci {

namespace media_type {
inline constexpr const char* index = "application/vnd.oci.image.index.v1+json";
inline constexpr const char* manifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr const char* config = "application/vnd.oci.image.config.v1+json";
inline constexpr const char* layer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr const char* layer_gzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr const char* layer_zstd = "application/vnd.oci.image.layer.v1.tar+zstd";
}  // namespace media_type

struct Platform {
  std::string os = "linux";
  std::string architecture;  ///< GOARCH names: amd64, arm64
  std::string variant;
  friend bool operator==(const Platform&, const Platform&) = default;
};
/// Of this machine.
Platform host_platform();
std::string to_text(const Platform& platform);
/// "os/arch[/variant]" ; throws a usage error.
Platform parse_platform(std::string_view text);

/// image-spec descriptor.md.
struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t size = 0;
  std::map<std::string, std::string> annotations;
  std::optional<Platform> platform;
};
Json to_json(const Descriptor& descriptor);
Descriptor parse_descriptor(const Json& json, const std::string& where);

}  // namespace trainyard::oci

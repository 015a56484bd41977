#include "oci/descriptor.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "oci/json_members.hpp"

namespace trainyard::oci {

namespace {

/// The kernel's machine names and Go's, of the processors that Linux distributions are made for.
constexpr std::pair<std::string_view, std::string_view> k_machines[] = {
    {"x86_64", "amd64"}, {"aarch64", "arm64"},   {"ppc64le", "ppc64le"},
    {"s390x", "s390x"},  {"riscv64", "riscv64"}, {"i386", "386"},
    {"i686", "386"},     {"mips64", "mips64le"}, {"loongarch64", "loong64"},
};

bool is_platform_word(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
  });
}

Json platform_to_json(const Platform& platform) {
  Json json = {{"os", platform.os}, {"architecture", platform.architecture}};
  if (!platform.variant.empty()) json["variant"] = platform.variant;
  return json;
}

Platform platform_from_json(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  Platform platform;
  platform.os = in.string("os");
  platform.architecture = in.string("architecture");
  platform.variant = in.string_or("variant", "");
  return platform;
}

}  // namespace

Platform host_platform() {
  utsname name{};
  if (::uname(&name) != 0) throw system_error("asking for", "this machine's architecture");
  const std::string_view machine = name.machine;
  Platform platform;
  for (const auto& [kernel, go] : k_machines)
    if (machine == kernel) platform.architecture = go;
  if (machine.starts_with("armv")) {
    platform.architecture = "arm";
    platform.variant = "v" + std::string(machine.substr(4, 1));
  }
  if (platform.architecture.empty()) platform.architecture = machine;
  return platform;
}

std::string to_text(const Platform& platform) {
  return platform.os + "/" + platform.architecture +
         (platform.variant.empty() ? "" : "/" + platform.variant);
}

Platform parse_platform(std::string_view text) {
  const auto refuse = [&](const char* cause) {
    return usage_error("reading the platform", "\"" + std::string(text.substr(0, 100)) + "\"",
                       cause, "a platform is os/architecture[/variant], such as linux/amd64");
  };
  const size_t first = text.find('/');
  if (first == std::string_view::npos) throw refuse("there is no architecture after a slash");
  const size_t second = text.find('/', first + 1);
  Platform platform;
  platform.os = text.substr(0, first);
  platform.architecture = text.substr(first + 1, second - first - 1);
  if (second != std::string_view::npos) {
    platform.variant = text.substr(second + 1);
    if (!is_platform_word(platform.variant)) throw refuse("its third part is not a variant");
  }
  if (!is_platform_word(platform.os) || !is_platform_word(platform.architecture))
    throw refuse("its parts may hold lower-case letters, digits and . _ - only");
  return platform;
}

Json to_json(const Descriptor& descriptor) {
  Json json = {{"mediaType", descriptor.media_type},
               {"digest", descriptor.digest.str()},
               {"size", descriptor.size}};
  if (!descriptor.annotations.empty()) json["annotations"] = descriptor.annotations;
  if (descriptor.platform) json["platform"] = platform_to_json(*descriptor.platform);
  return json;
}

Descriptor parse_descriptor(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  Descriptor descriptor;
  descriptor.media_type = in.string("mediaType");
  if (descriptor.media_type.empty()) in.fail("mediaType", "is empty");
  descriptor.digest = digest_member(in, "digest");
  const int64_t size = in.integer("size");
  if (size < 0) in.fail("size", "is negative");
  descriptor.size = static_cast<uint64_t>(size);
  descriptor.annotations = string_map(in, "annotations");
  if (in.has("platform"))
    descriptor.platform = platform_from_json(in.object("platform"), where + ": platform");
  return descriptor;
}

}  // namespace trainyard::oci

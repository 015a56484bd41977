#include "lint/slim_image.hpp"

#include <array>
#include <string_view>

namespace trainyard::lint {

namespace {

constexpr std::array k_releases{"bullseye", "bookworm", "trixie", "forky"};

std::string_view without_registry(std::string_view name) {
  for (const std::string_view prefix : {"docker.io/", "index.docker.io/"})
    if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  if (name.starts_with("library/")) name.remove_prefix(8);
  return name;
}

bool holds(std::string_view tag, std::string_view part) {
  return tag.find(part) != std::string_view::npos;
}

/// "3.12-bookworm" -> "3.12-slim-bookworm"
std::string slim_before_release(const std::string& tag) {
  if (tag == "latest") return "slim";
  for (const std::string release : k_releases) {
    if (tag == release) return "slim-" + release;
    if (tag.ends_with("-" + release))
      return tag.substr(0, tag.size() - release.size()) + "slim-" + release;
  }
  return tag + "-slim";
}

}  // namespace

std::string slim_image_of(const oci::Reference& reference) {
  const std::string_view name = without_registry(reference.name);
  const std::string& tag = reference.tag;
  if (tag.empty() || holds(tag, "slim") || holds(tag, "alpine") || holds(tag, "windows")) return {};
  const std::string whole = reference.name + ":";
  if (name == "python" || name == "ruby" || name == "rust" || name == "perl")
    return whole + slim_before_release(tag);
  if (name == "node" || name == "debian") {
    if (tag != "latest") return whole + tag + "-slim";
    return whole + (name == "node" ? "slim" : "stable-slim");
  }
  const bool developers =
      name == "nvidia/cuda" || name == "pytorch/pytorch" || name == "nvcr.io/nvidia/cuda";
  if (developers && holds(tag, "-devel")) {
    std::string runtime = tag;
    runtime.replace(tag.find("-devel"), 6, "-runtime");
    return whole + runtime;
  }
  return {};
}

}  // namespace trainyard::lint

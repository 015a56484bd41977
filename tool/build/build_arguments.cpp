#include "build/build_arguments.hpp"

#include <array>
#include <cstdlib>

#include "build/expand_word.hpp"

namespace trainyard::build {

namespace {

constexpr std::array<const char*, 10> k_proxies = {
    "HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "FTP_PROXY",
    "ftp_proxy",  "NO_PROXY",   "no_proxy",    "ALL_PROXY",   "all_proxy"};

bool is_proxy(std::string_view name) {
  for (const char* proxy : k_proxies)
    if (name == proxy) return true;
  return false;
}

}  // namespace

BuildArguments::BuildArguments(const dockerfile::Dockerfile& source,
                               const std::vector<std::pair<std::string, std::string>>& given,
                               const oci::Platform& platform, const std::string& target_stage) {
  for (const auto& [name, value] : given) given_[name] = value;
  const auto add = [this](const std::string& side, const oci::Platform& of) {
    global_[side + "PLATFORM"] = oci::to_text(of);
    global_[side + "OS"] = of.os;
    global_[side + "ARCH"] = of.architecture;
    global_[side + "VARIANT"] = of.variant;
  };
  add("TARGET", platform);
  add("BUILD", oci::host_platform());
  global_["TARGETSTAGE"] = target_stage.empty() ? "default" : target_stage;
  for (const dockerfile::Arg& arg : source.global_args)
    for (const auto& declaration : arg.declarations) {
      const auto lookup = [this](std::string_view name) { return global(name); };
      const std::string name = declaration.name.text;
      std::optional<std::string> fallback;
      if (declaration.value) fallback = expand_word(source, *declaration.value, lookup);
      if (const auto found = declared(name, fallback)) global_[name] = *found;
    }
}

std::optional<std::string> BuildArguments::global(std::string_view name) const {
  const auto it = global_.find(std::string(name));
  if (it == global_.end()) return std::nullopt;
  return it->second;
}

std::optional<std::string> BuildArguments::declared(
    const std::string& name, const std::optional<std::string>& fallback) const {
  if (const auto it = given_.find(name); it != given_.end()) return it->second;
  if (fallback) return fallback;
  return global(name);
}

std::optional<std::string> BuildArguments::given(const std::string& name) const {
  const auto it = given_.find(name);
  if (it == given_.end()) return std::nullopt;
  return it->second;
}

std::vector<std::string> BuildArguments::proxies() const {
  std::vector<std::string> list;
  for (const char* name : k_proxies) {
    const char* own = std::getenv(name);
    if (const auto value = given(name))
      list.push_back(std::string(name) + "=" + *value);
    else if (own != nullptr && *own != '\0')
      list.push_back(std::string(name) + "=" + own);
  }
  return list;
}

std::vector<std::string> BuildArguments::unused(const dockerfile::Dockerfile& source) const {
  std::set<std::string> known;
  const auto note = [&known](const dockerfile::Arg& arg) {
    for (const auto& declaration : arg.declarations) known.insert(declaration.name.text);
  };
  for (const dockerfile::Arg& arg : source.global_args) note(arg);
  for (const dockerfile::Stage& stage : source.stages)
    for (const dockerfile::Instruction& instruction : stage.instructions)
      if (const auto* arg = std::get_if<dockerfile::Arg>(&instruction.body)) note(*arg);
  std::vector<std::string> list;
  for (const auto& [name, value] : given_)
    if (!known.contains(name) && !is_proxy(name) && name != "SOURCE_DATE_EPOCH" &&
        !global_.contains(name) && !name.starts_with("BUILDKIT_"))
      list.push_back(name);
  return list;
}

}  // namespace trainyard::build

#include "engine/devices/device_name.hpp"

namespace trainyard::engine::devices {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_alphanumeric(char c) {
  return is_letter(c) || (c >= '0' && c <= '9');
}

/// `between` may stand inside, where neither the first nor the last character is.
std::string fault(const std::string& what, const std::string& text, const std::string& between,
                  bool may_begin_with_digit) {
  if (text.empty()) return what + " is empty";
  const std::string shown = what + " \"" + text + "\"";
  if (!is_letter(text.front()) && !(may_begin_with_digit && is_alphanumeric(text.front())))
    return shown + " must begin with a letter" + (may_begin_with_digit ? " or digit" : "");
  for (const char c : text)
    if (!is_alphanumeric(c) && between.find(c) == std::string::npos)
      return shown + " may not hold \"" + c + "\"";
  if (!is_alphanumeric(text.back())) return shown + " must end with a letter or digit";
  return {};
}

}  // namespace

std::string fault_of_kind(const std::string& kind) {
  const size_t slash = kind.find('/');
  if (slash == std::string::npos) return "the kind \"" + kind + "\" is not VENDOR/CLASS";
  const std::string vendor = fault("the vendor", kind.substr(0, slash), "._-", false);
  return vendor.empty() ? fault("the class", kind.substr(slash + 1), "._-", false) : vendor;
}

std::string fault_of_name(const std::string& name) {
  return fault("the device name", name, "._-:", true);
}

std::optional<DeviceName> parse_device_name(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return std::nullopt;
  DeviceName name{text.substr(0, equals), text.substr(equals + 1)};
  if (!fault_of_kind(name.kind).empty() || !fault_of_name(name.name).empty()) return std::nullopt;
  return name;
}

bool is_gpu_kind(const std::string& kind) {
  return kind.starts_with("gpu.") || kind.substr(kind.rfind('/') + 1) == "gpu";
}

}  // namespace trainyard::engine::devices

#include "dockerfile/device.hpp"

#include <algorithm>

#include "base/spelling.hpp"
#include "dockerfile/csv_fields.hpp"

namespace trainyard::dockerfile {

namespace {

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::optional<bool> truth(const std::string& text) {
  for (const char* word : {"1", "t", "T", "TRUE", "true", "True"})
    if (text == word) return true;
  for (const char* word : {"0", "f", "F", "FALSE", "false", "False"})
    if (text == word) return false;
  return std::nullopt;
}

}  // namespace

DeviceFlag parse_device_flag(const InstructionReader& in, const Flag& flag) {
  DeviceFlag device;
  device.text = {flag.value, in.line().location(flag.value_span.begin)};
  // Where quotes and escapes went, places inside the value are not known.
  const bool exact = flag.value_span.size() == flag.value.size();
  for (const CsvField& field : csv_fields(flag.value)) {
    const size_t begin = flag.value_span.begin + field.begin;
    const Span span = exact && field.size > 0 ? Span{begin, begin + field.size} : flag.value_span;
    const auto wrong = [&](const std::string& message, const std::string& hint) {
      return in.error(span, message, hint);
    };
    const size_t equals = field.text.find('=');
    const bool has_value = equals != std::string::npos;
    const std::string key = lower_case(field.text.substr(0, equals));
    const std::string value = has_value ? field.text.substr(equals + 1) : "";
    if (key == "required") {
      const std::optional<bool> required = has_value ? truth(value) : true;
      if (!required)
        throw wrong("required is true or false, not \"" + value + "\"",
                    "write required or required=false");
      device.required = *required;
      continue;
    }
    if (!device.name.empty()) {
      const std::string near = suggestion(key, {"name", "required"});
      if (key == "name")
        throw wrong("--device names \"" + device.name + "\" already",
                    "write a --device for each device");
      throw wrong("--device has no option \"" + field.text.substr(0, equals) + "\"",
                  near.empty() ? "write --device=NAME,required" : near);
    }
    device.name = has_value && key == "name" ? value : field.text;
  }
  if (device.name.empty())
    throw in.error(flag.value_span, "--device names no device",
                   "write --device=vendor.com/class=name, for example nvidia.com/gpu=all");
  return device;
}

}  // namespace trainyard::dockerfile

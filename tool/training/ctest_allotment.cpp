#include "training/ctest_allotment.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/error.hpp"
#include "engine/devices/device_name.hpp"

namespace trainyard::training {

namespace {

const std::string k_start = "CTEST_RESOURCE_GROUP_";

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Lower-case letters, digits and _ alone.
std::string plain(const std::string& text) {
  std::string result;
  for (const unsigned char c : text)
    result += std::isalnum(c) != 0 ? static_cast<char>(std::tolower(c)) : '_';
  return result;
}

/// "id:0,slots:1;id:1,slots:1"
void add_ids(const std::string& name, std::vector<std::string>& ids) {
  const std::string text = variable(name);
  for (const std::string& allotted : split(text, ';')) {
    const size_t comma = allotted.find(',');
    if (!allotted.starts_with("id:") || comma == std::string::npos || comma <= 3)
      throw usage_error("reading", name, "\"" + text + "\" is not of the form id:0,slots:1;…",
                        "these variables are ctest's: nobody else should set them");
    const std::string id = allotted.substr(3, comma - 3);
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  }
}

}  // namespace

std::string ctest_resource_type(const std::string& kind) {
  if (kind.empty() || engine::devices::is_gpu_kind(kind)) return "gpus";
  return plain(kind.substr(kind.rfind('/') + 1)) + "s";
}

std::vector<std::string> ctest_allotment(const std::string& type) {
  std::vector<std::string> ids;
  const int groups = std::atoi(variable(k_start + "COUNT").c_str());
  std::string upper = type;
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (int i = 0; i < groups; ++i) {
    const std::string group = k_start + std::to_string(i);
    const std::vector<std::string> types = split(variable(group), ',');
    if (std::find(types.begin(), types.end(), type) != types.end())
      add_ids(group + "_" + upper, ids);
  }
  return ids;
}

bool is_meant(const engine::devices::DeviceSlot& slot, const std::string& ctest_id) {
  return std::any_of(slot.ids.begin(), slot.ids.end(), [&](const std::string& id) {
    const std::string name = plain(id);
    return ctest_id == name || ctest_id == "gpu_" + name || ctest_id == "mig_" + name;
  });
}

}  // namespace trainyard::training

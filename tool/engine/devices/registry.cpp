#include "engine/devices/registry.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/error.hpp"
#include "base/folder_listing.hpp"

namespace trainyard::engine::devices {

namespace {

fs::path environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

/// Files that may be specifications, sorted by name.
std::vector<fs::path> candidates(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failure;
  for (const fs::directory_entry& entry : entries_of(folder, failure)) {
    const fs::path extension = entry.path().extension();
    std::error_code ignored;
    if ((extension == ".json" || extension == ".yaml") && !entry.is_directory(ignored))
      files.push_back(entry.path());
  }
  if (failure && failure != std::errc::no_such_file_or_directory &&
      failure != std::errc::not_a_directory)
    throw system_error("reading folder", folder.string(), failure.value());
  std::sort(files.begin(), files.end());
  return files;
}

std::string sentence(const Error& error) {
  std::string text = error.subject() + ": " + error.cause();
  return error.subject().empty() ? error.cause() : text;
}

}  // namespace

std::string Device::annotation(const std::string& key) const {
  if (const auto own = device->annotations.find(key); own != device->annotations.end())
    return own->second;
  const auto common = spec->annotations.find(key);
  return common != spec->annotations.end() ? common->second : "";
}

std::vector<fs::path> specification_folders() {
  std::vector<fs::path> folders;
  if (const std::string given = environment("TRAINYARD_CDI_PATH"); !given.empty()) {
    for (size_t begin = 0; begin <= given.size();) {
      const size_t end = std::min(given.find(':', begin), given.size());
      if (end > begin) folders.push_back(absolute_normal(given.substr(begin, end - begin)));
      begin = end + 1;
    }
    return folders;
  }
  folders = {"/etc/cdi", "/var/run/cdi"};
  if (::geteuid() == 0) return folders;
  fs::path config = environment("XDG_CONFIG_HOME");
  if (const fs::path home = environment("HOME"); config.empty() && !home.empty())
    config = home / ".config";
  if (!config.empty()) folders.push_back(config / "cdi");
  if (const fs::path runtime = environment("XDG_RUNTIME_DIR"); !runtime.empty())
    folders.push_back(runtime / "cdi");
  return folders;
}

Registry::Registry(const std::vector<fs::path>& folders) {
  for (const fs::path& folder : folders) {
    try {
      read_folder(folder);
    } catch (const Error& error) {
      problems_.push_back(sentence(error));
    }
  }
}

void Registry::read_folder(const fs::path& folder) {
  std::map<std::string, Device> found;
  std::set<std::string> conflicts;
  for (const fs::path& file : candidates(folder)) {
    try {
      const Spec& spec = specs_.emplace_back(read_spec_file(file));
      for (const Spec::Device& device : spec.devices) {
        const std::string name = spec.kind + "=" + device.name;
        const auto [other, fresh] = found.try_emplace(name, Device{name, &spec, &device});
        if (fresh) continue;
        conflicts.insert(name);
        problems_.push_back(name + " stands in " + other->second.spec->origin + " and in " +
                            spec.origin);
      }
    } catch (const Error& error) {
      problems_.push_back(sentence(error));
    }
  }
  for (auto& [name, device] : found) devices_[name] = device;
  for (const std::string& name : conflicts) devices_.erase(name);
}

void Registry::add(Spec spec) {
  const Spec& kept = specs_.emplace_back(std::move(spec));
  for (const Spec::Device& device : kept.devices) {
    const std::string name = kept.kind + "=" + device.name;
    devices_[name] = {name, &kept, &device};
  }
}

}  // namespace trainyard::engine::devices

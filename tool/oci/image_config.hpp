#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "oci/descriptor.hpp"

namespace trainyard::oci {

/// HEALTHCHECK, as Docker's extension of the OCI config has it. Times in nanoseconds, 0 = default.
struct Healthcheck {
  std::vector<std::string> test;  ///< {"NONE"}, {"CMD", …} or {"CMD-SHELL", "…"}
  int64_t interval = 0, timeout = 0, start_period = 0, start_interval = 0;
  int retries = 0;
  friend bool operator==(const Healthcheck&, const Healthcheck&) = default;
};

/// The "config" object of image-spec config.md, with Docker's Healthcheck, Shell and OnBuild.
struct ContainerConfig {
  std::string user;
  std::set<std::string> exposed_ports;
  std::vector<std::string> env;  ///< "K=V" in order; a later value of a name replaces in place
  std::optional<std::vector<std::string>> entrypoint;
  std::optional<std::vector<std::string>> cmd;
  std::set<std::string> volumes;
  std::string working_dir;
  std::map<std::string, std::string> labels;
  std::string stop_signal;
  std::optional<Healthcheck> healthcheck;
  std::optional<std::vector<std::string>> shell;
  std::vector<std::string> on_build;
  friend bool operator==(const ContainerConfig&, const ContainerConfig&) = default;

  /// Sets or replaces one variable, keeping its place.
  void set_env(const std::string& name, const std::string& value);
  std::optional<std::string> get_env(const std::string& name) const;
};

struct HistoryEntry {
  std::string created;
  std::string created_by;
  std::string comment;
  std::string author;
  bool empty_layer = false;
};

/// The moment that stands for "when" in everything whose digest must not depend on it.
inline constexpr const char* k_constant_time = "1980-01-01T00:00:00Z";
inline constexpr int64_t k_constant_seconds = 315532800;

struct ImageConfig {
  std::string created = k_constant_time;
  std::string author;
  Platform platform;
  ContainerConfig config;
  std::vector<Digest> diff_ids;
  std::vector<HistoryEntry> history;
};

Json to_json(const ContainerConfig& config);
ContainerConfig parse_container_config(const Json& json, const std::string& where);
Json to_json(const ImageConfig& config);
/// Tolerant of members it does not know (foreign images), strict about types of those it does.
ImageConfig parse_image_config(const Json& json, const std::string& where);

}  // namespace trainyard::oci

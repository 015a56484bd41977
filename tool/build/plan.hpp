#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/file.hpp"
#include "base/fingerprint.hpp"
#include "build/copy_filter.hpp"
#include "build/layer.hpp"
#include "build/run_devices.hpp"
#include "build/run_mount.hpp"
#include "dockerfile/dockerfile.hpp"
#include "dockerfile/remote_source.hpp"
#include "engine/engine.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

/// A Dockerfile with everything decided that does not need a file system: which stages are needed,
/// what each step's environment is, what the image's configuration will be. Steps are instructions
/// that may change the file system; all others are only history and configuration.

/// An image that stages start from or copy from.
struct BaseImage {
  std::string name;       ///< as written, for messages
  std::string reference;  ///< what it means: a name in the store, a file, a place in a layout
  std::optional<oci::Digest> digest;  ///< of its manifest
  bool pinned = false;                ///< named by a digest, or made by another target
  oci::ImageConfig config;
  std::vector<StoredLayer> layers;
};

struct RunStep {
  std::vector<std::string> argv;         ///< exec form, or the shell's argv with the command
  std::vector<std::string> environment;  ///< "K=V": part of the key
  std::vector<std::string> unkeyed;      ///< "K=V": proxies; never part of key, history or image
  std::string working_directory;
  std::string user;
  engine::Network network = engine::Network::host;
  std::optional<dockerfile::InlineFile> script;  ///< seen at k_script_folder while it runs
  std::vector<PlannedMount> mounts;
  std::vector<PlannedDevice> devices;
  bool insecure = false;  ///< --security=insecure
  oci::Platform platform;
  std::vector<std::pair<std::string, std::string>> hosts;  ///< lines of /etc/hosts
};

/// A source of ADD that is fetched: a file by http, or a git repository.
struct RemoteSource {
  dockerfile::RemoteKind kind = dockerfile::RemoteKind::url;
  std::string address;
  dockerfile::Location at;
};

struct CopyStep {
  enum class From { context, folder, stage, image };
  bool add = false;
  std::vector<std::string> sources;          ///< clean, relative to the source's root
  std::vector<dockerfile::Location> places;  ///< of the sources, for messages
  CopyFilter filter;                         ///< --parents, --exclude
  std::vector<RemoteSource> remotes;
  std::vector<dockerfile::InlineFile> inline_files;  ///< expanded
  std::string checksum;                              ///< of the only remote source; may be empty
  std::optional<bool> keep_git_dir, unpack;
  bool link = false;        ///< the layer does not depend on what lies below it
  std::string destination;  ///< absolute; ends in "/" when it must be a folder
  From from = From::context;
  int stage = -1;
  fs::path folder;
  std::shared_ptr<const BaseImage> image;
  std::string chown, chmod;  ///< empty: not given
};

struct WorkdirStep {
  std::string path;  ///< absolute, clean
  std::string user;  ///< owner of what is made
};

/// One file, link or folder of an EXECUTABLES image, at a path of its own.
struct PlacedFile {
  enum class Type { file, link, folder };
  Type type = Type::file;
  std::string target;   ///< absolute path in the image
  fs::path source;      ///< file: where it is read; empty: `content` is it
  std::string content;  ///< file without source; link: its target
  unsigned mode = 0644;
  std::string sha256;  ///< file
  Fingerprint xxh3;    ///< file: what it is checked against while it is copied
  uint64_t size = 0;
};
struct FilesStep {
  std::vector<PlacedFile> files;
};

/// Makes one layer of those that the stage made so far.
struct SquashStep {};

struct PlannedStep {
  std::variant<RunStep, CopyStep, WorkdirStep, FilesStep, SquashStep> body;
  dockerfile::Location at;
  std::string text;    ///< the instruction on one line
  size_t history = 0;  ///< its entry in the stage's history
  int number = 0;      ///< counted over all needed stages, from 1
};

/// Whether it makes a layer that does not depend on those below it.
inline bool is_linked(const PlannedStep& step) {
  const auto* copy = std::get_if<CopyStep>(&step.body);
  return copy != nullptr && copy->link;
}

inline bool is_squash(const PlannedStep& step) {
  return std::holds_alternative<SquashStep>(step.body);
}

struct PlannedStage {
  int index = 0;
  std::string label;                      ///< for progress; empty when only one stage is needed
  oci::Platform platform;                 ///< FROM --platform, else the image's
  bool uncached = false;                  ///< its steps are made even when there are records
  int base_stage = -1;                    ///< FROM another stage,
  std::shared_ptr<const BaseImage> base;  ///< or an image; neither: scratch
  std::vector<PlannedStep> steps;
  std::vector<oci::HistoryEntry> history;  ///< of this stage alone
  oci::ImageConfig config;                 ///< without diff-ids and history
};

struct Plan {
  dockerfile::Dockerfile source;
  std::map<int, PlannedStage> stages;  ///< the needed ones
  int target = 0;
  int total = 0;                  ///< steps
  oci::Platform platform;         ///< of the image
  std::string source_date_epoch;  ///< build argument SOURCE_DATE_EPOCH; empty: not given
  std::vector<std::string> warnings;
};

}  // namespace trainyard::build

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace trainyard::store {

/// `roots/<hash of the path>/`: one folder per build tree, with its `path` and one small file per
/// target. It protects what a living build tree uses, and lets people name images and runs by
/// target.
enum class TargetKind { image, run };

struct RootedTarget {
  TargetKind kind;
  std::string target;  ///< the CMake target
  fs::path build_dir;
  std::string value;              ///< image: the manifest's digest "sha256:…"; run: the key
  fs::path spec;                  ///< the spec file in the build tree
  std::vector<fs::path> outputs;  ///< absolute paths that the run puts in the build tree
};

void put_root(const Store& store, const RootedTarget& target);
/// Of the build trees that exist, or may: one whose disk is away is not gone.
std::vector<RootedTarget> list_roots(const Store& store);
/// Forgets one; nothing happens when it is not there.
void remove_root(const Store& store, const RootedTarget& target);
/// Of the others, with the files of their records.
std::vector<std::pair<fs::path, RootedTarget>> list_gone_roots(const Store& store);

/// A name as people type it: a target, target@build-dir, or the path of an output. Targets of the
/// build tree that holds the current folder go before others; throws a usage error listing them
/// when several remain.
std::optional<RootedTarget> find_root(const Store& store, TargetKind kind, const std::string& name);

/// The run that a person means: find_root, else a prefix (6 digits or more) of a key of a run
/// folder that exists. Throws Error with near names as hint.
std::string require_run_key(const Store& store, const std::string& name);

}  // namespace trainyard::store

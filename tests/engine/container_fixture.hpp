#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/job.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine {

/// A store in a temporary folder with one layer tree in it: busybox under some of its names, and
/// users.
class ContainerFixture {
 public:
  ContainerFixture();
  ~ContainerFixture();

  /// A spec that runs `script` with the layer's shell.
  ContainerSpec shell(const std::string& script) const;
  fs::path fresh_upper() const;
  /// Whether containers know one id alone: everything in them belongs to root then.
  bool one_id() const { return engine->id_map_class() == "single"; }

  struct Outcome {
    ContainerResult result;
    std::string out, err;
  };
  Outcome run(const ContainerSpec& spec);
  /// The paths below `folder`, sorted, as the namespaces see them (they may belong to sub-uids).
  std::vector<std::string> entries(const fs::path& folder);

  TemporaryDirectory folder;
  fs::path store, layer, work;
  std::unique_ptr<Engine> engine;
};

/// Makes the layer tree; throws Error when busybox is missing.
void make_busybox_layer(const fs::path& layer);

/// Jobs that the tests call; every supervisor that they start knows them.
const JobTable& test_jobs();

}  // namespace trainyard::engine

#pragma once

#include <boost/test/unit_test.hpp>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "build/build_image.hpp"

namespace trainyard::build::testing {

/// A store, an engine and a context folder, all temporary.
class BuildFixture {
 public:
  BuildFixture();

  void write(const std::string& path, const std::string& content);
  BuildRequest request(const std::string& dockerfile) const;
  BuildResult build(const std::string& dockerfile);
  BuildResult build(const BuildRequest& request);
  /// The text that main() would print; empty when the build succeeds.
  std::string complaint(const std::string& dockerfile);
  /// An image "base" with sh, cat, mkdir, rm, chmod and sleep of this machine in /usr/local/bin.
  void make_base();
  /// The path of a file in the merged layers, by their trees: the topmost layer that has it.
  fs::path in_image(const BuildResult& result, const std::string& path) const;
  /// How many entries the tree of the last layer has.
  std::vector<std::string> top_layer(const BuildResult& result) const;

  TemporaryDirectory folder;
  fs::path context;
  store::Store store;
  std::unique_ptr<engine::Engine> engine;
  std::vector<StepEvent::Kind> events;
};

/// Whether this machine can execute steps; says why when it cannot.
bool can_run_containers();

inline bool holds_text(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace trainyard::build::testing

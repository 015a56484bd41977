#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"
#include "store/images.hpp"
#include "store/store.hpp"
#include "training/training_run.hpp"

namespace trainyard::training::testing {

/// A store with the image lab/trainer:1 (no layers), a source folder and a build folder, all
/// temporary.
class RunFixture {
 public:
  RunFixture();

  /// A spec file's JSON: image, folders and name are set; `members` are added or replace.
  Json spec_json(const Json& members = Json::object()) const;
  /// The spec file that is written for it, `<build>/<name>.run.json`.
  fs::path write_spec(const Json& members = Json::object()) const;
  RunSpec spec(const Json& members = Json::object()) const {
    return read_run_spec(write_spec(members));
  }
  /// A spec that runs a shell script.
  Json script(const std::string& text, Json members = Json::object()) const;

  store::Image put_image(const oci::ContainerConfig& config) const;
  fs::path write_source(const std::string& name, std::string_view content) const;
  fs::path source() const { return folder_.path() / "source"; }
  fs::path build() const { return folder_.path() / "source" / "build"; }
  fs::path folder() const { return folder_.path(); }

 private:
  TemporaryDirectory folder_;

 public:
  const store::Store store;
};

/// Runs, collecting what a person would see.
struct Seen {
  std::string log;
  std::vector<std::string> notes;
  RunEvents events();
};

/// Polls until it holds; fails the test when it never does.
void wait_until(const std::function<bool()>& holds, const std::string& what);

}  // namespace trainyard::training::testing

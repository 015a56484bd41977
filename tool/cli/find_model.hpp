#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/store.hpp"

namespace trainyard::cli {

/// A run that made a file or folder, found by its content.
struct FoundModel {
  std::string run;  ///< key
  Json file;        ///< path, digest (of a file), output; others: keys
};

/// `name` as a path, else as a run. A file is found by its SHA-256 among the outputs of finished
/// runs, wherever it lies and whatever it is called; a folder by all of its files. Of several runs
/// that made the same bytes, the one whose output in a build tree it is goes first, then the
/// newest. Throws a usage error that says what is known of the path otherwise.
FoundModel find_model(const store::Store& store, const std::string& name);

}  // namespace trainyard::cli

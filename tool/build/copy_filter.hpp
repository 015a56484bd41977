#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"

namespace trainyard::build {

/// What of its sources a COPY or ADD takes, and under which names.
struct CopyFilter {
  /// --parents: a source brings the folders above it along. Sources are then "folder/./pattern":
  /// the pattern (with `**`) is looked for below the folder, and what matches keeps its path from
  /// there on.
  bool parents = false;
  /// --exclude: patterns of an ignore file, matched against the path below the source, or against
  /// the name of a source that is a file.
  std::vector<std::string> excluded;
  bool empty() const { return !parents && excluded.empty(); }

  /// As a job's request and a key hold it: members only for what is asked for.
  void add_to(Json& request) const;
  static CopyFilter of(ObjectReader& request);
};

/// The two parts of a source of --parents.
struct PivotedSource {
  std::string folder;   ///< clean; may be empty
  std::string pattern;  ///< clean
  std::string text() const { return folder + "/./" + pattern; }
};
/// Of the text as written: without "/./" all of it is the pattern.
PivotedSource pivoted_source(const std::string& text);

}  // namespace trainyard::build

#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "store/roots.hpp"
#include "training/training_run.hpp"

namespace trainyard::training {

struct SweepPoint {
  std::string name;  ///< "rate=0.1,depth=3": no "/", unique in its sweep
  std::vector<std::pair<std::string, std::string>> values;
};

struct Objective {
  std::string metric;
  enum class Direction { minimize, maximize } direction = Direction::maximize;
};

/// `<name>.sweep.json` (cmake/ writes it; schema in docs/spec-files.md).
struct SweepSpec {
  fs::path file;  ///< the spec file itself, absolute
  std::string name;
  fs::path run;  ///< spec file of the run whose parameters are tried, absolute
  fs::path
      folder;  ///< `<binary dir>/<name>`: what belongs to points lies in it, the rest beside it
  std::optional<Objective> objective;
  int max_parallel = 0;  ///< 0: no limit
  std::vector<SweepPoint> points;

  /// `<folder>.<extension>`: the plan, its stamp and depfile, the summaries, the best result.
  fs::path beside(const std::string& extension) const;
};

/// Throws usage errors that name the file and the member. Does not look at the run.
SweepSpec read_sweep_spec(const fs::path& file);

/// Throws a usage error, with the nearest name.
const SweepPoint& require_point(const SweepSpec& sweep, const std::string& name);

/// What the edges of a point leave in the build tree. A point that failed has a stamp and a note of
/// its failure, and no result.
struct PointFiles {
  fs::path stamp, result, failure;
  fs::path outputs;  ///< folder
};
PointFiles files_of(const SweepSpec& sweep, const SweepPoint& point);

/// "<sweep>/<point>": the point's name beside the targets of the build tree.
std::string rooted_name(const SweepSpec& sweep, const SweepPoint& point);

/// A point as a run: the run's spec with the point's values, its outputs in the point's folder, its
/// name the rooted one. Its key is that of the run with `-S` for each value.
RunSpec run_of_point(const SweepSpec& sweep, const SweepPoint& point);

/// The spec of a run, or of a sweep's point, that a build tree has.
RunSpec read_rooted_spec(const store::RootedTarget& root);

}  // namespace trainyard::training

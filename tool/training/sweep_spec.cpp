#include "training/sweep_spec.hpp"

#include <algorithm>
#include <set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/spec_text.hpp"
#include "base/spelling.hpp"

namespace trainyard::training {

namespace {

constexpr std::string_view k_file_end = ".sweep.json";

fs::path absolute_path(ObjectReader& in, const std::string& member) {
  const fs::path path = in.string(member);
  if (!path.is_absolute()) in.fail(member, "must be an absolute path");
  return absolute_normal(path);
}

void check_point_name(const ObjectReader& in, const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos)
    in.fail("name", "\"" + name + "\" cannot be the name of a folder");
}

SweepPoint read_point(const Json& json, const std::string& where) {
  ObjectReader in(json, where);
  SweepPoint point{in.string("name"), {}};
  check_point_name(in, point.name);
  if (point.name == "best") in.fail("name", "\"best\" is where the best point's outputs land");
  for (const std::string& text : in.strings("values")) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      in.fail("values", "\"" + text + "\" is not of the form name=value");
    point.values.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  in.finish();
  return point;
}

std::optional<Objective> read_objective(ObjectReader& in) {
  const std::string metric = in.string_or("objective", "");
  const std::string direction = in.string_or("direction", "");
  if (metric.empty() != direction.empty())
    in.fail("objective", "and \"direction\" need each other");
  if (metric.empty()) return std::nullopt;
  if (direction != "minimize" && direction != "maximize")
    in.fail("direction", "\"" + direction + "\" is neither minimize nor maximize");
  return Objective{metric, direction == "minimize" ? Objective::Direction::minimize
                                                   : Objective::Direction::maximize};
}

void read_points(ObjectReader& in, SweepSpec& sweep) {
  std::set<std::string> names;
  for (const Json& json : in.array("points")) {
    sweep.points.push_back(read_point(json, sweep.file.string() + ": member \"points\""));
    if (!names.insert(sweep.points.back().name).second)
      in.fail("points", "has \"" + sweep.points.back().name + "\" twice");
  }
  if (sweep.points.empty()) in.fail("points", "is empty");
}

}  // namespace

fs::path SweepSpec::beside(const std::string& extension) const {
  return folder.string() + "." + extension;
}

SweepSpec read_sweep_spec(const fs::path& file) {
  SweepSpec sweep;
  sweep.file = absolute_normal(file);
  const Json json = parse_spec_text(read_file(sweep.file), sweep.file.string());
  ObjectReader in(json, sweep.file.string());
  if (in.integer("schema") != 1) in.fail("schema", "must be 1: this tool reads no other version");
  if (in.string("kind") != "sweep") in.fail("kind", "must be \"sweep\"");
  sweep.name = in.string("name");
  check_point_name(in, sweep.name);
  sweep.run = absolute_path(in, "run");
  sweep.folder = absolute_path(in, "folder");
  sweep.objective = read_objective(in);
  const int64_t parallel = in.integer_or("max_parallel", 0);
  if (parallel < 0 || parallel > 1'000'000)
    in.fail("max_parallel", "must be a number of points, or 0 for no limit");
  sweep.max_parallel = static_cast<int>(parallel);
  read_points(in, sweep);
  in.finish();
  return sweep;
}

const SweepPoint& require_point(const SweepSpec& sweep, const std::string& name) {
  const auto found = std::find_if(sweep.points.begin(), sweep.points.end(),
                                  [&name](const SweepPoint& point) { return point.name == name; });
  if (found != sweep.points.end()) return *found;
  std::vector<std::string> names;
  for (const SweepPoint& point : sweep.points) names.push_back(point.name);
  throw usage_error("looking up", name, "sweep " + sweep.name + " has no such point",
                    suggestion(name, names));
}

PointFiles files_of(const SweepSpec& sweep, const SweepPoint& point) {
  const std::string stem = (sweep.folder / point.name).string();
  return {stem + ".stamp", stem + ".result", stem + ".failed", stem};
}

std::string rooted_name(const SweepSpec& sweep, const SweepPoint& point) {
  return sweep.name + "/" + point.name;
}

RunSpec run_of_point(const SweepSpec& sweep, const SweepPoint& point) {
  RunSpec spec = read_run_spec(sweep.run);
  for (const auto& [name, value] : point.values) set_parameter(spec, name, value);
  spec.trial = false;
  spec.file = sweep.file;
  spec.name = rooted_name(sweep, point);
  const fs::path folder = files_of(sweep, point).outputs;
  for (RunOutput& output : spec.outputs) output.destination = folder / output.path;
  return spec;
}

RunSpec read_rooted_spec(const store::RootedTarget& root) {
  if (!root.spec.string().ends_with(k_file_end)) return read_run_spec(root.spec);
  const SweepSpec sweep = read_sweep_spec(root.spec);
  const size_t slash = root.target.find('/');
  return run_of_point(
      sweep, require_point(
                 sweep, slash == std::string::npos ? root.target : root.target.substr(slash + 1)));
}

}  // namespace trainyard::training

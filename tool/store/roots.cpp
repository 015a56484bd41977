#include "store/roots.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/fingerprint.hpp"
#include "base/spelling.hpp"
#include "store/folder_entries.hpp"
#include "store/record_path.hpp"
#include "store/run_records.hpp"
#include "store/sealed.hpp"

namespace trainyard::store {

namespace {

constexpr size_t k_shortest_prefix = 6;

const char* name_of(TargetKind kind) {
  return kind == TargetKind::image ? "image" : "run";
}

/// Build trees are told apart by their real path: one may be reached through links.
fs::path real_path(const fs::path& path) {
  std::error_code error;
  fs::path real = fs::weakly_canonical(absolute_normal(path), error);
  return error ? absolute_normal(path) : absolute_normal(real);
}

fs::path folder_of(const Store& store, const fs::path& build_dir) {
  return store.roots() / fingerprint(build_dir.string()).hex();
}

/// A target's name may hold what a file's name may not.
std::string file_name_of(const RootedTarget& target) {
  return std::string(name_of(target.kind)) + "-" + fingerprint(target.target).hex() + ".json";
}

Json to_json(const RootedTarget& target, const fs::path& build_dir) {
  Json outputs = Json::array();
  for (const fs::path& output : target.outputs) outputs.push_back(output.string());
  return {{"kind", name_of(target.kind)},    {"target", target.target},
          {"build_dir", build_dir.string()}, {"value", target.value},
          {"spec", target.spec.string()},    {"outputs", std::move(outputs)}};
}

std::optional<RootedTarget> parse_target(const std::string& text) {
  const auto json = unseal(text);
  if (!json) return std::nullopt;
  try {
    RootedTarget target{json->at("kind") == "image" ? TargetKind::image : TargetKind::run,
                        json->at("target").get<std::string>(),
                        json->at("build_dir").get<std::string>(),
                        json->at("value").get<std::string>(),
                        json->at("spec").get<std::string>(),
                        {}};
    for (const Json& output : json->at("outputs"))
      target.outputs.emplace_back(output.get<std::string>());
    return target;
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

/// The records with their files.
std::vector<std::pair<fs::path, RootedTarget>> read_roots(const Store& store) {
  std::vector<std::pair<fs::path, RootedTarget>> roots;
  for (const auto& folder : folder_entries(store.roots()))
    for (const auto& file : folder_entries(folder.path())) {
      if (file.path().extension() != ".json") continue;
      const auto text = read_file_if_exists(file.path());
      if (auto target = text ? parse_target(*text) : std::nullopt)
        roots.emplace_back(file.path(), std::move(*target));
    }
  return roots;
}

/// Whether `path` is one of the target's outputs or lies in one.
bool makes(const RootedTarget& target, const fs::path& path) {
  return std::any_of(target.outputs.begin(), target.outputs.end(), [&](const fs::path& output) {
    return lies_within(path, absolute_normal(output)) || lies_within(path, real_path(output));
  });
}

/// Keeps those of the build tree that holds the current folder, the innermost one; all if there is
/// none.
void prefer_here(std::vector<RootedTarget>& targets) {
  const fs::path here = real_path(".");
  size_t deepest = 0;
  for (const RootedTarget& target : targets)
    if (lies_within(here, target.build_dir))
      deepest = std::max(deepest, target.build_dir.native().size());
  if (deepest == 0) return;
  std::erase_if(targets, [&](const RootedTarget& target) {
    return target.build_dir.native().size() != deepest || !lies_within(here, target.build_dir);
  });
}

std::vector<RootedTarget> candidates(const Store& store, TargetKind kind, const std::string& name) {
  std::vector<RootedTarget> all = list_roots(store);
  std::erase_if(all, [&](const RootedTarget& target) { return target.kind != kind; });
  const auto those = [&](const auto& fits) {
    std::vector<RootedTarget> found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), fits);
    return found;
  };
  auto found = those([&](const RootedTarget& target) { return target.target == name; });
  if (!found.empty()) return found;
  if (const size_t at = name.find('@'); at != std::string::npos) {
    const std::string wanted = name.substr(0, at);
    const fs::path build_dir = real_path(name.substr(at + 1));
    found = those([&](const RootedTarget& target) {
      return target.target == wanted && target.build_dir == build_dir;
    });
    if (!found.empty()) return found;
  }
  const fs::path path = absolute_normal(name);
  const fs::path real = real_path(name);
  return those(
      [&](const RootedTarget& target) { return makes(target, path) || makes(target, real); });
}

/// Keys of run folders, finished or not, that begin with `prefix`.
std::vector<std::string> keys_with_prefix(const Store& store, const std::string& prefix) {
  std::vector<std::string> keys;
  if (prefix.size() < k_shortest_prefix || !is_key(prefix)) return keys;
  for (const auto& folder : folder_entries(store.runs() / prefix.substr(0, 2)))
    if (const std::string key = folder.path().filename().string();
        is_key(key) && key.starts_with(prefix))
      keys.push_back(key);
  return keys;
}

}  // namespace

void put_root(const Store& store, const RootedTarget& target) {
  const fs::path build_dir = real_path(target.build_dir);
  const fs::path folder = folder_of(store, build_dir);
  write_file_if_changed(folder / "path", build_dir.string() + "\n");
  write_file_if_changed(folder / file_name_of(target), seal(to_json(target, build_dir)));
}

void remove_root(const Store& store, const RootedTarget& target) {
  remove_file(folder_of(store, real_path(target.build_dir)) / file_name_of(target));
}

std::vector<RootedTarget> list_roots(const Store& store) {
  std::vector<RootedTarget> targets;
  for (auto& [file, target] : read_roots(store))
    if (!is_gone(target.build_dir)) targets.push_back(std::move(target));
  return targets;
}

std::vector<std::pair<fs::path, RootedTarget>> list_gone_roots(const Store& store) {
  auto roots = read_roots(store);
  std::erase_if(roots, [](const auto& root) { return !is_gone(root.second.build_dir); });
  return roots;
}

std::optional<RootedTarget> find_root(const Store& store, TargetKind kind,
                                      const std::string& name) {
  std::vector<RootedTarget> found = candidates(store, kind, name);
  if (found.size() > 1) prefer_here(found);
  if (found.empty()) return std::nullopt;
  if (found.size() == 1) return std::move(found.front());
  std::string list;
  for (const RootedTarget& target : found)
    list += (list.empty() ? "" : ", ") + target.target + "@" + target.build_dir.string();
  throw usage_error("looking up", name, "several build trees have it: " + list,
                    "write one of these, or go to its build tree");
}

std::string require_run_key(const Store& store, const std::string& name) {
  if (const auto root = find_root(store, TargetKind::run, name)) return root->value;
  const std::vector<std::string> keys = keys_with_prefix(store, name);
  if (keys.size() == 1) return keys.front();
  if (keys.size() > 1) {
    std::string list;
    for (const std::string& key : keys) list += (list.empty() ? "" : ", ") + key.substr(0, 12);
    throw usage_error("looking up run", name, "several runs begin with it: " + list,
                      "write more digits");
  }
  std::vector<std::string> targets;
  for (const RootedTarget& target : list_roots(store))
    if (target.kind == TargetKind::run) targets.push_back(target.target);
  const std::string near = suggestion(name, targets);
  throw usage_error(
      "looking up run", name, "there is no such run in the store",
      near.empty() ? "a run is named by its target, target@build-dir, the path of an output, or "
                     "the first digits of its key"
                   : near);
}

}  // namespace trainyard::store

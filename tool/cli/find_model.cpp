#include "cli/find_model.hpp"

#include <map>
#include <optional>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"

namespace trainyard::cli {

namespace {

using Files = std::map<std::string, std::string>;  ///< relative path to digest or link

Files files_below(const fs::path& folder) {
  Files files;
  for (fs::recursive_directory_iterator it(folder), end; it != end; ++it) {
    const std::string path = it->path().lexically_relative(folder).string();
    if (it->is_symlink())
      files[path] = "-> " + fs::read_symlink(it->path()).string();
    else if (it->is_regular_file())
      files[path] = sha256_hex_of_file(it->path());
    else if (it->is_directory() && fs::is_empty(it->path()))
      files[path + "/"] = sha256_hex("");
  }
  return files;
}

Files files_of(const store::Output& output) {
  Files files;
  for (const store::OutputFile& file : output.files)
    files[file.path] = file.link.empty() ? file.digest.hex() : "-> " + file.link;
  return files;
}

/// Where in the run's outputs these bytes are; nothing when it made none.
std::optional<std::string> place_in(const store::RunRecord& record, const std::string& digest,
                                    const std::string& filename) {
  std::optional<std::string> found;
  for (const store::Output& output : record.outputs)
    for (const store::OutputFile& file : output.files) {
      if (file.digest.hex() != digest || !file.link.empty()) continue;
      const std::string place = file.path.empty() ? output.path : output.path + "/" + file.path;
      if (!found || fs::path(place).filename() == filename) found = place;
    }
  return found;
}

std::optional<std::string> place_of(const store::RunRecord& record, const Files& files) {
  for (const store::Output& output : record.outputs)
    if (output.folder && files_of(output) == files) return output.path;
  return std::nullopt;
}

Error unknown(const store::Store& store, const fs::path& path, const std::string& what) {
  const auto root = store::find_root(store, store::TargetKind::run, path.string());
  if (root)
    return usage_error("looking up where it comes from:", path.string(),
                       "run " + root->target + " (" + root->value.substr(0, 12) +
                           ") puts an output there, and it has other bytes: " + what +
                           " is of no run in the store",
                       "building " + root->target + " puts its output back");
  return usage_error("looking up where it comes from:", path.string(),
                     what + " is an output of no run in the store " + store.root().string(),
                     "was it changed, or trained with another store (--store)?");
}

FoundModel find_content(const store::Store& store, const fs::path& path) {
  const bool folder = fs::is_directory(path);
  const Files files = folder ? files_below(path) : Files();
  const std::string digest = folder ? "" : sha256_hex_of_file(path);
  const auto root = store::find_root(store, store::TargetKind::run, path.string());
  FoundModel model;
  Json others = Json::array();
  for (const std::string& key : store::list_runs(store)) {
    const auto record = store::find_run(store, key);
    if (!record) continue;
    const auto place =
        folder ? place_of(*record, files) : place_in(*record, digest, path.filename().string());
    if (!place) continue;
    if (model.run.empty() || (root && root->value == key)) {
      if (!model.run.empty()) others.push_back(model.run);
      model.run = key;
      model.file = {{"path", path.string()}, {"output", *place}};
    } else {
      others.push_back(key);
    }
  }
  if (model.run.empty()) throw unknown(store, path, folder ? "what it holds" : "sha256:" + digest);
  if (!folder) model.file["digest"] = "sha256:" + digest;
  if (!others.empty()) model.file["others"] = std::move(others);
  return model;
}

}  // namespace

FoundModel find_model(const store::Store& store, const std::string& name) {
  std::error_code error;
  const fs::path path = absolute_normal(name);
  if (!fs::exists(path, error)) return {store::require_run_key(store, name), nullptr};
  try {
    return find_content(store, path);
  } catch (const Error&) {
    // A folder of the source tree may be called as a target is.
    const auto root = name.find('/') == std::string::npos
                          ? store::find_root(store, store::TargetKind::run, name)
                          : std::nullopt;
    if (!root || root->target != name) throw;
    return {root->value, nullptr};
  }
}

}  // namespace trainyard::cli

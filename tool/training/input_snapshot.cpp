#include "training/input_snapshot.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>
#include <unordered_map>

#include "base/error.hpp"
#include "base/sha256.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_kinds[] = {"file", "folder", "link"};
using HashFile = std::function<std::string(const fs::path&, const struct stat&)>;

std::string status_text(const struct stat& status) {
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_size) + " " +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) +
         " " + std::to_string(status.st_ctim.tv_sec) + "." + std::to_string(status.st_ctim.tv_nsec);
}

/// Walks one input; `hash` decides what a file's content is known by.
class Walk {
 public:
  Walk(InputSnapshot& snapshot, const std::vector<fs::path>& excluded, const HashFile& hash)
      : snapshot_(snapshot), excluded_(excluded), hash_(hash) {}

  void visit(const std::string& relative) {
    const fs::path path = relative.empty() ? snapshot_.source : snapshot_.source / relative;
    struct stat status {};
    if (::lstat(path.c_str(), &status) != 0) throw system_error("reading input", path.string());
    InputEntry entry;
    entry.path = relative;
    if (S_ISREG(status.st_mode)) {
      entry.executable = (status.st_mode & 0111) != 0;
      entry.status = status_text(status);
      entry.content = hash_(path, status);
      snapshot_.entries.push_back(std::move(entry));
    } else if (S_ISLNK(status.st_mode)) {
      entry.kind = InputEntry::Kind::link;
      entry.content = fs::read_symlink(path).string();
      snapshot_.entries.push_back(std::move(entry));
    } else if (S_ISDIR(status.st_mode)) {
      entry.kind = InputEntry::Kind::folder;
      snapshot_.entries.push_back(std::move(entry));
      visit_children(path, relative);
    } else {
      throw usage_error("reading input", path.string(),
                        "it is neither a file nor a folder nor a symbolic link",
                        "leave sockets, FIFOs and devices out of inputs");
    }
  }

 private:
  void visit_children(const fs::path& path, const std::string& relative) {
    std::vector<std::string> names;
    std::error_code error;
    fs::directory_iterator folder(path, error);
    for (; !error && folder != fs::directory_iterator(); folder.increment(error))
      names.push_back(folder->path().filename().string());
    if (error) throw Error("reading input", path.string(), error.message());
    std::sort(names.begin(), names.end());
    for (const std::string& name : names) {
      const std::string child = relative.empty() ? name : relative + "/" + name;
      if (std::find(excluded_.begin(), excluded_.end(), path / name) != excluded_.end())
        snapshot_.hidden.push_back(child);
      else
        visit(child);
    }
  }

  InputSnapshot& snapshot_;
  const std::vector<fs::path>& excluded_;
  const HashFile& hash_;
};

InputSnapshot walk(const fs::path& source, const std::vector<fs::path>& excluded,
                   const HashFile& hash) {
  InputSnapshot snapshot;
  std::error_code error;
  snapshot.source = fs::canonical(source, error);
  if (error) throw Error("reading input", source.string(), error.message());
  Walk(snapshot, excluded, hash).visit("");
  return snapshot;
}

/// What was added beside the files was not to be seen.
std::optional<InputChange> find_change_of_chosen(const InputSnapshot& snapshot) {
  for (const InputEntry& entry : snapshot.entries) {
    if (entry.kind != InputEntry::Kind::file) continue;
    const fs::path path = snapshot.source / entry.path;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return InputChange{path, "it was removed"};
    if (entry.status == status_text(status)) continue;
    const bool executable = (status.st_mode & 0111) != 0;
    if (!S_ISREG(status.st_mode) || executable != entry.executable ||
        sha256_hex_of_file(path) != entry.content)
      return InputChange{path, "it changed"};
  }
  return std::nullopt;
}

}  // namespace

InputSnapshot take_snapshot(const fs::path& source, const std::vector<fs::path>& excluded,
                            store::FingerprintIndex& index) {
  std::vector<fs::path> real;
  for (const fs::path& folder : excluded) {
    std::error_code error;
    const fs::path canonical = fs::canonical(folder, error);
    if (!error) real.push_back(canonical);
  }
  return walk(source, real, [&index](const fs::path& path, const struct stat& status) {
    return index.sha256(path, status);
  });
}

InputSnapshot take_snapshot_of(const fs::path& source, const std::vector<std::string>& files,
                               store::FingerprintIndex& index) {
  InputSnapshot snapshot;
  snapshot.source = fs::canonical(source);
  snapshot.chosen = true;
  snapshot.entries.push_back({"", InputEntry::Kind::folder, false, {}, {}});
  std::set<std::string> folders;
  for (const std::string& file : files) {
    for (size_t at = file.find('/'); at != std::string::npos; at = file.find('/', at + 1))
      if (folders.insert(file.substr(0, at)).second)
        snapshot.entries.push_back({file.substr(0, at), InputEntry::Kind::folder, false, {}, {}});
    const fs::path path = snapshot.source / file;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) throw system_error("reading input", path.string());
    snapshot.entries.push_back({file, InputEntry::Kind::file, (status.st_mode & 0111) != 0,
                                index.sha256(path, status), status_text(status)});
  }
  return snapshot;
}

std::string InputSnapshot::digest() const {
  if (!is_folder()) {
    const InputEntry& file = entries.front();
    return sha256_hex(canonical_json({"file", file.executable, file.content}));
  }
  Sha256 hash;
  for (const InputEntry& entry : entries)
    hash.update(canonical_json({entry.path, k_kinds[static_cast<int>(entry.kind)], entry.executable,
                                entry.content}) +
                "\n");
  return hash.hex();
}

std::optional<InputChange> find_change(const InputSnapshot& snapshot) {
  if (snapshot.chosen) return find_change_of_chosen(snapshot);
  std::vector<fs::path> hidden;
  for (const std::string& folder : snapshot.hidden) hidden.push_back(snapshot.source / folder);
  std::error_code error;
  if (!fs::exists(fs::symlink_status(snapshot.source, error)))
    return InputChange{snapshot.source, "it was removed"};
  std::unordered_map<std::string, const InputEntry*> known;
  for (const InputEntry& entry : snapshot.entries) known.emplace(entry.path, &entry);
  const InputSnapshot now =
      walk(snapshot.source, hidden, [&](const fs::path& path, const struct stat& status) {
        const auto before = known.find(
            path == snapshot.source ? "" : path.lexically_relative(snapshot.source).string());
        const bool same = before != known.end() && before->second->status == status_text(status);
        return same ? before->second->content : sha256_hex_of_file(path);
      });
  for (size_t i = 0; i < std::max(now.entries.size(), snapshot.entries.size()); ++i) {
    if (i == now.entries.size())
      return InputChange{snapshot.source / snapshot.entries[i].path, "it was removed"};
    if (i == snapshot.entries.size())
      return InputChange{now.source / now.entries[i].path, "it was added"};
    const InputEntry& before = snapshot.entries[i];
    const InputEntry& after = now.entries[i];
    const fs::path place = after.path.empty() ? now.source : now.source / after.path;
    if (before.path != after.path)
      return before.path < after.path ? InputChange{snapshot.source / before.path, "it was removed"}
                                      : InputChange{place, "it was added"};
    if (before.kind != after.kind || before.executable != after.executable ||
        before.content != after.content)
      return InputChange{place, "it changed"};
  }
  return std::nullopt;
}

void check_unchanged(const InputSnapshot& snapshot) {
  if (const auto change = find_change(snapshot))
    throw Error("checking input", change->path.string(),
                change->how + " while the training ran, so its result belongs to no version of it",
                "build again", ExitCode::failed);
}

Json to_json(const InputSnapshot& snapshot) {
  Json entries = Json::array();
  for (const InputEntry& entry : snapshot.entries)
    entries.push_back(
        {entry.path, static_cast<int>(entry.kind), entry.executable, entry.content, entry.status});
  return {{"source", snapshot.source.string()},
          {"entries", std::move(entries)},
          {"hidden", snapshot.hidden},
          {"chosen", snapshot.chosen}};
}

InputSnapshot parse_input_snapshot(const Json& json) {
  InputSnapshot snapshot;
  snapshot.source = json.at("source").get<std::string>();
  snapshot.hidden = json.at("hidden").get<std::vector<std::string>>();
  snapshot.chosen = json.value("chosen", false);  // earlier versions know no patterns
  for (const Json& row : json.at("entries"))
    snapshot.entries.push_back(
        {row.at(0).get<std::string>(), static_cast<InputEntry::Kind>(row.at(1).get<int>()),
         row.at(2).get<bool>(), row.at(3).get<std::string>(), row.at(4).get<std::string>()});
  return snapshot;
}

}  // namespace trainyard::training

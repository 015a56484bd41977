#include "training/output_collection.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <set>

#include "base/error.hpp"
#include "base/holes.hpp"
#include "base/sha256.hpp"
#include "base/terminal.hpp"
#include "training/scratch_walk.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_collect = "training.collect";
constexpr const char* k_keep_failed = "training.keep_failed";
constexpr size_t k_most_listed = 20;

/// The job's side of collecting: one scratch folder into one folder of blobs.
class Collection {
 public:
  Collection(const fs::path& scratch, fs::path blobs, fs::path temporary)
      : root_(::open(scratch.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
        blobs_(std::move(blobs)),
        temporary_(std::move(temporary)) {
    if (!root_) throw system_error("opening the working folder", scratch.string());
  }

  /// Stubs are what inputs were mounted on: a link to one must not pass for an output.
  void note_stubs(const std::vector<std::string>& stubs) {
    for (const std::string& stub : stubs) {
      const UniqueFd fd = open_beneath(root_.get(), stub, O_PATH | O_NOFOLLOW);
      struct stat status {};
      if (fd && ::fstat(fd.get(), &status) == 0) stubs_.insert(status.st_ino);
    }
  }

  /// The output's row, or null when there is nothing at its path.
  Json collect(const std::string& key, const std::string& path) {
    const UniqueFd fd = open_beneath(root_.get(), path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    if (!fd && (errno == ENOENT || errno == ENOTDIR)) return nullptr;
    if (!fd && (errno == EXDEV || errno == ELOOP))
      throw failure(path, "it is a symbolic link that leads out of the working folder",
                    "write the file itself there");
    if (!fd) throw system_error("taking output", path);
    struct stat status {};
    if (::fstat(fd.get(), &status) != 0) throw system_error("taking output", path);
    if (stubs_.contains(status.st_ino))
      throw failure(path, "it is a symbolic link to an input",
                    "an output is what the command itself wrote");
    Json files = Json::array();
    if (S_ISDIR(status.st_mode))
      add_folder(fd.get(), path, "", files);
    else if (S_ISREG(status.st_mode))
      files.push_back(file_row(fd.get(), path, "", status));
    else
      throw failure(path, "it is neither a file nor a folder", "outputs are files and folders");
    return {{"key", key},
            {"path", path},
            {"folder", S_ISDIR(status.st_mode)},
            {"files", std::move(files)}};
  }

  /// The first names in the scratch, for the message about an output that is missing.
  std::vector<std::string> listing() {
    std::vector<std::string> found;
    list(root_.get(), "", found, {});
    return found;
  }

  /// The first files that belong to no output.
  std::vector<std::string> undeclared(const std::set<std::string>& outputs) {
    std::vector<std::string> found;
    list(root_.get(), "", found, [&](const std::string& name, const std::string& path) {
      return is_leaving(name) || outputs.contains(path);
    });
    return found;
  }

  void finish() const { sync_directory(blobs_); }

 private:
  static Error failure(const std::string& path, const std::string& cause, const std::string& hint) {
    return Error("taking output", path, cause, hint, ExitCode::failed);
  }

  void add_folder(int folder, const std::string& name, const std::string& relative, Json& files) {
    const std::vector<std::string> names = names_in(folder, name);
    struct stat status {};
    if (names.empty() && !relative.empty() && ::fstat(folder, &status) == 0)
      files.push_back(row(relative + "/", store_text(""), 0, status.st_mode & 0777, ""));
    for (const std::string& child : names) {
      const std::string path = relative.empty() ? child : relative + "/" + child;
      const std::string shown = name + "/" + child;
      if (::fstatat(folder, child.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
        throw system_error("taking output", shown);
      if (S_ISLNK(status.st_mode)) {
        add_link(folder, child, shown, path, files);
        continue;
      }
      const UniqueFd fd(::openat(folder, child.c_str(),
                                 O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW | O_CLOEXEC));
      if (!fd) throw system_error("taking output", shown);
      if (::fstat(fd.get(), &status) != 0) throw system_error("taking output", shown);
      if (S_ISDIR(status.st_mode))
        add_folder(fd.get(), shown, path, files);
      else if (S_ISREG(status.st_mode))
        files.push_back(file_row(fd.get(), shown, path, status));
      else
        throw failure(shown, "it is neither a file, a folder nor a link",
                      "remove it before the command ends");
    }
  }

  void add_link(int folder, const std::string& child, const std::string& shown,
                const std::string& path, Json& files) {
    std::array<char, 4096> target;
    const ssize_t length = ::readlinkat(folder, child.c_str(), target.data(), target.size());
    if (length < 0) throw system_error("taking output", shown);
    const std::string text(target.data(), static_cast<size_t>(length));
    files.push_back(row(path, store_text(text), text.size(), 0777, text));
  }

  static Json row(const std::string& path, const std::string& hex, uint64_t size, unsigned mode,
                  const std::string& link) {
    return {{"path", path}, {"sha256", hex}, {"size", size}, {"mode", mode}, {"link", link}};
  }

  Json file_row(int fd, const std::string& name, const std::string& relative,
                const struct stat& status) {
    try {
      refuse_large_holes(status, "taking output", name);
    } catch (const Error& error) {
      throw failure(name, error.cause(), error.hint());
    }
    const auto [hex, size] = store_stream([&](char* buffer, size_t capacity) {
      ssize_t n = 0;
      while ((n = ::read(fd, buffer, capacity)) < 0 && errno == EINTR) {
      }
      if (n < 0) throw system_error("reading output", name);
      return static_cast<size_t>(n);
    });
    return row(relative, hex, size, status.st_mode & 0777, "");
  }

  std::string store_text(const std::string& text) {
    size_t at = 0;
    return store_stream([&](char* buffer, size_t capacity) {
             const size_t n = text.copy(buffer, capacity, at);
             at += n;
             return n;
           })
        .first;
  }

  /// Copies what `read` gives into a blob, dear: fsync, then rename; the folder is synced once, in
  /// finish().
  template <typename Read>
  std::pair<std::string, uint64_t> store_stream(const Read& read) {
    const fs::path file = temporary_ / ("blob-" + random_name(12));
    const UniqueFd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!out) throw system_error("writing", file.string());
    Sha256 hash;
    uint64_t size = 0;
    try {
      while (const size_t n = read(buffer_.data(), buffer_.size())) {
        hash.update({buffer_.data(), n});
        write_all(out.get(), {buffer_.data(), n}, file.string());
        size += n;
      }
      const std::string hex = hash.hex();
      ::fchmod(out.get(), 0644);
      sync_fd(out.get(), file.string());
      // Over one that is there: that one may be damaged, and this one is known to be whole.
      rename_path(file, blobs_ / hex);
      return {hex, size};
    } catch (...) {
      ::unlink(file.c_str());
      throw;
    }
  }

  /// `passes_over` says of a name and its path whether it is left out with all below.
  using PassesOver = std::function<bool(const std::string& name, const std::string& path)>;
  void list(int folder, const std::string& relative, std::vector<std::string>& found,
            const PassesOver& passes_over) {
    for (const std::string& child : names_in(folder, relative)) {
      if (found.size() >= k_most_listed) return;
      struct stat status {};
      if (::fstatat(folder, child.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
          stubs_.contains(status.st_ino))
        continue;
      const std::string path = relative.empty() ? child : relative + "/" + child;
      if (passes_over && passes_over(child, path)) continue;
      if (!S_ISDIR(status.st_mode)) {
        found.push_back(path);
        continue;
      }
      const UniqueFd fd(
          ::openat(folder, child.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (fd) list(fd.get(), path, found, passes_over);
    }
  }

  UniqueFd root_;
  fs::path blobs_;
  fs::path temporary_;
  std::set<ino_t> stubs_;
  std::array<char, 1 << 18> buffer_;
};

Json collect_job(const Json& request) {
  const auto collection = std::make_unique<Collection>(request.at("scratch").get<std::string>(),
                                                       request.at("blobs").get<std::string>(),
                                                       request.at("temporary").get<std::string>());
  collection->note_stubs(request.at("stubs").get<std::vector<std::string>>());
  Json outputs = Json::array();
  Json missing = Json::array();
  std::set<std::string> declared;
  for (const Json& output : request.at("outputs")) {
    const std::string path = output.at("path").get<std::string>();
    declared.insert(path);
    Json row = collection->collect(output.at("key").get<std::string>(), path);
    if (row.is_null())
      missing.push_back(path);
    else
      outputs.push_back(std::move(row));
  }
  collection->finish();
  Json answer = {{"outputs", std::move(outputs)}, {"missing", missing}};
  if (!missing.empty()) answer["listing"] = collection->listing();
  answer["undeclared"] = collection->undeclared(declared);
  return answer;
}

/// Renames inside the namespaces: a folder that a sub-uid owns cannot be moved from outside.
Json keep_failed_job(const Json& request) {
  const fs::path destination = request.at("destination").get<std::string>();
  const fs::path trash = request.at("trash").get<std::string>();
  if (::rename(destination.c_str(), trash.c_str()) != 0 && errno != ENOENT)
    throw system_error("moving aside", destination.string());
  rename_path(request.at("scratch").get<std::string>(), destination);
  return Json::object();
}

[[noreturn]] void fail_missing(const Json& answer) {
  const auto missing = answer.at("missing").get<std::vector<std::string>>();
  const auto listing = answer.at("listing").get<std::vector<std::string>>();
  std::string names;
  for (const std::string& path : missing) names += (names.empty() ? "" : ", ") + path;
  std::string there = listing.empty() ? "The working folder is empty." : "In the working folder:";
  for (const std::string& path : listing) there += "\n  " + printable_line(path);
  if (listing.size() >= k_most_listed) there += "\n  …";
  throw Error("taking output", names, "the command ended well but did not write it",
              "write it below the working folder, or mend OUTPUTS", ExitCode::failed)
      .with_excerpt(std::move(there));
}

}  // namespace

bool is_leaving(const std::string& name) {
  return name.starts_with('.') || name == "__pycache__" || name.ends_with(".pyc") ||
         name.ends_with('~');
}

CollectedOutputs collect_outputs(const store::Store& store, JobRunner& runner, const RunPlan& plan,
                                 const fs::path& scratch, const fs::path& temporary) {
  Json declared = Json::array();
  for (const PlannedOutput& output : plan.outputs)
    declared.push_back({{"key", output.key}, {"path", output.path}});
  Json stubs = Json::array();
  for (const PlannedInput& input : plan.inputs)
    if (lies_within(input.place, plan.working_directory))
      stubs.push_back(fs::path(input.place).lexically_relative(plan.working_directory).string());
  for (const PlannedText& text : plan.texts)
    if (lies_within(text.place, plan.working_directory))
      stubs.push_back(fs::path(text.place).lexically_relative(plan.working_directory).string());
  if (!plan.checkpoints.empty())
    stubs.push_back(fs::path(plan.checkpoints).lexically_relative(plan.working_directory).string());
  const Json answer = runner.call(k_collect, {{"scratch", scratch.string()},
                                              {"blobs", (store.root() / "blobs/sha256").string()},
                                              {"temporary", temporary.string()},
                                              {"stubs", std::move(stubs)},
                                              {"outputs", std::move(declared)}});
  if (!answer.at("missing").empty()) fail_missing(answer);
  CollectedOutputs collected;
  collected.undeclared = answer.at("undeclared").get<std::vector<std::string>>();
  for (const Json& row : answer.at("outputs")) {
    store::Output output{row.at("key").get<std::string>(),
                         row.at("path").get<std::string>(),
                         row.at("folder").get<bool>(),
                         {}};
    for (const Json& file : row.at("files"))
      output.files.push_back({file.at("path").get<std::string>(),
                              oci::Digest::from_hex(file.at("sha256").get<std::string>()),
                              file.at("size").get<uint64_t>(), file.at("mode").get<unsigned>(),
                              file.at("link").get<std::string>()});
    collected.outputs.push_back(std::move(output));
  }
  return collected;
}

void keep_failed_scratch(JobRunner& runner, const fs::path& scratch, const fs::path& destination,
                         const fs::path& trash) {
  make_directories(destination.parent_path(), 0700);
  runner.call(k_keep_failed, {{"scratch", scratch.string()},
                              {"destination", destination.string()},
                              {"trash", trash.string()}});
}

JobTable collection_jobs() {
  return {{k_collect, collect_job}, {k_keep_failed, keep_failed_job}};
}

}  // namespace trainyard::training

#include "engine/native/hook_traces.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace trainyard::engine::native {

namespace {

std::string state_of(const struct stat& status) {
  return std::to_string(status.st_ino) + " " + std::to_string(status.st_ctim.tv_sec) + "." +
         std::to_string(status.st_ctim.tv_nsec);
}

/// Unchanged since it was noted.
struct Trace {
  fs::path path;
  bool folder = false;
};

std::vector<Trace> unchanged(const fs::path& upper, const Json& noted) {
  std::vector<Trace> traces;
  for (const auto& [name, state] : noted.items()) {
    struct stat status {};
    const fs::path path = upper / name;
    if (::lstat(path.c_str(), &status) == 0 && state_of(status) == state)
      traces.push_back({path, S_ISDIR(status.st_mode)});
  }
  return traces;
}

}  // namespace

void note_hook_traces(const fs::path& upper, const fs::path& note) {
  Json noted = Json::object();
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(upper)) {
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0)
      throw system_error("looking at", entry.path().string());
    noted[entry.path().lexically_relative(upper).string()] = state_of(status);
  }
  write_file_atomic(note, dump_json(noted));
}

void remove_hook_traces(const fs::path& upper, const fs::path& note) {
  const auto text = read_file_if_exists(note);
  if (!text) return;
  // All are looked at before the first goes: that changes the folder it was in.
  const std::vector<Trace> traces = unchanged(upper, Json::parse(*text));
  // Sorted by path, so from the end what lies deeper comes first.
  for (auto trace = traces.rbegin(); trace != traces.rend(); ++trace)
    if (trace->folder ? ::rmdir(trace->path.c_str()) != 0 && errno != ENOTEMPTY
                      : ::unlink(trace->path.c_str()) != 0)
      throw system_error("removing", trace->path.string());
}

}  // namespace trainyard::engine::native

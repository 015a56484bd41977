#include "training/source_state.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/git_command.hpp"
#include "base/process.hpp"

namespace trainyard::training {

namespace {

constexpr size_t k_most_named = 20;

std::optional<fs::path> repository_of(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = folder;; at = at.parent_path()) {
    if (fs::exists(at / ".git", error)) return at;
    if (at == at.parent_path()) return std::nullopt;
  }
}

/// Nothing of the repository is changed.
Captured git(const fs::path& folder, const std::vector<std::string>& arguments) {
  std::vector<std::string> argv = git_command({"GIT_OPTIONAL_LOCKS=0"});
  argv.insert(argv.end(), {"-c", "core.fsmonitor=false", "-C", folder.string()});
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return capture(argv);
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

/// Users and passwords do not belong in what is shown around.
std::string without_login(std::string url) {
  const size_t scheme = url.find("://");
  const size_t at = url.find('@');
  if (scheme != std::string::npos && at != std::string::npos && at < url.find('/', scheme + 3))
    url.erase(scheme + 3, at + 1 - (scheme + 3));
  return url;
}

/// Of `git status --porcelain -z`: two letters and a blank, the path; a renamed file's old path is
/// an entry of its own.
void take_status(Json& state, const std::string& text, const std::string& build_dir) {
  std::vector<std::string> changed;
  size_t untracked = 0;
  for (size_t at = 0; at + 3 < text.size();) {
    const size_t end = std::min(text.find('\0', at), text.size());
    const std::string entry = text.substr(at, end - at);
    at = end + 1;
    const std::string path = entry.substr(std::min<size_t>(3, entry.size()));
    if (entry.substr(0, 2).find_first_of("RC") != std::string::npos)
      at = std::min(text.find('\0', at), text.size()) + 1;
    if (!entry.starts_with("??"))
      changed.push_back(path);
    else if (build_dir.empty() || !(path + "/").starts_with(build_dir + "/"))
      ++untracked;
  }
  state["dirty"] = !changed.empty();
  state["changed_count"] = changed.size();
  if (changed.size() > k_most_named) changed.resize(k_most_named);
  state["changed"] = std::move(changed);
  state["untracked"] = untracked;
}

Json ask_git(const fs::path& folder, const fs::path& repository, const fs::path& build_dir) {
  const Captured commit = git(folder, {"rev-parse", "--verify", "HEAD"});
  if (!commit.status.success()) return {{"unknown", first_line(commit.err)}};
  const Captured status =
      git(repository, {"status", "--porcelain=v1", "-z", "--untracked-files=normal"});
  if (!status.status.success()) return {{"unknown", first_line(status.err)}};
  Json state = {{"commit", first_line(commit.out)}};
  if (const Captured branch = git(folder, {"symbolic-ref", "--short", "-q", "HEAD"});
      branch.status.success())
    state["branch"] = first_line(branch.out);
  if (const Captured remote = git(folder, {"remote", "get-url", "origin"}); remote.status.success())
    state["remote"] = without_login(first_line(remote.out));
  const fs::path inside = build_dir.lexically_relative(repository);
  const bool holds_build = !inside.empty() && *inside.begin() != ".." && inside != ".";
  take_status(state, status.out, holds_build ? inside.string() : "");
  return state;
}

}  // namespace

Json describe_source(const fs::path& folder, const fs::path& build_dir) {
  const auto repository = repository_of(folder);
  if (!repository) return nullptr;
  if (find_program("git").empty()) return {{"unknown", "the program git is not installed"}};
  try {
    return ask_git(folder, *repository, build_dir);
  } catch (const Error& error) {
    return {{"unknown", error.cause()}};
  }
}

}  // namespace trainyard::training

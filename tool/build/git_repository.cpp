#include "build/git_repository.hpp"

#include <algorithm>
#include <map>
#include <sstream>
#include <vector>

#include "base/error.hpp"
#include "base/git_command.hpp"
#include "base/process.hpp"
#include "base/spelling.hpp"
#include "build/download.hpp"
#include "build/image_path.hpp"
#include "dockerfile/characters.hpp"

namespace trainyard::build {

namespace {

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}
bool is_commit(const std::string& text) {
  return (text.size() == 40 || text.size() == 64) && is_hex(text);
}

Error bad_address(const std::string& address, const std::string& cause, const std::string& hint) {
  return usage_error("reading the address", shown_address(address), cause, hint);
}

std::string percent_decoded(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string digits = text.substr(i + 1, 2);
    const bool hex = digits.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    if (text[i] == '%' && digits.size() == 2 && hex) {
      result += static_cast<char>(std::stoi(digits, nullptr, 16));
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

bool truth_of(const std::string& address, const std::string& name, const std::string& value) {
  if (value.empty() || value == "1" || value == "true") return true;
  if (value == "0" || value == "false") return false;
  throw bad_address(address, name + " is true or false, not \"" + value + "\"", "");
}

/// One setting behind the `?`; the same thing must not be said twice with different values.
void take_setting(GitAddress& result, const std::string& address, const std::string& name,
                  const std::string& value) {
  const auto set = [&](std::string& member, const std::string& wanted) {
    if (!member.empty() && member != wanted)
      throw bad_address(address,
                        name + " says \"" + wanted + "\", and \"" + member + "\" is said too",
                        "keep one of them");
    member = wanted;
  };
  const auto full = [&](const char* prefix) {
    return value.starts_with(prefix) ? value : prefix + value;
  };
  static const std::vector<std::string> names = {"ref",        "branch",       "tag",
                                                 "subdir",     "commit",       "checksum",
                                                 "submodules", "keep-git-dir", "mtime"};
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw bad_address(address, "a git address has no setting \"" + name + "\"",
                      suggestion(name, names));
  const bool needs_value = name != "submodules" && name != "keep-git-dir";
  if (needs_value && value.empty()) throw bad_address(address, name + " has no value", "");
  if (name == "ref") set(result.ref, value);
  if (name == "branch") set(result.ref, full("refs/heads/"));
  if (name == "tag") set(result.ref, full("refs/tags/"));
  if (name == "subdir") set(result.folder, clean_path(value));
  if (name == "commit" || name == "checksum") set(result.commit, value);
  if (name == "submodules") result.submodules = truth_of(address, name, value);
  if (name == "keep-git-dir") result.keep_git_dir = truth_of(address, name, value);
  if (name == "mtime") {
    if (value != "checkout" && value != "commit")
      throw bad_address(address, "mtime is checkout or commit, not \"" + value + "\"", "");
    result.times_of_commit = value == "commit";
  }
}

/// A repository's address by http without user and password, and these.
struct Login {
  std::string url, host;  ///< host: the address's beginning, up to the first slash
  std::string user, password;
};

/// Nothing when there is no password: a user alone is for git's own credential helpers.
std::optional<Login> login_of(const std::string& url) {
  const size_t begin = url.find("://");
  const std::string shown = shown_address(url);
  if (!dockerfile::lowered(url).starts_with("http") || shown == url) return std::nullopt;
  const std::string said = url.substr(begin + 3, url.size() - shown.size() - 1);
  const size_t colon = said.find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Login{shown, shown.substr(0, shown.find('/', begin + 3)),
               percent_decoded(said.substr(0, colon)), percent_decoded(said.substr(colon + 1))};
}

/// As git is to have it.
std::string url_for_git(const GitAddress& address) {
  const auto login = login_of(address.url);
  return login ? login->url : address.url;
}

/// Runs git; `arguments` come from an address only behind "--" or as a value that begins with
/// neither "-" nor a configuration. A password goes to it in its environment: in an address
/// everybody could read it, and git writes it into messages and into what it notes of submodules.
Captured git(const GitAddress& address, const std::vector<std::string>& arguments) {
  if (find_program("git").empty())
    throw Error("cloning", "a git repository", "the program git is not installed",
                "sudo apt-get install git", ExitCode::machine);
  std::vector<std::string> variables;
  const char* bundle = std::getenv("TRAINYARD_CA_BUNDLE");
  if (bundle != nullptr && *bundle != '\0')
    variables.push_back(std::string("GIT_SSL_CAINFO=") + bundle);
  std::vector<std::string> argv = git_command(variables);
  argv.insert(argv.end(), {"-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null", "-c",
                           "advice.detachedHead=false", "-c", "init.defaultBranch=main", "-c",
                           "core.autocrlf=false"});
  CaptureInput input;
  if (const auto login = login_of(address.url)) {
    const std::string setting = "credential." + login->host + ".helper=";
    // The empty one takes away those that the caller has for this host.
    argv.insert(argv.end(), {"-c", setting, "-c",
                             setting + "!f() { test \"$1\" != get || printf "
                                       "'username=%s\\npassword=%s\\n' \"$TRAINYARD_GIT_USER\" "
                                       "\"$TRAINYARD_GIT_PASSWORD\"; }; f"});
    input.variables = {"TRAINYARD_GIT_USER=" + login->user,
                       "TRAINYARD_GIT_PASSWORD=" + login->password};
  }
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return capture(argv, input);
}

/// A token may stand in the place of the user, whom git leaves in its messages.
std::string without_user(std::string text, const std::string& url) {
  const size_t length = url.size() - shown_address(url).size();
  if (length == 0) return text;
  const std::string user = url.substr(url.find("://") + 3, length);
  for (size_t at = text.find(user); at != std::string::npos; at = text.find(user, at))
    text.erase(at, length);
  return text;
}

Error git_failed(const GitAddress& address, const Captured& done) {
  std::string said = without_user(done.err, address.url);
  while (!said.empty() && std::isspace(static_cast<unsigned char>(said.back()))) said.pop_back();
  return Error("cloning", shown_address(address.url),
               said.empty() ? "git ended with exit code " + std::to_string(done.status.code) : said,
               "does `git ls-remote " + shown_address(address.url) +
                   "` work? Keys and passwords come from git's own configuration and ssh-agent",
               ExitCode::failed);
}

std::string must(const GitAddress& address, const std::vector<std::string>& arguments) {
  const Captured done = git(address, arguments);
  if (!done.status.success()) throw git_failed(address, done);
  return done.out;
}

/// "id<TAB>name" lines of ls-remote.
std::map<std::string, std::string> remote_refs(const GitAddress& address) {
  std::vector<std::string> arguments = {"ls-remote", "--", url_for_git(address)};
  if (address.ref.empty()) {
    arguments.emplace_back("HEAD");
  } else {
    for (const std::string& pattern : {address.ref, address.ref + "^{}"})
      arguments.push_back(pattern);
  }
  std::map<std::string, std::string> refs;
  std::istringstream lines(must(address, arguments));
  for (std::string line; std::getline(lines, line);)
    if (const size_t tab = line.find('\t');
        tab != std::string::npos && is_commit(line.substr(0, tab)))
      refs[line.substr(tab + 1)] = line.substr(0, tab);
  return refs;
}

std::string named_commit(const GitAddress& address) {
  if (is_commit(address.ref)) return address.ref;
  const std::map<std::string, std::string> refs = remote_refs(address);
  const std::string ref = address.ref.empty() ? "HEAD" : address.ref;
  // A tag with a message is an object of its own; what it points at is the commit.
  for (const std::string& name : {ref + "^{}", ref, "refs/heads/" + ref, "refs/tags/" + ref + "^{}",
                                  "refs/tags/" + ref, "refs/" + ref})
    if (const auto found = refs.find(name); found != refs.end()) return found->second;
  throw Error("cloning", shown_address(address.url), "it has no branch or tag \"" + ref + "\"",
              "a commit is named by all its digits", ExitCode::failed);
}

/// Servers may refuse to give a commit by its id: then by its name, at last with all there is.
void fetch(const GitAddress& address, const std::string& commit, const std::string& folder) {
  const auto try_fetch = [&](std::vector<std::string> more) {
    std::vector<std::string> arguments = {"-C", folder, "fetch", "--quiet", "--no-tags"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return git(address, arguments).status.success() &&
           git(address, {"-C", folder, "cat-file", "-e", commit + "^{commit}"}).status.success();
  };
  if (try_fetch({"--depth=1", "origin", commit})) return;
  if (!address.ref.empty() && try_fetch({"--depth=1", "origin", address.ref})) return;
  must(address, {"-C", folder, "fetch", "--quiet", "--tags", "origin",
                 "+refs/heads/*:refs/remotes/origin/*"});
  if (!git(address, {"-C", folder, "cat-file", "-e", commit + "^{commit}"}).status.success())
    throw Error("cloning", shown_address(address.url), "it has no commit " + commit,
                "does it lie on a branch or tag of this repository?", ExitCode::failed);
}

/// As fetch() does it: there are servers that give all there is or nothing.
void fetch_submodules(const GitAddress& address, const std::string& folder) {
  const std::vector<std::string> all = {"-C",     folder,   "submodule",  "--quiet",
                                        "update", "--init", "--recursive"};
  std::vector<std::string> shallow = all;
  shallow.emplace_back("--depth=1");
  if (!git(address, shallow).status.success()) must(address, all);
}

/// Of the repository and of each submodule. Git itself tracks nothing of that name.
void remove_git_folders(const fs::path& folder) {
  std::vector<fs::path> found;
  for (auto it = fs::recursive_directory_iterator(folder); it != fs::end(it); ++it)
    if (it->path().filename() == ".git") {
      found.push_back(it->path());
      it.disable_recursion_pending();
    }
  for (const fs::path& path : found) fs::remove_all(path);
}

}  // namespace

GitAddress parse_git_address(const std::string& text) {
  GitAddress result;
  result.url = text;
  const size_t fragment = text.find('#');
  if (fragment != std::string::npos) {
    result.url = text.substr(0, fragment);
    const std::string rest = text.substr(fragment + 1);
    const size_t colon = rest.find(':');
    result.ref = rest.substr(0, colon);
    if (colon != std::string::npos) result.folder = clean_path(rest.substr(colon + 1));
  }
  const size_t query = result.url.find('?');
  if (query != std::string::npos) {
    std::istringstream settings(result.url.substr(query + 1));
    result.url = result.url.substr(0, query);
    for (std::string setting; std::getline(settings, setting, '&');) {
      const size_t equals = std::min(setting.find('='), setting.size());
      take_setting(result, text, percent_decoded(setting.substr(0, equals)),
                   percent_decoded(setting.substr(std::min(equals + 1, setting.size()))));
    }
  }
  if (dockerfile::lowered(result.url).starts_with("git+")) result.url = result.url.substr(4);
  if (result.url.starts_with('-') || result.ref.starts_with('-') ||
      result.ref.find_first_of(" \t\n:^~\\*?[") != std::string::npos)
    throw bad_address(text, "\"" + result.ref + "\" is no name of a branch, tag or commit",
                      "write URL#branch or URL#branch:folder");
  check_commit(result);
  return result;
}

void check_commit(const GitAddress& address) {
  const std::string& commit = address.commit;
  if (!commit.empty() && (!is_hex(commit) || commit.size() < 7 || commit.size() > 64))
    throw bad_address(address.url, "\"" + commit + "\" is no commit",
                      "a commit is 7 to 64 hexadecimal digits");
}

std::string find_commit(const GitAddress& address) {
  const std::string commit = named_commit(address);
  if (!commit.starts_with(address.commit))
    throw Error("cloning", shown_address(address.url),
                (address.ref.empty() ? "its default branch" : "\"" + address.ref + "\"") +
                    " is at " + commit + ", not at " + address.commit,
                "has it moved on? Name the commit itself: URL#" + address.commit, ExitCode::failed);
  return commit;
}

int64_t check_out(const GitAddress& address, const std::string& commit, const fs::path& target) {
  const std::string folder = target.string();
  must(address, {"init", "--quiet", folder});
  must(address, {"-C", folder, "remote", "add", "--", "origin", url_for_git(address)});
  fetch(address, commit, folder);
  must(address, {"-C", folder, "checkout", "--quiet", "--detach", commit});
  if (address.submodules) fetch_submodules(address, folder);
  int64_t seconds = 0;
  if (address.times_of_commit)
    seconds = std::stoll(must(address, {"-C", folder, "log", "-1", "--format=%ct", "HEAD"}));
  if (address.keep_git_dir.value_or(false))
    must(address, {"-C", folder, "remote", "set-url", "--", "origin", shown_address(address.url)});
  else
    remove_git_folders(target);
  return seconds;
}

}  // namespace trainyard::build

#include "build/remote_contexts.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "base/text_file.hpp"
#include "build/archive_extraction.hpp"
#include "build/image_path.hpp"
#include "build/remote_address.hpp"
#include "build/web_file.hpp"

namespace trainyard::build {

namespace {

std::string called(const std::string& address) {
  return address == "-" ? "standard input" : address_without_secrets(address);
}

/// Copies standard input to `target`, and says what its SHA-256 is.
std::string store_input(const fs::path& target) {
  const UniqueFd out(::open(target.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!out) throw system_error("making", target.string());
  Sha256 hash;
  std::array<char, 1 << 16> buffer;
  uint64_t size = 0;
  for (;;) {
    const ssize_t n = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("reading", "standard input");
    if (n == 0) break;
    const std::string_view read(buffer.data(), static_cast<size_t>(n));
    hash.update(read);
    write_all(out.get(), read, target.string());
    size += read.size();
  }
  if (size == 0)
    throw usage_error("reading the context", "standard input", "it is empty",
                      "give an archive or a Dockerfile: trainyard build - < context.tar.gz");
  return hash.hex();
}

/// A text needs no look by whoever unpacks: every tar, and what it is compressed to, says what it
/// is in its first block.
bool may_be_archive(const std::string& begin) {
  for (const std::string_view magic : {std::string_view("\x1f\x8b"), std::string_view("BZh"),
                                       std::string_view("\xfd"
                                                        "7zXZ"),
                                       std::string_view("\x28\xb5\x2f\xfd")})
    if (begin.starts_with(magic)) return true;
  return begin.find('\0') != std::string::npos;
}

bool keeps_git_dir(const BuildRequest& request) {
  for (const auto& [name, value] : request.build_args)
    if (name == "BUILDKIT_CONTEXT_KEEP_GIT_DIR") return value == "1" || value == "true";
  return false;
}

store::CacheIdentity identity_of(const GitAddress& address, const std::string& commit) {
  return {address_without_secrets(address.url),
          {{"context", "git"},
           {"commit", commit},
           {"submodules", address.submodules},
           {"keep_git_dir", address.keep_git_dir.value_or(false)}}};
}

store::CacheIdentity identity_of(const std::string& address, const std::string& sha256) {
  return {called(address), {{"context", "file"}, {"sha256", sha256}}};
}

/// Links in a repository may lead anywhere; the context may not lie there.
fs::path folder_in(const GitAddress& address, const fs::path& files) {
  std::error_code missing;
  const fs::path root = fs::canonical(files);
  const fs::path folder = fs::canonical(files / address.folder, missing);
  if (missing || !fs::is_directory(folder) || !lies_within(folder, root))
    throw usage_error("reading the context", address_without_secrets(address.url),
                      "it has no folder \"" + address.folder + "\"",
                      "a folder stands behind the branch, tag or commit: URL#branch:folder");
  return address.folder.empty() ? files : folder;
}

/// The text of a main context that is no archive.
std::string dockerfile_text(const std::string& address, const fs::path& file) {
  const auto refused = [&](const char* cause, const char* hint) {
    return usage_error("reading the context", called(address), cause, hint);
  };
  if (fs::file_size(file) > k_longest_text)
    throw refused("it is neither an archive nor a Dockerfile",
                  "a tar may be plain or compressed with gzip, bzip2, xz or zstd");
  std::string text = read_text(file);
  if (text.find('\0') != std::string::npos)
    throw refused("it is neither an archive nor a Dockerfile",
                  "a tar may be plain or compressed with gzip, bzip2, xz or zstd");
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string::npos && text[first] == '<')
    throw refused("it is a web page, neither an archive nor a Dockerfile",
                  "the address of a git repository ends in .git");
  return text;
}

}  // namespace

RemoteContexts::RemoteContexts(const store::Store& store, JobRunner& runner,
                               const BuildRequest& request, Which which, const Progress& progress)
    : store_(store), runner_(runner), request_(request), progress_(progress) {
  if (request_.remote) take_main();
  if (which == Which::main) return;
  for (auto& [name, source] : request_.contexts) {
    if (source.remote.empty()) continue;
    if (context_place(source.remote) == ContextPlace::git) {
      source.folder = take_repository(source.remote);
    } else {
      const FetchedContext& context = take_file(source.remote);
      source.folder = context.file_folder().value_or(context.files());
    }
    request_.origins[source.folder] = source.remote;
  }
}

const store::WorkFolder& RemoteContexts::work() {
  if (!work_) work_.emplace(store_);
  return *work_;
}

/// A repository may take a while.
void RemoteContexts::report_fetch(const std::string& address) const {
  if (progress_)
    progress_({StepEvent::Kind::fetching, request_.name, "", 0, 0, called(address), {}, 0});
}

const FetchedContext& RemoteContexts::keep(FetchedContext context) {
  kept_.push_back(std::make_unique<FetchedContext>(std::move(context)));
  return *kept_.back();
}

void RemoteContexts::take_main() {
  const std::string& address = request_.remote->address;
  const ContextPlace place = context_place(address);
  if (place == ContextPlace::git) {
    request_.context = take_repository(address);
  } else {
    const FetchedContext& context =
        place == ContextPlace::input ? take_input() : take_file(address);
    request_.context = context.files();
    if (const auto folder = context.file_folder()) {
      if (!request_.remote->file.empty() || request_.dockerfile || request_.dockerfile_text)
        throw usage_error(
            "reading the context", called(address),
            "it is no archive, so it would be the Dockerfile, and another one is named",
            "leave -f out, or give a tar with the context");
      request_.dockerfile_text = dockerfile_text(address, *folder / k_context_file);
    }
  }
  request_.origins[request_.context] = address;
  take_dockerfile();
}

void RemoteContexts::take_dockerfile() {
  if (request_.dockerfile_text || request_.dockerfile) return;
  const std::string& file = request_.remote->file;
  const std::string name = file.empty() ? "Dockerfile" : clean_path(file);
  if (!read_text_within(request_.context, name))
    throw usage_error("reading " + name + " in", called(request_.remote->address),
                      "there is no such Dockerfile",
                      "name it with -f FILE, as its place in the context");
  request_.dockerfile = request_.context / name;
}

fs::path RemoteContexts::take_repository(const std::string& text) {
  GitAddress address = parse_git_address(git_address_of(text));
  if (!address.keep_git_dir && keeps_git_dir(request_)) address.keep_git_dir = true;
  const std::string commit = find_commit(address);
  const store::CacheIdentity identity = identity_of(address, commit);
  if (auto found = FetchedContext::find(store_, identity))
    return folder_in(address, keep(std::move(*found)).files());
  const fs::path folder = work().fresh("context");
  make_directories(folder, 0700);
  report_fetch(text);
  check_out(address, commit, folder / "files");
  return folder_in(address, keep(FetchedContext::keep(store_, identity, work(), folder)).files());
}

const FetchedContext& RemoteContexts::take_file(const std::string& text) {
  const FreshPath fresh = [this] { return work().fresh("download"); };
  report_fetch(text);
  WebFile file = look_at_web_file(store_, text, fresh);
  const store::CacheIdentity identity = identity_of(text, file.sha256);
  if (auto found = FetchedContext::find(store_, identity)) return keep(std::move(*found));
  if (file.path.empty()) fetch_web_file(store_, text, fresh, file);
  return keep_file(identity, file.path);
}

const FetchedContext& RemoteContexts::take_input() {
  // It can be read once, and one process may build it twice: who does so holds the first.
  static std::optional<store::CacheIdentity> known;
  const fs::path file = known ? fs::path() : work().fresh("input");
  if (!known) known = identity_of("-", store_input(file));
  if (auto found = FetchedContext::find(store_, *known)) return keep(std::move(*found));
  if (file.empty())
    throw Error("reading the context", "standard input", "what was read is gone from the store",
                "give the command again", ExitCode::failed);
  return keep_file(*known, file);
}

const FetchedContext& RemoteContexts::keep_file(const store::CacheIdentity& identity,
                                                const fs::path& file) {
  const fs::path folder = work().fresh("context");
  make_directories(folder / "files", 0755);
  const UniqueFd in = open_for_reading(file);
  bool archive = may_be_archive(read_all(in.get(), file.string(), 512));
  try {
    if (archive)
      archive = runner_
                    .call("build.unpack_context",
                          {{"file", file.string()}, {"folder", (folder / "files").string()}})
                    .at("archive");
  } catch (const Error& error) {
    throw Error("unpacking the context", identity.id, error.cause(), error.hint(), error.code());
  }
  if (!archive) {
    make_directories(folder / "file", 0755);
    rename_path(file, folder / "file" / k_context_file);
  }
  return keep(FetchedContext::keep(store_, identity, work(), folder));
}

std::string dockerfile_name(const BuildRequest& request) {
  if (!request.dockerfile) return "Dockerfile";
  if (request.remote && lies_within(*request.dockerfile, request.context))
    return request.dockerfile->lexically_relative(request.context).string();
  return request.dockerfile->string();
}

Json unpack_context_job(const Json& request) {
  const std::string file = request.at("file");
  const std::string folder = request.at("folder");
  return {{"archive", extract_archive(file, folder, oci::ArchiveOwners::caller)}};
}

}  // namespace trainyard::build

#include "build/outside_sources.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"

namespace trainyard::build {

OutsideSources::OutsideSources(BuildSession& session, const CopyStep& step)
    : session_(session), step_(step) {
  for (const RemoteSource& source : step.remotes) remotes_.push_back({&source, {}, {}});
}

Error OutsideSources::placed(const Remote& remote, const Error& error) const {
  if (error.code() == ExitCode::machine) return error;
  const int length = static_cast<int>(remote.source->address.size());
  Error at_source = session_.plan.source.error(
      remote.source->at, error.action() + " " + error.subject() + ": " + error.cause(),
      error.hint(), length);
  return error.code() == ExitCode::usage
             ? at_source
             : Error(error.action(),
                     error.subject() + " (" + session_.plan.source.name + ":" +
                         std::to_string(remote.source->at.line) + ")",
                     error.cause(), error.hint(), error.code())
                   .with_excerpt(at_source.excerpt());
}

std::string OutsideSources::digest() {
  Json parts = Json::array();
  for (const dockerfile::InlineFile& file : step_.inline_files)
    parts.push_back({"inline", file.name, sha256_hex(file.text)});
  for (Remote& remote : remotes_) {
    try {
      if (remote.source->kind == dockerfile::RemoteKind::git) {
        identify_repository(remote);
        const GitAddress& address = remote.repository.address;
        parts.push_back({"git", remote.repository.commit, address.folder, address.submodules,
                         address.keep_git_dir.value_or(false), address.times_of_commit});
      } else {
        identify_file(remote);
        parts.push_back({"url", file_name_of(remote.source->address), remote.file.sha256,
                         remote.file.version.seconds});
      }
    } catch (const Error& error) {
      throw placed(remote, error);
    }
  }
  return sha256_hex(canonical_json(parts));
}

void OutsideSources::identify_file(Remote& remote) {
  const std::string wanted = step_.checksum.empty() ? "" : oci::Digest::parse(step_.checksum).hex();
  remote.file = look_at_web_file(
      session_.store, remote.source->address, [this] { return session_.fresh("download"); },
      wanted);
}

void OutsideSources::identify_repository(Remote& remote) {
  GitAddress address = parse_git_address(remote.source->address);
  if (step_.keep_git_dir) {
    if (address.keep_git_dir && *address.keep_git_dir != *step_.keep_git_dir)
      throw usage_error("reading the address", shown_address(remote.source->address),
                        "it and --keep-git-dir say opposite things", "keep one of them");
    address.keep_git_dir = step_.keep_git_dir;
  }
  if (!step_.checksum.empty()) {
    if (!address.commit.empty() && address.commit != step_.checksum)
      throw usage_error("reading the address", shown_address(remote.source->address),
                        "it and --checksum name different commits", "keep one of them");
    address.commit = step_.checksum;
    check_commit(address);
  }
  remote.repository = {address, find_commit(address)};
}

void OutsideSources::add_to(Selection& selection) {
  for (Remote& remote : remotes_) {
    try {
      if (remote.source->kind == dockerfile::RemoteKind::git)
        add_repository(remote, selection);
      else
        selection.sources.push_back(file_source(remote));
    } catch (const Error& error) {
      throw placed(remote, error);
    }
  }
  for (const dockerfile::InlineFile& file : step_.inline_files)
    selection.sources.push_back(inline_source(file));
}

SelectedSource OutsideSources::file_source(Remote& remote) {
  const std::string& address = remote.source->address;
  WebFile& file = remote.file;
  if (file.path.empty())
    fetch_web_file(
        session_.store, address, [this] { return session_.fresh("download"); }, file);
  SelectedSource source;
  source.name = file_name_of(address);
  source.base = file.path.parent_path();
  source.root = file.path.filename().string();
  source.unpack = step_.unpack.value_or(false);
  source.seconds = file.version.seconds;
  SelectedEntry entry;
  entry.mode = 0600;
  entry.size = fs::file_size(file.path);
  source.entries.push_back(std::move(entry));
  return source;
}

void OutsideSources::add_repository(const Remote& remote, Selection& selection) {
  const fs::path folder = session_.fresh("git");
  const int64_t seconds = check_out(remote.repository.address, remote.repository.commit, folder);
  SelectionRules rules;
  rules.metadata = SelectionRules::Metadata::normalised;
  rules.filter.excluded = step_.filter.excluded;
  Selection files = select_paths(folder, {remote.repository.address.folder}, rules);
  for (SelectedSource& source : files.sources) {
    source.base = folder;
    source.seconds = seconds;
    selection.sources.push_back(std::move(source));
  }
}

SelectedSource OutsideSources::inline_source(const dockerfile::InlineFile& file) {
  const fs::path path = session_.fresh("inline");
  write_file_atomic(path, file.text);
  SelectedSource source;
  source.name = file.name;
  source.base = path.parent_path();
  source.root = path.filename().string();
  SelectedEntry entry;
  entry.mode = 0644;
  entry.size = file.text.size();
  source.entries.push_back(std::move(entry));
  return source;
}

}  // namespace trainyard::build

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file.hpp"

namespace trainyard::build {

/// A git repository, or a folder in it, as an address of ADD or of a build context says it:
/// `URL[#ref[:folder]]`, or `URL?branch=…&tag=…&ref=…&subdir=…&commit=…&submodules=…&keep-git-dir=…
/// &mtime=checkout|commit`.
struct GitAddress {
  std::string url;  ///< for git itself
  std::string
      ref;  ///< branch, tag, commit, or a name below refs/ (pull/7/head); empty: the default branch
  std::string folder;  ///< clean; may be empty
  std::string commit;  ///< what `ref` must be; may be its first digits; may be empty
  bool submodules = true;
  std::optional<bool> keep_git_dir;
  bool times_of_commit = false;
};
/// Throws a usage error for what it cannot take.
GitAddress parse_git_address(const std::string& text);

/// Throws a usage error when `commit` cannot be one.
void check_commit(const GitAddress& address);

/// The commit that `ref` names at the server now: 40 or 64 hexadecimal digits. A full commit id is
/// one already, and nobody is asked. Throws Error (failed), also when it is not `address.commit`.
std::string find_commit(const GitAddress& address);

/// Puts the files of that commit, with those of its submodules, into `target`, a fresh path;
/// without
/// `.git` unless it is to be kept. Runs `git`, which reads the caller's own configuration (keys,
/// credential helpers), but asks for no password. Answers when the commit was made, in seconds, if
/// the address asks for that, else 0.
int64_t check_out(const GitAddress& address, const std::string& commit, const fs::path& target);

}  // namespace trainyard::build

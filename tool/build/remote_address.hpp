#pragma once

#include <string>

namespace trainyard::build {

/// What a build context is, by its text alone: a folder of this machine (or anything else that is
/// no address), a git repository, a file of a web server, or standard input.
enum class ContextPlace { local, git, web, input };

/// `https://host/repository.git#ref:folder`, `git@host:repository`, `ssh://`, `git://`, `git+…`,
/// `file://` and `github.com/owner/name` are repositories, every other `http(s)://` is a file, "-"
/// is standard input. As docker has it, and `file://`, which is git's.
ContextPlace context_place(const std::string& text);

/// A repository's address as git takes it: `github.com/…` is `https://github.com/…`.
std::string git_address_of(const std::string& text);

/// What may be kept on the disk or printed: without user and password where these are a secret.
/// `ssh://git@host/…` keeps its user, who is none.
std::string address_without_secrets(const std::string& text);

/// What an image from there is called when nobody says: "name" of `https://host/name.git#v1` and of
/// `https://host/name.tar.gz`; "context" when the address says nothing.
std::string name_of_address(const std::string& text);

}  // namespace trainyard::build

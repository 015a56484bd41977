#include "build/remote_address.hpp"

#include "build/download.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/remote_source.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_github = "github.com/";

bool is_web(const std::string& text) {
  const std::string address = dockerfile::lowered(text);
  return address.starts_with("http://") || address.starts_with("https://");
}

}  // namespace

ContextPlace context_place(const std::string& text) {
  if (text == "-") return ContextPlace::input;
  if (text.starts_with(k_github) || text.starts_with("file://")) return ContextPlace::git;
  switch (dockerfile::remote_kind(text)) {
    case dockerfile::RemoteKind::git:
      return ContextPlace::git;
    case dockerfile::RemoteKind::url:
      return ContextPlace::web;
    case dockerfile::RemoteKind::none:
      break;
  }
  return ContextPlace::local;
}

std::string git_address_of(const std::string& text) {
  return text.starts_with(k_github) ? "https://" + text : text;
}

std::string address_without_secrets(const std::string& text) {
  const std::string plain = dockerfile::lowered(text).starts_with("git+") ? text.substr(4) : text;
  const size_t host = plain.find("://");
  const size_t end =
      std::min(plain.find_first_of("/?#", host == std::string::npos ? 0 : host + 3), plain.size());
  const bool password =
      host != std::string::npos && plain.substr(host + 3, end - host - 3).find(':') <
                                       plain.substr(host + 3, end - host - 3).find('@');
  const bool user = plain.find('@', host == std::string::npos ? 0 : host) < end;
  return user && (is_web(plain) || password) ? shown_address(plain) : text;
}

std::string name_of_address(const std::string& text) {
  if (text == "-") return "context";
  std::string path = text.substr(0, text.find_first_of("?#"));
  while (path.ends_with('/')) path.pop_back();
  std::string name = path.substr(path.find_last_of("/:") + 1);
  for (const char* ending : {".gz", ".tgz", ".bz2", ".xz", ".zst", ".tar", ".git"})
    if (name.ends_with(ending)) name.resize(name.size() - std::string(ending).size());
  return name.empty() ? "context" : name;
}

}  // namespace trainyard::build

#include "dockerfile/remote_source.hpp"

#include <string>

#include "dockerfile/characters.hpp"

namespace trainyard::dockerfile {

RemoteKind remote_kind(std::string_view source) {
  const std::string text = lowered(source);
  if (text.starts_with("git://") || text.starts_with("ssh://") || text.starts_with("git@") ||
      text.starts_with("git+"))
    return RemoteKind::git;
  const bool web = text.starts_with("http://") || text.starts_with("https://");
  if (!web) return RemoteKind::none;
  const std::string address = text.substr(0, text.find_first_of("?#"));
  return address.ends_with(".git") ? RemoteKind::git : RemoteKind::url;
}

}  // namespace trainyard::dockerfile

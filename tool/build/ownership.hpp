#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"

namespace trainyard::build {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  friend bool operator==(const Owner&, const Owner&) = default;
};

/// `user[:group]` of --chown and of USER for WORKDIR. Names are looked up in /etc/passwd and
/// /etc/group of `view` (read without following links out of it, regular files of at most 1 MiB);
/// numbers need no files. A number alone is also the group, a name alone brings its group along,
/// "user:" has group 0. Throws usage errors.
Owner parse_owner(const fs::path& view, const std::string& text);

/// --chmod: octal ("755", "4755") or symbolic ("u+x,go-w", "a=rX"). Throws a usage error.
using ModeChange = std::function<unsigned(unsigned mode, bool folder)>;
ModeChange parse_mode_change(const std::string& text);

}  // namespace trainyard::build

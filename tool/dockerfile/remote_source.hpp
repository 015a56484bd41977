#pragma once

#include <string_view>

namespace trainyard::dockerfile {

/// What a source of ADD names besides a path of the context.
enum class RemoteKind { none, url, git };

/// Decides by the text alone, as written or after expansion: `https://host/file`,
/// `git@host:repository`, `https://host/repository.git#branch`.
RemoteKind remote_kind(std::string_view source);

}  // namespace trainyard::dockerfile

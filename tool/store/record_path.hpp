#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard::store {

/// A key is a part of a path, so it must be nothing but letters and digits.
inline bool is_key(std::string_view text) {
  return text.size() >= 2 &&
         text.find_first_not_of("0123456789abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
}

/// `<folder>/<kk>/<key><suffix>`: kk, the first two characters, keeps folders small.
inline fs::path record_path(const fs::path& folder, const std::string& key, const char* suffix) {
  if (!is_key(key))
    throw usage_error("looking up", "\"" + key + "\"", "it is not a key",
                      "a key is 64 hexadecimal digits");
  return folder / key.substr(0, 2) / (key + suffix);
}

}  // namespace trainyard::store

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/file.hpp"

namespace trainyard::build {

/// What a server said of a file, to ask it later whether it still has the same.
struct FileVersion {
  std::string etag;
  std::string modified;  ///< the text of Last-Modified
  int64_t seconds = 0;   ///< the same as a time; 0: not said
  bool empty() const { return etag.empty() && modified.empty(); }
};

/// Gets a file by http or https into `target`, by the program `curl`: redirects (at most ten),
/// proxies by environment, certificates also of TRAINYARD_CA_BUNDLE. Nothing is answered, and
/// nothing written, when the server says that it is still `known`. Throws Error naming the address
/// without its password.
std::optional<FileVersion> download(const std::string& address, const fs::path& target,
                                    const FileVersion& known);

/// The last part of the address's path; "__unnamed__" when there is none.
std::string file_name_of(const std::string& address);

/// The address as messages show it: without user and password.
std::string shown_address(const std::string& address);

}  // namespace trainyard::build

#pragma once

#include <functional>
#include <string>

#include "build/download.hpp"
#include "store/store.hpp"

namespace trainyard::build {

/// A file of a web server, as far as it is known here. Version and SHA-256 of the last download are
/// a fact of the store, so a server is asked whether it still has the same, and sends nothing then.
struct WebFile {
  FileVersion version;
  std::string sha256;
  fs::path path;  ///< where it lies; empty: not fetched now
};

/// Answers a fresh path in a work folder.
using FreshPath = std::function<fs::path()>;

/// What the server has now. Fetches it when that is not what was fetched last; when its SHA-256 was
/// `wanted` already, nobody is asked. Throws Error (failed) when it is not `wanted`, unless that is
/// empty.
WebFile look_at_web_file(const store::Store& store, const std::string& address,
                         const FreshPath& fresh, const std::string& wanted = {});

/// Fetches it after all. Throws Error (failed) when it is another one by now.
void fetch_web_file(const store::Store& store, const std::string& address, const FreshPath& fresh,
                    WebFile& file);

}  // namespace trainyard::build

#include "cli/depfile.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace trainyard::cli {

namespace {
std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == '\n')
      throw usage_error("writing the depfile for", path,
                        "a path with a newline cannot stand in a depfile", "rename the file");
    if (c == ' ' || c == '#') text += '\\';
    if (c == '$') text += '$';
    text += c;
  }
  return text;
}
}  // namespace

std::string render_depfile(const fs::path& target, const std::vector<fs::path>& paths) {
  std::vector<std::string> names;
  names.reserve(paths.size());
  for (const fs::path& path : paths) names.push_back(escaped(path.string()));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text = escaped(target.string()) + ":";
  for (const std::string& name : names) text += " \\\n  " + name;
  return text + "\n";
}

}  // namespace trainyard::cli

#include "cli/depfile.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "base/fingerprint.hpp"
#include "base/folder_listing.hpp"

namespace trainyard::cli {

namespace {

bool is_carried(char c) {
  static constexpr std::string_view others = "+,/_.~(){}%=@[]! -";
  return static_cast<unsigned char>(c) >= 0x80 ||
         std::isalnum(static_cast<unsigned char>(c)) != 0 ||
         others.find(c) != std::string_view::npos;
}

std::string escaped(const std::string& path) {
  std::string text;
  for (const char c : path) {
    if (c == ' ') text += '\\';
    text += c;
  }
  return text;
}

/// The folder of links beside one depfile.
class Links {
 public:
  explicit Links(fs::path folder) : folder_(std::move(folder)) {}

  fs::path link_to(const fs::path& path) {
    const std::string name = fingerprint(path.native()).hex();
    const fs::path link = folder_ / name;
    make_directories(folder_);
    std::error_code none;
    if (fs::read_symlink(link, none) != path) {
      fs::remove(link, none);
      fs::create_symlink(path, link);
    }
    used_.insert(name);
    return link;
  }

  void remove_unused() const {
    std::error_code none;
    if (used_.empty()) {
      fs::remove_all(folder_, none);
      return;
    }
    for (const auto& entry : entries_of(folder_, none))
      if (!used_.contains(entry.path().filename().string())) fs::remove(entry.path(), none);
  }

 private:
  fs::path folder_;
  std::set<std::string> used_;
};

}  // namespace

void write_depfile(const fs::path& file, const fs::path& target,
                   const std::vector<std::string>& paths) {
  Links links(file.string() + ".links");
  std::vector<std::string> names;
  names.reserve(paths.size());
  for (const std::string& path : paths) {
    const bool carried = std::all_of(path.begin(), path.end(), is_carried);
    names.push_back(escaped(carried ? path : links.link_to(path).string()));
  }
  links.remove_unused();
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string text = escaped(target.string()) + ":";
  for (const std::string& name : names) text.append(" \\\n  ").append(name);
  write_file_atomic(file, text + "\n");
}

}  // namespace trainyard::cli

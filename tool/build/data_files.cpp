#include "build/data_files.hpp"

#include <elf.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"

namespace trainyard::build {
namespace {

constexpr const char* k_action = "finding the files of the library";
constexpr const char* k_zone_folder = "/usr/share/zoneinfo";

bool is_elf(const fs::path& path) {
  const UniqueFd file = open_for_reading(path);
  return read_all(file.get(), path.string(), SELFMAG) == ELFMAG;
}

bool is_named_as_library(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.ends_with(".so") || name.find(".so.") != std::string::npos;
}

bool keeps_its_place(const fs::path& path) {
  static const std::array<fs::path, 3> k_folders = {"/usr", "/etc", "/opt"};
  return std::ranges::any_of(k_folders, [&](const fs::path& folder) {
    return path != folder && lies_within(path, folder);
  });
}

fs::path place_of(const fs::path& path) {
  const fs::path normal = absolute_normal(path);
  if (keeps_its_place(normal)) return normal;
  const fs::path real = fs::canonical(path);  // /lib is a link into /usr on most machines
  if (keeps_its_place(real)) return real;
  throw usage_error(k_action, path.string(),
                    fs::is_directory(path)
                        ? "it is a folder that is not below /usr, /etc or /opt"
                        : "it is not an ELF library, and data has its place only below /usr, /etc "
                          "and /opt",
                    "give it to the run as one of its INPUTS, or COPY it in a Dockerfile");
}

/// Whether the link at `path` ends at something below `top`.
bool stays_below(const fs::path& path, const fs::path& top) {
  std::error_code ignored;
  const fs::path end = fs::canonical(path, ignored);
  return !ignored && lies_within(end, fs::canonical(top));
}

/// Everything below `top`, without the names directly in it that are `left_out`.
DataFiles walk(const fs::path& top, const fs::path& target,
               const std::set<std::string_view>& left_out = {}) {
  DataFiles data;
  data.read.push_back(top);
  for (auto entry = fs::recursive_directory_iterator(top); entry != end(entry); ++entry) {
    const fs::path& path = entry->path();
    if (entry.depth() == 0 && left_out.contains(path.filename().string())) {
      entry.disable_recursion_pending();
      continue;
    }
    DataFile file{path, (target / path.lexically_relative(top)).string(), "", false};
    if (entry->is_symlink() && (stays_below(path, top) || !entry->is_regular_file()))
      file.link = fs::read_symlink(path).string();
    else if (entry->is_regular_file())
      file.is_elf = is_elf(path);
    else if (entry->is_directory()) {
      data.read.push_back(path);
      continue;
    } else
      continue;
    if (file.link.empty()) data.read.push_back(path);
    data.files.push_back(std::move(file));
  }
  std::ranges::sort(data.files, {}, &DataFile::target);
  return data;
}

/// A folder of this machine that may be missing: then the folder where it would appear is what was
/// looked at.
DataFiles walk_if_there(const fs::path& folder, const std::set<std::string_view>& left_out = {}) {
  if (fs::is_directory(folder)) return walk(folder, folder, left_out);
  DataFiles nothing;
  if (fs::is_directory(folder.parent_path())) nothing.read.push_back(folder.parent_path());
  return nothing;
}

/// Mangled names: in std and in the inline namespaces of libstdc++ and libc++.
bool is_chrono_zone_function(std::string_view name) {
  static constexpr std::array<std::string_view, 5> k_functions = {
      "12current_zone", "11locate_zone", "8get_tzdb", "13get_tzdb_list", "11reload_tzdb"};
  const size_t chrono = name.find("6chrono");
  if (!name.starts_with("_ZNSt") || chrono == std::string_view::npos) return false;
  const std::string_view function = name.substr(chrono + 7);
  return std::ranges::any_of(k_functions, [&](auto known) { return function.starts_with(known); });
}

/// std::locale(const char*), std::locale(const std::string&), and those that change a part.
bool is_named_locale(std::string_view name) {
  const size_t locale = name.find("6localeC");
  if (!name.starts_with("_ZNSt") || locale == std::string_view::npos) return false;
  const std::string_view arguments = name.substr(locale + 8);
  return arguments.find("PKc") != std::string_view::npos ||
         arguments.find("basic_string") != std::string_view::npos;
}

}  // namespace

DataFiles read_data(const fs::path& path) {
  if (fs::is_directory(path)) return walk(path, place_of(path));
  if (!fs::exists(path))
    throw usage_error(k_action, path.string(), "there is no such file",
                      "build or install it first");
  if (!fs::is_regular_file(path))
    throw usage_error(k_action, path.string(), "it is neither a file nor a folder");
  // A script of the linker is named like a library, and would be of no use to the program.
  if (is_named_as_library(path) || is_elf(path)) return {{{path, "", "", true}}, {}};
  return {{{path, place_of(path).string(), "", false}}, {absolute_normal(path)}};
}

DataNeeds& DataNeeds::operator|=(const DataNeeds& other) {
  time_zones |= other.time_zones;
  locales |= other.locales;
  return *this;
}

DataNeeds data_needs(const std::set<std::string>& imports) {
  // The ones with 64 are what 32-bit programs with 64-bit time call.
  static const std::set<std::string_view> k_zones = {
      "localtime", "localtime_r", "mktime",        "timelocal",       "tzset",
      "ctime",     "ctime_r",     "__localtime64", "__localtime64_r", "__mktime64",
      "getdate",   "getdate_r",   "__ctime64",     "__ctime64_r"};
  // libstdc++ calls __newlocale; an executable that holds it may choose a locale at any time.
  static const std::set<std::string_view> k_locales = {"setlocale", "newlocale", "__newlocale"};
  DataNeeds needs;
  for (const std::string& name : imports) {
    needs.time_zones |= k_zones.contains(name) || is_chrono_zone_function(name);
    needs.locales |= k_locales.contains(name) || is_named_locale(name);
  }
  return needs;
}

DataFiles read_time_zones() {
  return walk_if_there(k_zone_folder, {"posix", "right", "localtime"});
}

DataFiles read_locales() {
  DataFiles data = walk_if_there("/usr/lib/locale/C.utf8");
  if (!data.files.empty()) return data;
  return walk_if_there("/usr/lib/locale/C.UTF-8");  // the name before glibc 2.35
}

}  // namespace trainyard::build

#include "build/dynamic_loader.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.hpp"

namespace trainyard::build {
namespace {

struct MachineNames {
  uint16_t machine;
  const char* multiarch;
  const char* platform;
};
constexpr std::array<MachineNames, 7> k_machines{{
    {EM_X86_64, "x86_64-linux-gnu", "x86_64"},
    {EM_AARCH64, "aarch64-linux-gnu", "aarch64"},
    {EM_386, "i386-linux-gnu", "i686"},
    {EM_ARM, "arm-linux-gnueabihf", "v7l"},
    {EM_RISCV, "riscv64-linux-gnu", ""},
    {EM_PPC64, "powerpc64le-linux-gnu", "power8"},
    {EM_S390, "s390x-linux-gnu", "z900"},
}};

std::vector<std::string> split_folders(const std::string& list) {
  std::vector<std::string> entries;
  for (size_t start = 0; start <= list.size();) {
    const size_t end = std::min(list.find(':', start), list.size());
    entries.push_back(list.substr(start, end - start));
    start = end + 1;
  }
  return entries;
}

std::string folder_of(const std::string& path) {
  return fs::path(path).parent_path().string();
}

template <typename Value>
std::optional<Value> value_at(std::string_view bytes, size_t offset) {
  if (offset > bytes.size() || sizeof(Value) > bytes.size() - offset) return {};
  Value value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string_view text_at(std::string_view bytes, size_t offset) {
  if (offset >= bytes.size()) return {};
  const std::string_view rest = bytes.substr(offset);
  const size_t end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view() : rest.substr(0, end);
}

/// Where the new format starts: at once (glibc 2.32 and later), or behind the table of the old one.
size_t start_of_new_cache(std::string_view cache) {
  constexpr std::string_view k_old_magic = "ld.so-1.7.0";
  if (!cache.starts_with(k_old_magic)) return 0;
  const auto count = value_at<uint32_t>(cache, 12);
  const uint64_t end = 16 + uint64_t{count.value_or(0)} * 12;
  return (end + 7) / 8 * 8;
}

}  // namespace

std::vector<std::string> find_in_loader_cache(std::string_view cache, const std::string& library) {
  constexpr std::string_view k_magic = "glibc-ld.so.cache1.1";
  constexpr size_t k_header_size = 48, k_entry_size = 24;
  const size_t start = start_of_new_cache(cache);
  if (start >= cache.size() || !cache.substr(start).starts_with(k_magic)) return {};
  cache.remove_prefix(start);  // offsets of strings count from here
  const uint32_t count = value_at<uint32_t>(cache, k_magic.size()).value_or(0);
  std::vector<std::string> paths;
  for (uint32_t i = 0; i < count; ++i) {
    const size_t at = k_header_size + i * k_entry_size;
    const auto key = value_at<uint32_t>(cache, at + 4);
    const auto value = value_at<uint32_t>(cache, at + 8);
    const auto hardware = value_at<uint64_t>(cache, at + 16);
    if (!hardware) break;
    if (*hardware == 0 && text_at(cache, *key) == library)
      paths.emplace_back(text_at(cache, *value));
  }
  return paths;
}

LoaderTraits read_loader_traits(const fs::path& loader, uint16_t machine) {
  LoaderTraits traits;
  std::string multiarch;
  for (const auto& known : k_machines)
    if (known.machine == machine) {
      multiarch = known.multiarch;
      traits.platform = known.platform;
    }
  const std::string bytes = read_file(loader);
  // glibc keeps its folders as one array of strings, each with a slash at its end.
  const std::vector<std::string> candidates = {
      "/lib/" + multiarch, "/usr/lib/" + multiarch, "/lib64", "/usr/lib64", "/lib", "/usr/lib"};
  using namespace std::string_literals;
  for (const auto& folder : candidates)
    if (bytes.find("\0"s + folder + "/\0"s) != std::string::npos)
      traits.default_folders.push_back(folder);
  if (bytes.find("/lib:/usr/local/lib:/usr/lib") != std::string::npos)  // musl
    traits.default_folders = {"/lib", "/usr/local/lib", "/usr/lib"};
  traits.reads_cache = bytes.find("/etc/ld.so.cache") != std::string::npos;

  traits.library_folder = "/usr/lib";
  for (const auto& folder : traits.default_folders)
    if (folder.starts_with("/usr/lib")) {
      traits.library_folder = folder;
      break;
    }
  traits.lib = traits.library_folder.substr(std::strlen("/usr/"));
  return traits;
}

std::string expand_loader_tokens(const std::string& text, const std::string& origin,
                                 const LoaderTraits& traits) {
  const std::array<std::pair<std::string_view, const std::string*>, 3> tokens{
      {{"ORIGIN", &origin}, {"PLATFORM", &traits.platform}, {"LIB", &traits.lib}}};
  const auto continues_name = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  std::string out;
  for (size_t i = 0; i < text.size();) {
    size_t used = 0;
    if (text[i] == '$') {
      const bool braced = i + 1 < text.size() && text[i + 1] == '{';
      const std::string_view rest = std::string_view(text).substr(i + 1 + (braced ? 1 : 0));
      for (const auto& [token, value] : tokens) {
        if (!rest.starts_with(token)) continue;
        const char next = rest.size() > token.size() ? rest[token.size()] : '\0';
        if (braced ? next != '}' : continues_name(next)) continue;
        out += *value;
        used = 1 + token.size() + (braced ? 2 : 0);
      }
    }
    if (used == 0) out += text[i];
    i += std::max<size_t>(used, 1);
  }
  return out;
}

namespace {

class Loading {
 public:
  Loading(ObjectView& view, const LoaderTraits& traits) : view_(view), traits_(traits) {}

  LoadedProcess load(const std::string& executable, const std::vector<std::string>& extras) {
    add_root(executable);
    const std::string interpreter = process_.objects[0].elf->interpreter;
    if (!interpreter.empty()) {
      add_root(interpreter);
      // musl's loader is its libc.so as well, and has no soname.
      process_.objects[1].names.insert(fs::path(interpreter).filename().string());
      process_.objects[1].names.insert(process_.objects[1].elf->path.filename().string());
    }
    load_needed();
    for (const auto& extra : extras) {
      add_root(extra);
      load_needed();
    }
    return std::move(process_);
  }

 private:
  void add_root(const std::string& path) {
    const auto elf = view_.open(path);
    if (!elf) throw usage_error("reading the ELF object", path, "there is no such file");
    if (already_loaded(*elf, path)) return;
    process_.objects.push_back({elf, path, SIZE_MAX, {path}});
  }

  bool already_loaded(const ElfFile& elf, const std::string& name) {
    for (auto& object : process_.objects)
      if (object.elf->identity == elf.identity) return object.names.insert(name), true;
    return false;
  }

  void load_needed() {
    for (; next_ < process_.objects.size(); ++next_) {
      const auto elf = process_.objects[next_].elf;
      for (const auto& name : elf->needed) load_library(name, next_);
    }
  }

  void load_library(const std::string& name, size_t requester) {
    for (auto& object : process_.objects)
      if (object.elf->soname == name || object.names.contains(name)) {
        object.names.insert(name);
        return;
      }
    searched_.clear();
    if (name.find('/') != std::string::npos ? load_by_path(name, requester)
                                            : load_by_search(name, requester))
      return;
    fail_missing(name, requester);
  }

  bool load_by_path(const std::string& name, size_t requester) {
    const std::string path =
        expand_loader_tokens(name, folder_of(process_.objects[requester].path), traits_);
    if (!path.starts_with('/'))
      throw usage_error("finding the shared library", name,
                        process_.objects[requester].path +
                            " names it by a path relative to the folder it is started in",
                        "link the library with a soname (in CMake: without NO_SONAME) or as an "
                        "absolute path");
    return try_file(name, requester, path, {SearchEntry::Kind::named_path, requester, name, {}});
  }

  bool load_by_search(const std::string& name, size_t requester) {
    const auto elf = process_.objects[requester].elf;
    if (!elf->runpath && load_by_rpath_chain(name, requester)) return true;
    if (elf->runpath && load_by_list(name, requester, requester, *elf->runpath)) return true;
    if (traits_.reads_cache) {
      searched_.push_back("/etc/ld.so.cache");
      for (const auto& path : view_.cached(name))
        if (!(elf->no_default_folders && is_default_folder(folder_of(path))) &&
            try_file(name, requester, path, {SearchEntry::Kind::cache, 0, {}, folder_of(path)}))
          return true;
    }
    if (elf->no_default_folders) return false;
    for (const auto& folder : traits_.default_folders)
      if (try_folder(name, requester, {SearchEntry::Kind::default_folder, 0, {}, folder}))
        return true;
    return false;
  }

  bool load_by_rpath_chain(const std::string& name, size_t requester) {
    bool did_executable = false;
    for (size_t owner = requester; owner != SIZE_MAX; owner = process_.objects[owner].loader) {
      did_executable |= owner == 0;
      const auto& rpath = process_.objects[owner].elf->rpath;
      if (rpath && load_by_list(name, requester, owner, *rpath)) return true;
    }
    const auto& rpath = process_.objects[0].elf->rpath;
    return !did_executable && rpath && load_by_list(name, requester, 0, *rpath);
  }

  bool load_by_list(const std::string& name, size_t requester, size_t owner,
                    const std::string& list) {
    for (const auto& text : split_folders(list)) {
      std::string folder =
          expand_loader_tokens(text, folder_of(process_.objects[owner].path), traits_);
      if (!folder.starts_with('/')) continue;
      while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
      if (try_folder(name, requester, {SearchEntry::Kind::rpath, owner, text, folder})) return true;
    }
    return false;
  }

  bool try_folder(const std::string& name, size_t requester, const SearchEntry& entry) {
    searched_.push_back(entry.folder);
    return try_file(name, requester, entry.folder + "/" + name, entry);
  }

  bool try_file(const std::string& name, size_t requester, const std::string& path,
                const SearchEntry& entry) {
    const auto elf = view_.open(path);
    if (!elf || !elf->fits(*process_.objects[0].elf)) return false;
    for (size_t i = 0; i < process_.objects.size(); ++i)
      if (process_.objects[i].elf->identity == elf->identity) {
        process_.objects[i].names.insert(name);
        process_.lookups.push_back({name, i, path, entry});
        return true;
      }
    process_.lookups.push_back({name, process_.objects.size(), path, entry});
    process_.objects.push_back({elf, path, requester, {name, path}});
    return true;
  }

  bool is_default_folder(const std::string& folder) const {
    return std::ranges::find(traits_.default_folders, folder) != traits_.default_folders.end();
  }

  [[noreturn]] void fail_missing(const std::string& name, size_t requester) {
    std::string cause = process_.objects[requester].path + " needs it; looked for in";
    std::vector<std::string> shown;
    for (const auto& place : searched_)
      if (std::ranges::find(shown, place) == shown.end()) shown.push_back(place);
    for (size_t i = 0; i < shown.size(); ++i) cause += (i ? ", " : " ") + shown[i];
    if (shown.empty()) cause = process_.objects[requester].path + " needs it by this path";
    throw usage_error("finding the shared library", name, cause, hint_for(name));
  }

  std::string hint_for(const std::string& name) {
    const char* list = std::getenv("LD_LIBRARY_PATH");
    for (const auto& folder : split_folders(list ? list : ""))
      if (!folder.empty() && view_.open(folder + "/" + name))
        return "LD_LIBRARY_PATH finds it in " + folder +
               ", but does not count here: link with that folder as RUNPATH (in CMake: "
               "BUILD_RPATH)";
    return "install the package that holds it, or link with its folder as RUNPATH (in CMake: "
           "BUILD_RPATH)";
  }

  ObjectView& view_;
  const LoaderTraits& traits_;
  LoadedProcess process_;
  size_t next_ = 0;
  std::vector<std::string> searched_;
};

}  // namespace

LoadedProcess load_process(ObjectView& view, const LoaderTraits& traits,
                           const std::string& executable, const std::vector<std::string>& extras) {
  return Loading(view, traits).load(executable, extras);
}

}  // namespace trainyard::build

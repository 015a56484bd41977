#include "build/executable_closure.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>

#include "base/error.hpp"
#include "build/data_files.hpp"
#include "build/dynamic_loader.hpp"
#include "build/elf_imports.hpp"
#include "build/object_views.hpp"

namespace trainyard::build {
namespace {

using Tier = ClosureFile::Layer;  ///< not build::Layer, which unity builds see too
using Identity = std::pair<dev_t, ino_t>;

constexpr const char* k_executable_folder = "/usr/local/bin/";

bool below_any(const std::string& folder, const std::vector<fs::path>& places) {
  return std::ranges::any_of(places,
                             [&](const fs::path& place) { return lies_within(folder, place); });
}

/// The folder that an entry with $ORIGIN means in the image, when it can be one: it must not lie
/// where something is mounted over it, nor go down before it goes up, through folders that will not
/// exist.
std::optional<std::string> folder_by_origin(const SearchEntry& entry,
                                            const std::string& owner_target,
                                            const LoaderTraits& traits) {
  static const std::vector<fs::path> k_mounted = {"/proc", "/sys", "/dev", "/run", "/tmp", "/work"};
  bool went_down = false;
  for (const auto& part : fs::path(entry.text)) {
    if (part == ".." && went_down) return {};
    went_down |= part != ".." && part != "." && part != "$ORIGIN" && part != "${ORIGIN}";
  }
  const std::string origin = fs::path(owner_target).parent_path().string();
  const std::string folder =
      absolute_normal(expand_loader_tokens(entry.text, origin, traits)).string();
  if (below_any(folder, k_mounted)) return {};
  return folder;
}

/// Plans where everything goes.
class Placement {
 public:
  explicit Placement(const ExecutableImage& image) : image_(image) {
    for (const auto& folder : image.project_folders) {
      project_folders_.push_back(absolute_normal(folder));
      std::error_code ignored;
      const auto real = fs::canonical(folder, ignored);
      if (!ignored) project_folders_.push_back(real);
    }
  }

  Closure plan() {
    if (image_.executables.empty())
      throw usage_error("finding the files of the executables", "", "no executable is given");
    for (const auto& library : image_.libraries) add_library(library);
    for (const auto& executable : image_.executables) add_executable(executable);
    const auto unused = std::ranges::find(extras_, Extra::Named::itself, &Extra::named);
    if (!any_dynamic_ && unused != extras_.end())
      throw usage_error("finding the files of the library", unused->path,
                        "all executables are static, so none of them can load it",
                        "link the executable dynamically, or leave out LIBRARIES");
    if (needs_.time_zones) add_data(read_time_zones());
    if (needs_.locales) add_data(read_locales());
    // After the libraries: those among the data may have their place already.
    for (const auto& data : data_) add_data(data);
    Closure closure;
    for (auto& [target, file] : files_) closure.files.push_back(std::move(file));
    closure.read = host_.read();
    closure.needs_certificates = needs_certificates_;
    return closure;
  }

 private:
  /// A library that is opened by dlopen.
  struct Extra {
    enum class Named { itself, by_its_folder };
    std::string path;
    std::string in_place;  ///< where it must be in the image; empty: in the library folder
    Named named = Named::itself;
  };

  void add_library(const fs::path& path) {
    DataFiles data = read_data(path);
    for (const auto& file : data.files)
      if (file.is_elf)
        extras_.push_back(
            {file.source.string(), file.target,
             file.target.empty() ? Extra::Named::itself : Extra::Named::by_its_folder});
    std::erase_if(data.files, [](const DataFile& file) { return file.target.empty(); });
    data_.push_back(std::move(data));
  }

  void add_data(const DataFiles& data) {
    for (const auto& path : data.read) host_.note_read(path);
    for (const auto& file : data.files)
      files_.try_emplace(file.target,
                         ClosureFile{.source = file.link.empty() ? fs::canonical(file.source) : "",
                                     .target = file.target,
                                     .link = file.link,
                                     .layer = layer_of(file.source)});
  }

  void add_executable(const fs::path& path) {
    const auto elf = open_root(path);
    const std::string target = k_executable_folder + path.filename().string();
    if (!elf->is_executable)
      throw usage_error("finding the files of the executable", path.string(),
                        "it is a shared library", "name it as one of the LIBRARIES");
    if (const auto other = files_.find(target); other != files_.end() && !is_at(target, *elf))
      throw usage_error("finding the files of the executable", path.string(),
                        "another one has the same name: " + other->second.source.string(),
                        "give one of them another OUTPUT_NAME");
    put(target, elf, Tier::executable);
    if (!elf->interpreter.empty()) add_process(path.string(), target, *elf);
  }

  std::shared_ptr<const ElfFile> open_root(const fs::path& path) {
    const auto elf = host_.open(path.string());
    if (!elf)
      throw usage_error("finding the files of the executable", path.string(),
                        "there is no such file", "build it first");
    if (elf->type != ET_EXEC && elf->type != ET_DYN)
      throw usage_error("finding the files of the executable", path.string(),
                        "it is an object file or a core dump, which nothing can start");
    return elf;
  }

  void add_process(const std::string& path, const std::string& target, const ElfFile& elf) {
    const auto loader = host_.open(elf.interpreter);
    if (!loader)
      throw usage_error("finding the loader", elf.interpreter, path + " needs it",
                        "install the C library that it was linked with");
    any_dynamic_ = true;
    traits_ = read_loader_traits(elf.interpreter, elf.machine);
    put(absolute_normal(elf.interpreter).string(), loader, Tier::system);

    const std::vector<Extra> extras = extras_for(path, elf);
    std::vector<std::string> extra_paths;
    extra_paths.reserve(extras.size());
    for (const auto& extra : extras) extra_paths.push_back(extra.path);
    // The executable's own $ORIGIN is that of the file, whatever links lead to it.
    const LoadedProcess process =
        load_process(host_, traits_, fs::canonical(path).string(), extra_paths);
    place_lookups(process, target, extras);
    verify(process, target, extras);
  }

  /// The dlopen extras that this executable can load, with their places. Of a folder only those
  /// libraries that fit: the others are data.
  std::vector<Extra> extras_for(const std::string& path, const ElfFile& executable) {
    std::vector<Extra> extras;
    for (Extra extra : extras_) {
      if (extra.named == Extra::Named::by_its_folder) {
        const auto elf = host_.open(extra.path);
        if (elf->type == ET_DYN && !elf->is_executable && elf->fits(executable))
          extras.push_back(std::move(extra));
        continue;
      }
      if (!open_root(extra.path)->fits(executable))
        throw usage_error("finding the files of the library", extra.path,
                          "it is made for another machine than " + path);
      const fs::path as_written = absolute_normal(extra.path);
      const std::string folder = as_written.parent_path().string();
      if (stays_in_place(folder) && !is_default(folder)) extra.in_place = as_written.string();
      extras.push_back(std::move(extra));
    }
    return extras;
  }

  /// Gives each file its place, in the order in which they were loaded: a library's $ORIGIN is
  /// known before those that it loads are placed.
  void place_lookups(const LoadedProcess& process, const std::string& executable_target,
                     const std::vector<Extra>& extras) {
    std::vector<std::string> targets(process.objects.size());
    targets[0] = executable_target;
    targets[1] = absolute_normal(process.objects[0].elf->interpreter).string();
    for (const auto& extra : extras)
      for (size_t i = 0; i < process.objects.size(); ++i)
        if (process.objects[i].loader == SIZE_MAX && process.objects[i].path == extra.path)
          targets[i] = place_extra(extra, process.objects[i].elf);
    for (const auto& lookup : process.lookups) {
      const auto& elf = process.objects[lookup.object].elf;
      const std::string placed = place(lookup, targets[lookup.entry.owner], elf);
      if (targets[lookup.object].empty()) targets[lookup.object] = placed;
      note_certificates(lookup.name);
    }
    // An extra that is a library of the executable too is already there under that name.
    for (const auto& extra : extras) place_extra(extra, host_.open(extra.path));
  }

  /// A library that stays where it is can be loaded by that path, and by its name like the others.
  std::string place_extra(const Extra& extra, const std::shared_ptr<const ElfFile>& elf) {
    const std::string folder = traits_.library_folder + "/";
    const std::string name = fs::path(extra.path).filename().string();
    note_certificates(elf->soname.empty() ? name : elf->soname);
    std::string target;
    if (!extra.in_place.empty()) target = put_at_first_free({extra.in_place}, name, elf);
    if (extra.named == Extra::Named::by_its_folder) return target;
    const std::string by_name = put_at_first_free({folder + name}, name, elf);
    if (!elf->soname.empty() && elf->soname.find('/') == std::string::npos && elf->soname != name)
      put_at_first_free({folder + elf->soname}, elf->soname, elf);
    return target.empty() ? by_name : target;
  }

  std::string place(const Lookup& lookup, const std::string& owner_target,
                    const std::shared_ptr<const ElfFile>& elf) {
    const SearchEntry& entry = lookup.entry;
    const std::string in_default = traits_.library_folder + "/" + lookup.name;
    if (entry.kind == SearchEntry::Kind::named_path)
      return put_at_first_free({image_path_of(lookup, owner_target)}, lookup.name, elf);
    if (is_default(entry.folder))
      return put_at_first_free({modern(entry.folder) + "/" + lookup.name}, lookup.name, elf);
    if (entry.kind != SearchEntry::Kind::rpath)
      return put_at_first_free({in_default}, lookup.name, elf);

    const std::string as_written = absolute_normal(lookup.path).string();
    if (entry.text.find("ORIGIN") != std::string::npos) {
      std::vector<std::string> places;
      if (const auto folder = folder_by_origin(entry, owner_target, traits_))
        places.push_back((is_default(*folder) ? modern(*folder) : *folder) + "/" + lookup.name);
      places.push_back(in_default);
      return put_at_first_free(places, lookup.name, elf);
    }
    // Without default folders there is no other place where the loader would look.
    if (stays_in_place(entry.folder) || traits_.default_folders.empty())
      return put_at_first_free({as_written, in_default}, lookup.name, elf);
    return put_at_first_free({in_default, as_written}, lookup.name, elf);
  }

  std::string image_path_of(const Lookup& lookup, const std::string& owner_target) const {
    const std::string origin = fs::path(owner_target).parent_path().string();
    return absolute_normal(expand_loader_tokens(lookup.name, origin, traits_)).string();
  }

  bool stays_in_place(const std::string& folder) const {
    static const std::vector<fs::path> k_system = {"/usr", "/opt", "/lib", "/lib64"};
    const std::string normal = absolute_normal(folder).string();
    return below_any(normal, k_system) && !below_any(normal, project_folders_);
  }

  bool is_default(const std::string& folder) const {
    return std::ranges::find(traits_.default_folders, folder) != traits_.default_folders.end();
  }

  /// /usr/lib… for /lib…, which is a link to it on some machines and the real folder on others.
  std::string modern(const std::string& folder) const {
    return is_default("/usr" + folder) ? "/usr" + folder : folder;
  }

  bool is_at(const std::string& target, const ElfFile& elf) const {
    const auto there = image_view_.at(target);
    return there && there->identity == elf.identity;
  }

  std::string put_at_first_free(const std::vector<std::string>& places, const std::string& name,
                                const std::shared_ptr<const ElfFile>& elf) {
    for (const auto& target : places)
      if (!files_.contains(target) || is_at(target, *elf)) {
        put(target, elf, layer_of(elf->path));
        return target;
      }
    throw usage_error(
        "placing the shared library", elf->path.string(),
        "another library is at " + places.back() +
            " in the image: " + image_view_.at(places.back())->path.string(),
        "give one of the two another name than " + name + ", or make an image for each executable");
  }

  void put(const std::string& target, const std::shared_ptr<const ElfFile>& elf, Tier layer) {
    if (is_at(target, *elf)) return;
    const auto [first, is_new] = first_targets_.try_emplace(elf->identity, target);
    ClosureFile file{.source = {}, .target = target, .link = {}, .layer = layer};
    if (is_new)
      file.source = fs::canonical(elf->path);
    else
      file.link = first->second;
    if (is_new && layer != Tier::system) needs_ |= data_needs(read_elf_imports(elf->path));
    files_[target] = std::move(file);
    image_view_.add(target, elf);
  }

  Tier layer_of(const fs::path& path) const {
    std::error_code ignored;  // links among data may lead nowhere
    const fs::path real = fs::weakly_canonical(path, ignored);
    const bool is_project = below_any(absolute_normal(path).string(), project_folders_) ||
                            below_any(real.string(), project_folders_);
    return is_project ? Tier::project : Tier::system;
  }

  /// Programs that talk TLS look for the certificates of the authorities.
  void note_certificates(const std::string& library) {
    static constexpr std::array k_tls = {"libssl.so", "libgnutls.so", "libmbedtls.so", "libcurl",
                                         "libnss3.so"};
    needs_certificates_ |=
        std::ranges::any_of(k_tls, [&](const char* prefix) { return library.starts_with(prefix); });
  }

  /// Searches again, inside the image.
  void verify(const LoadedProcess& expected, const std::string& target,
              const std::vector<Extra>& extras) {
    std::vector<std::string> extra_targets;
    extra_targets.reserve(extras.size());
    for (const auto& extra : extras)
      extra_targets.push_back(!extra.in_place.empty()
                                  ? extra.in_place
                                  : traits_.library_folder + "/" +
                                        fs::path(extra.path).filename().string());
    const LoadedProcess found = load_process(image_view_, traits_, target, extra_targets);
    for (size_t i = 0; i < expected.objects.size(); ++i) {
      const auto& wanted = *expected.objects[i].elf;
      if (i < found.objects.size() && found.objects[i].elf->identity == wanted.identity) continue;
      throw usage_error(
          "placing the shared library", wanted.path.string(),
          fs::path(target).filename().string() + " would load " +
              (i < found.objects.size() ? found.objects[i].elf->path.string() : "nothing") +
              " in its place inside the image",
          "two libraries of one name are in the way of each other: rename one, or make an image "
          "for each executable");
    }
  }

  const ExecutableImage& image_;
  std::vector<fs::path> project_folders_;
  HostView host_;
  ImageView image_view_;
  LoaderTraits traits_;
  std::map<std::string, ClosureFile> files_;
  std::map<Identity, std::string> first_targets_;
  std::vector<Extra> extras_;
  std::vector<DataFiles> data_;
  DataNeeds needs_;
  bool needs_certificates_ = false;
  bool any_dynamic_ = false;
};

}  // namespace

Closure find_closure(const ExecutableImage& image) {
  return Placement(image).plan();
}

}  // namespace trainyard::build

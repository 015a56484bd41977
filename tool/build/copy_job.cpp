#include <sys/stat.h>

#include <algorithm>
#include <iterator>
#include <map>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "build/archive_extraction.hpp"
#include "build/layer_builder.hpp"
#include "build/layer_jobs.hpp"
#include "build/placed_files.hpp"
#include "build/selection.hpp"
#include "oci/image_config.hpp"

namespace trainyard::build {

namespace {

std::string below(const std::string& folder, const std::string& name) {
  return folder.empty() ? name : name.empty() ? folder : folder + "/" + name;
}

/// What `--from` and named folders read: a merged view of layers, or a folder.
fs::path source_root(ObjectReader& in, const fs::path& work) {
  const std::string root = in.string_or("root", "");
  if (!root.empty()) return fs::canonical(root);
  const fs::path view = mount_view(in.strings("layers"), work / "source");
  if (!view.empty()) return view;
  make_directories(work / "empty", 0700);
  return work / "empty";
}

/// Places one selection after the other in the new layer.
class Copier {
 public:
  Copier(LayerBuilder& builder, const fs::path& work) : builder_(builder), work_(work) {}

  std::optional<Owner> owner;  ///< --chown
  ModeChange chmod;            ///< --chmod; may be empty
  bool unpack = false;         ///< archives of the root; others say so themselves
  fs::path twin_tree;          ///< of an earlier copy like this one; may be empty
  PlacedFiles twins;           ///< its files
  PlacedFiles placed;          ///< the files of this one that a later copy may link

  void place(const fs::path& selection_root, const Selection& selection,
             const std::string& destination) {
    const Resolved target = builder_.resolve(destination);
    const std::string path = target.full();
    const bool exists = target.missing.empty();
    const bool into_folder = destination.ends_with('/') || selection.sources.size() > 1 ||
                             (exists && (!target.seen || S_ISDIR(target.seen->status.st_mode)));
    for (const SelectedSource& source : selection.sources) {
      const SelectedEntry& first = source.entries.front();
      const fs::path& root = source.base.empty() ? selection_root : source.base;
      const bool unpacked = source.base.empty() ? unpack : source.unpack;
      seconds_ = source.seconds != 0 ? source.seconds : oci::k_constant_seconds;
      if (first.type == SelectedEntry::Type::folder)
        place_contents(root, source, path, Times::constant);
      else if (unpacked && first.type == SelectedEntry::Type::file &&
               place_archive(root / source.place_of(first), first, path))
        continue;
      else
        place_alone(root, source, into_folder ? below(path, source.name) : path);
    }
  }

 private:
  enum class Times { constant, kept };

  void place_alone(const fs::path& root, const SelectedSource& source, const std::string& path) {
    builder_.make_parents(path, owner.value_or(Owner{}));
    place_entry(root, source, source.entries.front(), path, Times::constant);
    write_files();
  }

  void place_contents(const fs::path& root, const SelectedSource& source, const std::string& path,
                      Times times) {
    builder_.make_parents(path, owner.value_or(Owner{}));
    for (const SelectedEntry& entry : source.entries) {
      if (entry.path.empty())
        builder_.add_folder(path, destination_metadata(), LayerBuilder::Existing::keep);
      else
        place_entry(root, source, entry, below(path, entry.path), times);
    }
    write_files();
  }

  /// Regular files are only noted: within one source nothing depends on their order.
  void place_entry(const fs::path& root, const SelectedSource& source, const SelectedEntry& entry,
                   const std::string& path, Times times) {
    placed.forget(path);
    switch (entry.type) {
      case SelectedEntry::Type::folder:
        builder_.add_folder(path, metadata(entry, times), LayerBuilder::Existing::overwrite);
        return;
      case SelectedEntry::Type::link:
        builder_.add_link(path, metadata(entry, times), entry.link);
        return;
      case SelectedEntry::Type::fifo:
        builder_.add_fifo(path, metadata(entry, times));
        return;
      case SelectedEntry::Type::file:
        break;
    }
    if (!entry.inode.empty()) {
      const auto [known, fresh] = names_.emplace(entry.inode, path);
      if (!fresh && known->second != path) {
        hard_links_.emplace_back(path, known->second);
        return;
      }
    }
    note_file((root / source.place_of(entry)).string(), entry, path, metadata(entry, times));
  }

  void note_file(std::string source, const SelectedEntry& entry, const std::string& path,
                 NodeMetadata meta) {
    NewFile file{path, std::move(meta), std::move(source), {entry.size, std::nullopt}, ""};
    if (entry.content) {
      file.expected.xxh3 = entry.content->xxh3;
      const PlacedFileRow row{entry.content->sha256, entry.size, file.metadata.mode,
                              file.metadata.owner};
      if (const PlacedFileRow* twin = twins.find(path); twin != nullptr && *twin == row)
        file.twin = (twin_tree / path).string();
      placed.add(path, row);
    }
    files_.push_back(std::move(file));
  }

  void write_files() {
    builder_.add_files(files_);
    files_.clear();
    for (const auto& [path, existing] : hard_links_) builder_.add_hard_link(path, existing);
    hard_links_.clear();
  }

  /// False when the file is no archive: it is copied as it is.
  bool place_archive(const fs::path& file, const SelectedEntry& entry, const std::string& path) {
    if (entry.content && sha256_hex_of_file(file) != to_hex(entry.content->sha256))
      throw Error("copying", file.string(), "it changed while the image was being built",
                  "build again when nothing writes to it any more", ExitCode::failed);
    const fs::path folder = work_ / ("archive-" + std::to_string(archives_++));
    make_directories(folder, 0755);
    if (!extract_archive(file, folder)) return false;
    SelectionRules everything;
    const Selection content = select_paths(folder, {""}, everything);
    names_.clear();  // inode numbers of another folder
    builder_.make_parents(path, owner.value_or(Owner{}));
    builder_.add_folder(path, destination_metadata(), LayerBuilder::Existing::keep);
    builder_.replace_others(true);
    for (const SelectedSource& source : content.sources)
      place_contents(folder, source, path, Times::kept);
    builder_.replace_others(false);
    names_.clear();
    return true;
  }

  /// Of the folder that takes in what a source holds: it is made for that, and no copy of the
  /// source.
  NodeMetadata destination_metadata() const {
    NodeMetadata meta;
    if (chmod) meta.mode = chmod(meta.mode, true);
    meta.owner = owner.value_or(Owner{});
    meta.seconds = oci::k_constant_seconds;
    return meta;
  }

  NodeMetadata metadata(const SelectedEntry& entry, Times times) const {
    NodeMetadata meta;
    meta.mode = entry.mode;
    if (chmod && entry.type != SelectedEntry::Type::link)
      meta.mode = chmod(meta.mode, entry.type == SelectedEntry::Type::folder);
    meta.owner = owner.value_or(Owner{entry.uid, entry.gid});
    meta.seconds = times == Times::kept ? entry.seconds : seconds_;
    meta.xattrs = entry.xattrs;
    return meta;
  }

  LayerBuilder& builder_;
  const fs::path work_;
  std::vector<NewFile> files_;                                   ///< of the source at hand
  std::vector<std::pair<std::string, std::string>> hard_links_;  ///< path, existing path
  std::map<std::string, std::string> names_;  ///< inode -> the first name it got in the layer
  int archives_ = 0;
  int64_t seconds_ = oci::k_constant_seconds;  ///< mtime of what the source at hand brings
};

/// What is found in the root here, and what the caller has selected.
Selection selection_of(ObjectReader& in, const fs::path& root) {
  SelectionRules rules;
  rules.filter = CopyFilter::of(in);
  Selection selection = select_paths(root, in.strings("sources"), rules);
  const std::string list = in.string_or("selection", "");
  if (list.empty()) return selection;
  Selection given = parse_selection(read_file(list));
  std::move(given.sources.begin(), given.sources.end(), std::back_inserter(selection.sources));
  return selection;
}

}  // namespace

Json copy_job(const Json& request) {
  ObjectReader in(request, "a copy");
  make_directories(in.string("work"), 0700);
  const fs::path work = fs::canonical(in.string("work"));
  const std::vector<std::string> parents = in.strings("parents");
  const fs::path view = mount_view(parents, work / "view");
  const std::string chown = in.string_or("chown", "");
  const std::string chmod = in.string_or("chmod", "");
  LayerBuilder builder(in.string("tree"), view, topmost(parents),
                       in.boolean_or("single", false) ? OwnerMap::single : OwnerMap::full);
  Copier copier(builder, work);
  make_directories(work / "nothing", 0700);
  if (!chown.empty()) copier.owner = parse_owner(view.empty() ? work / "nothing" : view, chown);
  if (!chmod.empty()) copier.chmod = parse_mode_change(chmod);
  copier.unpack = in.boolean_or("unpack", false);
  const fs::path root = source_root(in, work);
  const Selection selection = selection_of(in, root);
  const std::string twins = in.string_or("twins", "");
  if (!twins.empty()) copier.twins = PlacedFiles::parse(read_file(twins));
  copier.twin_tree = in.string_or("twin_tree", "");
  copier.place(root, selection, in.string("destination"));
  builder.finish();
  const std::string placed = in.string_or("placed", "");
  if (!placed.empty() && !copier.placed.empty()) write_file_atomic(placed, copier.placed.text());
  return Json::object();
}

Json digest_job(const Json& request) {
  ObjectReader in(request, "a content digest");
  const fs::path work = in.string("work");
  make_directories(work, 0700);
  const fs::path root = source_root(in, work);
  SelectionRules rules;
  rules.filter = CopyFilter::of(in);
  rules.content = [](const std::string& file, const struct stat&) {
    return store::FileContent{sha256_of_hex(sha256_hex_of_file(file)), {}};
  };
  return {{"digest", content_digest(select_paths(root, in.strings("sources"), rules))}};
}

}  // namespace trainyard::build

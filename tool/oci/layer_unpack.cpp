#include <fcntl.h>

#include "base/error.hpp"
#include "oci/layer_tar.hpp"
#include "oci/tar_source.hpp"
#include "oci/tree_unpacker.hpp"

namespace trainyard::oci {

UnpackedLayer unpack_layer(int in, const std::filesystem::path& tree, const UnpackLimits& limits,
                           PathResolution resolution) {
  UniqueFd root(::open(tree.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw system_error("opening", tree.string());
  TarSource source(in, "the layer for " + tree.string(), limits.bytes);
  TreeUnpacker unpacker(TreeRoot(std::move(root), tree.string(), resolution), limits);
  while (const auto entry = source.next()) unpacker.place(*entry, source);
  unpacker.finish();
  UnpackedLayer result;
  result.diff_id = source.finish();
  result.size = source.size();
  return result;
}

namespace {

void give_to_caller(ForeignEntry& entry) {
  entry.uid = entry.gid = 0;  // of the namespace
  // Enough to read it, and to remove it: other bits may be kept in an image.
  entry.mode |= entry.kind == ForeignEntry::Kind::directory ? 0700 : 0400;
  entry.xattrs.clear();
}

}  // namespace

bool unpack_archive(int in, const std::string& name, const std::filesystem::path& folder,
                    const UnpackLimits& limits, ArchiveOwners owners) {
  std::optional<TarSource> source;
  std::optional<ForeignEntry> entry;
  try {
    source.emplace(in, name, limits.bytes, TarSource::Hashing::none);
    entry = source->next();
  } catch (const Error&) {
    return false;
  }
  if (!entry) return false;
  UniqueFd root(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root) throw system_error("opening", folder.string());
  TreeUnpacker unpacker(TreeRoot(std::move(root), folder.string(), PathResolution::kernel), limits,
                        WhiteoutNames::plain);
  for (; entry; entry = source->next()) {
    if (owners == ArchiveOwners::caller) give_to_caller(*entry);
    unpacker.place(*entry, *source);
  }
  unpacker.finish();
  return true;
}

}  // namespace trainyard::oci

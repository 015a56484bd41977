#include "build/copy_note.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {
constexpr const char* k_copies = "copies";  ///< the kind of fact

std::string place_of(const CopyStep& copy, const BuildRequest& request) {
  const fs::path& folder = copy.from == CopyStep::From::folder ? copy.folder : request.context;
  const auto origin = request.origins.find(folder);
  return origin == request.origins.end() ? folder.native() : origin->second;
}
}  // namespace

std::string copy_note_key(const CopyStep& copy, const BuildRequest& request,
                          const std::string& id_map_class) {
  // A path of any bytes goes in by its digest: JSON holds UTF-8 alone.
  return sha256_hex(canonical_json({{"schema", 1},
                                    {"folder", sha256_hex(place_of(copy, request))},
                                    {"add", copy.add},
                                    {"sources", copy.sources},
                                    {"destination", copy.destination},
                                    {"chown", copy.chown},
                                    {"chmod", copy.chmod},
                                    {"id_map", id_map_class}}));
}

std::optional<CopyTwins> find_copy_twins(const store::Store& store, const std::string& key) {
  const auto fact = store::find_fact(store, k_copies, key);
  const size_t line = fact ? fact->find('\n') : std::string::npos;
  if (line == std::string::npos) return std::nullopt;
  try {
    const auto tree = store::find_tree(store, oci::Digest::parse(fact->substr(0, line)));
    if (!tree) return std::nullopt;
    return CopyTwins{*tree, fact->substr(line + 1)};
  } catch (const Error&) {
    return std::nullopt;  // a fact of another version of the tool
  }
}

void keep_copy_note(const store::Store& store, const CopyNote& note, const oci::Digest& diff_id) {
  if (const auto list = read_file_if_exists(note.list))
    store::put_fact(store, k_copies, note.key, diff_id.str() + "\n" + *list);
}

}  // namespace trainyard::build

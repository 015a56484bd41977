#include "store/image_lookup.hpp"

#include <set>
#include <vector>

#include "base/spelling.hpp"
#include "oci/reference.hpp"
#include "store/image_index.hpp"

namespace trainyard::store {

namespace {

constexpr size_t k_shortest_prefix = 6;

bool is_hexadecimal(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::optional<oci::Digest> digest_of_tag(const oci::Index& index, const std::string& tag) {
  for (const oci::Descriptor& entry : index.manifests)
    if (tag_of(entry) == tag) return entry.digest;
  return std::nullopt;
}

std::optional<oci::Digest> digest_of_prefix(const oci::Index& index, const std::string& prefix,
                                            const std::string& name) {
  std::set<oci::Digest> found;
  for (const oci::Descriptor& entry : index.manifests)
    if (entry.digest.hex().starts_with(prefix)) found.insert(entry.digest);
  if (found.size() > 1) {
    std::string list;
    for (const oci::Digest& digest : found) list += (list.empty() ? "" : ", ") + digest.brief();
    throw usage_error("looking up", name, "several images begin with it: " + list,
                      "write more digits");
  }
  if (found.empty()) return std::nullopt;
  return *found.begin();
}

}  // namespace

std::optional<FoundImage> look_up(const oci::Index& index, const std::string& name) {
  const auto by_prefix = [&](const std::string& prefix) -> std::optional<FoundImage> {
    const auto digest = digest_of_prefix(index, prefix, name);
    if (!digest) return std::nullopt;
    return FoundImage{*digest, ""};
  };
  const size_t at = name.rfind("sha256:");
  if (at == 0 || (at != std::string::npos && name[at - 1] == '@')) {
    const std::string digits = name.substr(at + 7);
    if (digits.size() < k_shortest_prefix || digits.size() > 64 || !is_hexadecimal(digits))
      throw usage_error("reading the digest of", name, "\"" + digits + "\" is not a digest",
                        "write 6 to 64 hexadecimal digits after sha256:");
    return by_prefix(digits);
  }
  // Sixty-four digits are a digest and nothing else; the grammar of references refuses them as a
  // name.
  if (name.size() == 64 && is_hexadecimal(name)) return by_prefix(name);
  const oci::Reference reference = oci::Reference::parse(name);
  const std::string tag = reference.name + ":" + reference.tag;
  if (const auto digest = digest_of_tag(index, tag)) return FoundImage{*digest, tag};
  if (name.size() >= k_shortest_prefix && is_hexadecimal(name)) return by_prefix(name);
  return std::nullopt;
}

Error unknown_image(const oci::Index& index, const std::string& name) {
  std::vector<std::string> tags;
  for (const oci::Descriptor& entry : index.manifests) {
    const std::string tag = tag_of(entry);
    if (tag.empty()) continue;
    tags.push_back(tag);
    if (tag.ends_with(":latest")) tags.push_back(tag.substr(0, tag.size() - 7));
  }
  const std::string near = suggestion(name, tags);
  return usage_error("finding image", name, "there is no such image in the store",
                     near.empty()
                         ? "`trainyard images` lists what there is; registries are not spoken "
                           "to, `trainyard import` brings images in"
                         : near);
}

}  // namespace trainyard::store

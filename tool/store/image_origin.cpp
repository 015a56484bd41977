#include "store/image_origin.hpp"

#include "store/last_use.hpp"
#include "store/record_path.hpp"
#include "store/step_records.hpp"

namespace trainyard::store {

namespace {
constexpr const char* k_origins = "origins";  ///< the kind of fact
}

std::optional<Json> find_image_origin(const Store& store, const oci::Digest& image) {
  const auto text = find_fact(store, k_origins, image.hex());
  if (!text) return std::nullopt;
  Json origin = Json::parse(*text, nullptr, false);
  if (!origin.is_object()) return std::nullopt;
  return origin;
}

bool note_image_origin(const Store& store, const oci::Digest& image) {
  return note_use(record_path(store.steps() / k_origins, image.hex(), ""));
}

void put_image_origin(const Store& store, const oci::Digest& image, const Json& origin) {
  put_fact(store, k_origins, image.hex(), dump_json(origin));
}

}  // namespace trainyard::store

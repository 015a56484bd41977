#include "build/copy_filter.hpp"

#include "build/image_path.hpp"

namespace trainyard::build {

void CopyFilter::add_to(Json& request) const {
  if (parents) request["parents_of_sources"] = true;
  if (!excluded.empty()) request["exclude"] = excluded;
}

CopyFilter CopyFilter::of(ObjectReader& request) {
  return {request.boolean_or("parents_of_sources", false), request.strings("exclude")};
}

PivotedSource pivoted_source(const std::string& text) {
  const size_t pivot = text.find("/./");
  if (pivot == std::string::npos) return {"", clean_path(text)};
  return {clean_path(text.substr(0, pivot)), clean_path(text.substr(pivot + 3))};
}

}  // namespace trainyard::build

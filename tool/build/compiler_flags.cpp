#include "build/compiler_flags.hpp"

#include "base/error.hpp"
#include "base/spec_text.hpp"

namespace trainyard::build {

namespace {

void add_file(Json& all, const fs::path& file) {
  const auto text = read_file_if_exists(file);
  if (!text) return;
  const Json json = parse_spec_text(*text, file.string());
  ObjectReader in(json, file.string());
  const std::string language = in.string("language"), compiler = in.string("compiler");
  for (const Json& row : in.array("executables")) {
    ObjectReader executable(row, file.string());
    all.push_back({{"executable", executable.string("executable")},
                   {"target", executable.string("target")},
                   {"language", language},
                   {"compiler", compiler},
                   {"build_type", executable.string("build_type")},
                   {"flags", executable.strings("flags")}});
  }
}

}  // namespace

Json compiler_flags(const ExecutableImage& image) {
  Json all = Json::array();
  for (const fs::path& file : image.flag_files) {
    try {
      add_file(all, file);
    } catch (const Error&) {
      // Nothing that the image depends on.
    }
  }
  return all;
}

}  // namespace trainyard::build

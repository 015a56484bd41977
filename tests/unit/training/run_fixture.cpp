#include "run_fixture.hpp"

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <thread>

namespace trainyard::training::testing {

RunFixture::RunFixture() : store(store::Store::open(folder_.path() / "store")) {
  make_directories(build());
  oci::ContainerConfig config;
  config.env = {"PATH=/usr/bin:/bin", "FROM_IMAGE=yes"};
  put_image(config);
}

store::Image RunFixture::put_image(const oci::ContainerConfig& config) const {
  oci::ImageConfig image;
  image.platform = oci::host_platform();
  image.config = config;
  return store::put_image(store, image, {}, {oci::Reference::parse("lab/trainer:1")});
}

Json RunFixture::spec_json(const Json& members) const {
  Json json = {{"schema", 1},
               {"kind", "run"},
               {"name", "train"},
               {"build_dir", build().string()},
               {"source_dir", source().string()},
               {"binary_dir", build().string()},
               {"image", "lab/trainer:1"},
               {"command", {"true"}}};
  json.update(members);
  return json;
}

fs::path RunFixture::write_spec(const Json& members) const {
  const Json json = spec_json(members);
  const fs::path file = build() / (json.at("name").get<std::string>() + ".run.json");
  write_file_atomic(file, dump_json(json));
  return file;
}

Json RunFixture::script(const std::string& text, Json members) const {
  members["command"] = {"/bin/sh", "-c", text};
  return members;
}

fs::path RunFixture::write_source(const std::string& name, std::string_view content) const {
  write_file_atomic(source() / name, content);
  return source() / name;
}

RunEvents Seen::events() {
  RunEvents events;
  events.log = [this](std::string_view bytes) { log += bytes; };
  events.note = [this](const std::string& note) { notes.push_back(note); };
  return events;
}

void wait_until(const std::function<bool()>& holds, const std::string& what) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  BOOST_FAIL("waited in vain until " + what);
}

}  // namespace trainyard::training::testing

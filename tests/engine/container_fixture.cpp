#include "container_fixture.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/process.hpp"
#include "engine/native/native_engine.hpp"
#include "engine/native/overlay.hpp"

namespace trainyard::engine {

namespace {

Json list_entries(const Json& request) {
  const fs::path folder = request.at("folder").get<std::string>();
  std::vector<std::string> names;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    names.push_back(entry.path().lexically_relative(folder));
  std::sort(names.begin(), names.end());
  return names;
}

Json remove_folder(const Json& request) {
  fs::remove_all(request.at("folder").get<std::string>());
  return nullptr;
}

Json read_merged(const Json& request) {
  std::vector<fs::path> layers;
  for (const Json& layer : request.at("layers")) layers.emplace_back(layer.get<std::string>());
  const fs::path target = request.at("target").get<std::string>();
  native::mount_layers_read_only(layers, target);
  Json names = Json::array();
  for (const auto& entry : fs::directory_iterator(target))
    names.push_back(entry.path().filename().string());
  return names;
}

Json fail_in_every_part(const Json&) {
  throw Error("reading", "a thing", "it is odd", "look again", ExitCode::usage)
      .with_excerpt("here");
}

}  // namespace

void make_busybox_layer(const fs::path& layer) {
  const fs::path busybox = find_program("busybox");
  if (busybox.empty())
    throw Error("finding", "busybox", "it is not installed", "apt-get install busybox-static");
  for (const char* name : {"bin", "etc", "tmp", "home/ann"}) make_directories(layer / name);
  fs::copy_file(busybox, layer / "bin/busybox");
  for (const char* name :
       {"sh",       "true", "ls",      "cat",  "id",   "mount", "umount", "sleep",
        "touch",    "ip",   "mkdir",   "rm",   "dd",   "head",  "tail",   "tr",
        "hostname", "kill", "unshare", "grep", "stat", "chown"})
    fs::create_symlink("busybox", layer / "bin" / name);
  write_file_atomic(layer / "etc/passwd",
                    "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n");
  write_file_atomic(layer / "etc/group", "root:x:0:\nann:x:1000:\nvideo:x:44:ann\n");
}

ContainerFixture::ContainerFixture()
    : store(folder.path() / "store"), layer(folder.path() / "layer"), work(folder.path() / "work") {
  make_directories(store);
  make_directories(work);
  make_busybox_layer(layer);
  engine = native::make_native_engine({store, std::nullopt});
}

ContainerFixture::~ContainerFixture() {
  try {
    engine->settle();
    engine->call("test.remove", {{"folder", work.string()}});
  } catch (const std::exception&) {
    // What is left lies in the temporary folder.
  }
}

ContainerSpec ContainerFixture::shell(const std::string& script) const {
  ContainerSpec spec;
  spec.layers = {layer};
  spec.work = work;
  spec.argv = {"sh", "-c", script};
  return spec;
}

fs::path ContainerFixture::fresh_upper() const {
  return work / ("upper-" + random_name(6));
}

ContainerFixture::Outcome ContainerFixture::run(const ContainerSpec& spec) {
  Outcome outcome;
  outcome.result = engine->start(spec)->wait([&](Stream stream, std::string_view text) {
    (stream == Stream::out ? outcome.out : outcome.err) += text;
  });
  return outcome;
}

std::vector<std::string> ContainerFixture::entries(const fs::path& in) {
  return engine->call("test.entries", {{"folder", in.string()}}).get<std::vector<std::string>>();
}

const JobTable& test_jobs() {
  static const JobTable jobs{{"test.echo", [](const Json& request) { return request; }},
                             {"test.entries", list_entries},
                             {"test.fail", fail_in_every_part},
                             {"test.merged", read_merged},
                             {"test.remove", remove_folder}};
  return jobs;
}

}  // namespace trainyard::engine

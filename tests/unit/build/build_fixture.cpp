#include "build_fixture.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <mutex>

#include "base/process.hpp"
#include "engine/native/native_engine.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::build::testing {

BuildFixture::BuildFixture()
    : context(folder.path() / "context"),
      store(store::Store::open(folder.path() / "store")),
      engine(engine::native::make_native_engine({store.root(), std::nullopt})) {
  make_directories(context);
}

void BuildFixture::write(const std::string& path, const std::string& content) {
  write_file_atomic(context / path, content);
}

BuildRequest BuildFixture::request(const std::string& dockerfile) const {
  BuildRequest request;
  request.dockerfile_text = dockerfile;
  request.context = context;
  return request;
}

BuildResult BuildFixture::build(const std::string& dockerfile) {
  return build(request(dockerfile));
}

BuildResult BuildFixture::build(const BuildRequest& request) {
  events.clear();
  std::mutex mutex;
  return build_image(store, *engine, request, [&](const StepEvent& event) {
    const std::lock_guard lock(mutex);
    events.push_back(event.kind);
  });
}

std::string BuildFixture::complaint(const std::string& dockerfile) {
  try {
    build(dockerfile);
  } catch (const Error& error) {
    return error.render();
  }
  return {};
}

void BuildFixture::make_base() {
  BuildRequest request;
  request.executables.emplace();
  for (const char* name : {"sh", "cat", "mkdir", "rm", "chmod", "sleep"})
    request.executables->executables.push_back(find_program(name));
  request.tags.push_back(oci::Reference::parse("base"));
  build(request);
}

fs::path BuildFixture::in_image(const BuildResult& result, const std::string& path) const {
  const auto& diff_ids = result.image.config.diff_ids;
  for (auto it = diff_ids.rbegin(); it != diff_ids.rend(); ++it) {
    const auto tree = store::find_tree(store, *it);
    struct stat status {};
    if (tree && ::lstat((*tree / path).c_str(), &status) == 0) return *tree / path;
  }
  return {};
}

std::vector<std::string> BuildFixture::top_layer(const BuildResult& result) const {
  std::vector<std::string> names;
  const auto tree = store::find_tree(store, result.image.config.diff_ids.back());
  for (const auto& entry : fs::recursive_directory_iterator(tree.value()))
    names.push_back(entry.path().lexically_relative(*tree).string());
  std::sort(names.begin(), names.end());
  return names;
}

bool can_run_containers() {
  static const bool able = [] {
    if (::geteuid() != 0 && find_program("newuidmap").empty()) {
      BOOST_TEST_MESSAGE("skipped: an ordinary user needs newuidmap and sub-uids");
      return false;
    }
    if (find_program("crun").empty() && find_program("runc").empty()) {
      BOOST_TEST_MESSAGE("skipped: neither crun nor runc is installed");
      return false;
    }
    return true;
  }();
  return able;
}

}  // namespace trainyard::build::testing

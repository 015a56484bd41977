#include "store/garbage.hpp"

#include <algorithm>

#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

oci::Digest digest(int n) {
  return oci::Digest::of(std::to_string(n));
}

struct Example {
  Contents contents;

  void layer(int n, int64_t used, uint64_t size) {
    auto& layer = contents.layers.emplace_back();
    layer.diff_id = digest(n);
    layer.used = used;
    layer.blob_size = size;
  }
  Contents::StoredImage& image(int n, int64_t used, std::vector<int> layers) {
    auto& image = contents.images.emplace_back();
    image.digest = digest(n);
    image.used = used;
    image.own = {{image.digest, 1}};
    for (const int each : layers) image.layers.push_back(digest(each));
    return image;
  }
  Contents::StoredRun& run(const std::string& key, int64_t used, std::vector<int> outputs) {
    auto& run = contents.runs.emplace_back();
    run.key = key;
    run.used = used;
    run.finished = true;
    for (const int each : outputs) run.outputs.push_back({digest(each), 10});
    return run;
  }
  std::vector<std::string> garbage(int64_t unused_since,
                                   std::optional<uint64_t> keep = std::nullopt) const {
    std::vector<std::string> names;
    for (const GarbageItem& item : find_garbage(contents, {unused_since, keep}))
      names.push_back(item.name);
    return names;
  }
  uint64_t freed(int64_t unused_since) const {
    uint64_t bytes = 0;
    for (const GarbageItem& item : find_garbage(contents, {unused_since, std::nullopt}))
      bytes += item.freed;
    return bytes;
  }
};

std::string layer_name(int n) {
  return "layer " + digest(n).str();
}
std::string image_name(int n) {
  return "image " + digest(n).str();
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(garbage)

BOOST_AUTO_TEST_CASE(a_tag_a_build_tree_and_a_container_protect_an_image_and_its_layers) {
  Example example;
  for (int n = 1; n <= 3; ++n) example.layer(n, 5, 100);
  example.image(11, 5, {1}).tags = {"a:latest"};
  example.image(12, 5, {2}).targets = {"a@/build"};
  example.image(13, 5, {3}).running = true;
  BOOST_TEST((example.garbage(1000) == Names{}));
}

BOOST_AUTO_TEST_CASE(an_image_that_nothing_protects_goes_and_then_its_layers_but_not_shared_ones) {
  Example example;
  example.layer(1, 5, 100);
  example.layer(2, 5, 100);
  example.image(11, 5, {1, 2});
  example.image(12, 5, {1}).tags = {"a:latest"};
  BOOST_TEST((example.garbage(1000) == Names{image_name(11), layer_name(2)}));
}

BOOST_AUTO_TEST_CASE(what_was_used_lately_stays) {
  Example example;
  example.layer(1, 50, 100);
  example.layer(2, 5, 100);
  example.image(11, 50, {});
  BOOST_TEST((example.garbage(50) == Names{layer_name(2)}));
}

BOOST_AUTO_TEST_CASE(a_layer_is_as_new_as_the_newest_image_that_holds_it) {
  Example example;
  example.layer(1, 5, 100);
  example.image(11, 60, {1});
  BOOST_TEST((example.garbage(50) == Names{}));
}

BOOST_AUTO_TEST_CASE(the_longest_unused_goes_first_and_no_more_than_needed) {
  Example example;
  example.layer(1, 30, 100);
  example.layer(2, 10, 100);
  example.layer(3, 20, 100);
  BOOST_TEST((example.garbage(1000, 300) == Names{}));
  BOOST_TEST((example.garbage(1000, 299) == Names{layer_name(2)}));
  BOOST_TEST((example.garbage(1000, 150) == (Names{layer_name(2), layer_name(3)})));
  BOOST_TEST((example.garbage(1000, 0) == (Names{layer_name(2), layer_name(3), layer_name(1)})));
}

BOOST_AUTO_TEST_CASE(an_output_of_two_runs_is_freed_with_the_second) {
  Example example;
  example.run("one", 5, {1, 2});
  example.run("two", 60, {2});
  BOOST_TEST(example.freed(50) == 10U);
  BOOST_TEST(example.freed(1000) == 20U);
}

BOOST_AUTO_TEST_CASE(a_build_tree_protects_its_run_but_not_the_working_folder_of_a_failed_try) {
  Example example;
  auto& rooted = example.run("rooted", 5, {1});
  rooted.targets = {"train@/build"};
  rooted.failed = 70;
  rooted.failed_at = 5;
  auto& going_on = example.run("going_on", 5, {2});
  going_on.going_on = true;
  going_on.failed = 70;
  BOOST_TEST((example.garbage(1000) == Names{"failed try of run rooted"}));
  BOOST_TEST(example.freed(1000) == 70U);
}

BOOST_AUTO_TEST_SUITE_END()

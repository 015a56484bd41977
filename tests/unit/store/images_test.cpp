#include "store/images.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "base/process.hpp"
#include "store/image_index.hpp"
#include "store/sealed.hpp"
#include "store/sync_state.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

std::set<std::string> tags_of(const Store& store, const oci::Digest& digest) {
  std::set<std::string> tags;
  for (const oci::Descriptor& entry : read_index(store).manifests)
    if (entry.digest == digest) tags.insert(tag_of(entry));
  return tags;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(images, StoreFixture)

BOOST_AUTO_TEST_CASE(an_image_comes_back_by_digest_tag_and_prefix) {
  const Image image = make_image({make_layer("a", "1"), make_layer("b", "22")},
                                 {"trainer", "lab/trainer:v2"}, "me");
  BOOST_TEST(image.manifest.layers.size() == 2U);
  BOOST_TEST(image.size == image.manifest.layers[0].size + image.manifest.layers[1].size);
  const std::string hex = image.digest.hex();
  for (const std::string& name :
       {std::string("trainer"), std::string("trainer:latest"), std::string("lab/trainer:v2"),
        "sha256:" + hex, "sha256:" + hex.substr(0, 8), hex, hex.substr(0, 6),
        "any@sha256:" + hex}) {
    const auto found = find_image(store, name);
    BOOST_REQUIRE_MESSAGE(found.has_value(), name);
    BOOST_TEST((found->digest == image.digest));
    BOOST_TEST(found->config.config.user == "me");
    BOOST_TEST((found->config.diff_ids == image.config.diff_ids));
  }
  BOOST_TEST(load_image(store, image.digest).size == image.size);
}

BOOST_AUTO_TEST_CASE(what_an_image_names_is_on_the_disk_before_the_image_is_listed) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Birth born = Birth::now();
  BOOST_TEST(fs::exists(store.boots() / (boot_id() + ".unsynced")));
  make_image({layer}, {"trainer"});
  BOOST_TEST(!fs::exists(store.boots() / (boot_id() + ".unsynced")));
  const auto sealed = unseal(read_file(store.boots() / boot_id()));
  BOOST_REQUIRE(sealed.has_value());
  BOOST_TEST(sealed->at("synced_until").get<int64_t>() >= born.since_boot);
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_nothing_or_an_error_with_the_nearest_tag) {
  make_image({}, {"trainer"});
  BOOST_TEST(!find_image(store, "trainr").has_value());
  BOOST_TEST(!find_image(store, "0123456789").has_value());
  const std::string text = complaint_of([&] { require_image(store, "trainr"); });
  BOOST_TEST(holds_text(text, "trainr"));
  BOOST_TEST(holds_text(text, "did you mean \"trainer\"?"));
  BOOST_CHECK_THROW(find_image(store, "sha256:12"), Error);
  BOOST_CHECK_THROW(find_image(store, "sha256:notdigits"), Error);
}

BOOST_AUTO_TEST_CASE(a_prefix_of_several_images_is_an_error_that_lists_them) {
  oci::Index index;
  for (const char* last : {"1", "2"}) {
    oci::Descriptor entry;
    entry.media_type = oci::media_type::manifest;
    entry.digest = oci::Digest::from_hex(std::string(63, 'a') + last);
    index.manifests.push_back(entry);
  }
  update_index(store, [&](oci::Index& all) { all = index; });
  const std::string text = complaint_of([&] { find_image(store, "aaaaaaaa"); });
  BOOST_TEST(holds_text(text, "aaaaaaaaaaaa"));
  BOOST_TEST(holds_text(text, "more digits"));
}

BOOST_AUTO_TEST_CASE(the_same_config_gives_the_same_image_and_writes_nothing) {
  const oci::LayerTar layer = make_layer("a", "1");
  const Image first = make_image({layer}, {"x"});
  struct stat before {
  }, after{};
  BOOST_REQUIRE(::stat((store.root() / "index.json").c_str(), &before) == 0);
  BOOST_TEST((make_image({layer}, {"x"}).digest == first.digest));
  BOOST_TEST((make_image({layer}, {}).digest == first.digest));
  BOOST_REQUIRE(::stat((store.root() / "index.json").c_str(), &after) == 0);
  BOOST_TEST(before.st_ino == after.st_ino);
}

BOOST_AUTO_TEST_CASE(a_moved_tag_leaves_its_old_image_listed_without_it) {
  const Image old = make_image({}, {"trainer"}, "one");
  const Image fresh = make_image({}, {"trainer"}, "two");
  BOOST_TEST((tags_of(store, old.digest) == std::set<std::string>{""}));
  BOOST_TEST((tags_of(store, fresh.digest) == std::set<std::string>{"trainer:latest"}));
  tag_image(store, old.digest, oci::Reference::parse("trainer:old"));
  BOOST_TEST((tags_of(store, old.digest) == std::set<std::string>{"trainer:old"}));
  BOOST_TEST(list_images(store).size() == 2U);
}

BOOST_AUTO_TEST_CASE(an_untagged_image_is_listed_once_and_becomes_tagged) {
  const Image image = make_image({}, {});
  make_image({}, {});
  BOOST_TEST(read_index(store).manifests.size() == 1U);
  make_image({}, {"a:1", "b:2"});
  BOOST_TEST((tags_of(store, image.digest) == std::set<std::string>{"a:1", "b:2"}));
  const auto images = list_images(store);
  BOOST_REQUIRE(images.size() == 1U);
  BOOST_TEST((images[0].tags == std::vector<std::string>{"a:1", "b:2"}));
}

BOOST_AUTO_TEST_CASE(every_entry_of_the_index_names_size_type_and_platform) {
  const Image image = make_image({}, {"a"});
  const oci::Descriptor entry = read_index(store).manifests.at(0);
  BOOST_TEST(entry.media_type == oci::media_type::manifest);
  BOOST_TEST(entry.size == store.read_blob(image.digest).size());
  BOOST_REQUIRE(entry.platform.has_value());
  BOOST_TEST(entry.platform->architecture == oci::host_platform().architecture);
}

BOOST_AUTO_TEST_CASE(eight_processes_that_tag_at_once_lose_no_tag) {
  const Image image = make_image({}, {});
  std::vector<pid_t> children;
  for (int child = 0; child < 8; ++child) {
    const pid_t pid = ::fork();
    BOOST_REQUIRE(pid >= 0);
    if (pid == 0) {
      int code = 0;
      try {
        for (int i = 0; i < 3; ++i)
          tag_image(store, image.digest,
                    oci::Reference::parse("t:" + std::to_string(child) + "-" + std::to_string(i)));
      } catch (...) {
        code = 1;
      }
      ::_exit(code);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) BOOST_TEST(wait_process(pid).success());
  BOOST_TEST(tags_of(store, image.digest).size() == 24U);
}

BOOST_AUTO_TEST_CASE(a_truncated_index_is_an_error_that_names_it_and_what_to_do) {
  make_image({}, {"trainer"});
  spoil(store.root() / "index.json", 30);
  const std::string text = complaint_of([&] { find_image(store, "trainer"); });
  BOOST_TEST(holds_text(text, (store.root() / "index.json").string()));
  BOOST_TEST(holds_text(text, "hint: move this file away"));
  // And the hint is true.
  fs::remove(store.root() / "index.json");
  make_image({}, {"trainer"});
  BOOST_TEST(find_image(store, "trainer").has_value());
}

BOOST_AUTO_TEST_CASE(a_damaged_manifest_is_mended_by_the_next_build) {
  const Image image = make_image({}, {"trainer"});
  const Image other = make_image({}, {"other"}, "someone");
  spoil(store.blob(image.digest), 0);
  BOOST_CHECK_THROW(require_image(store, "trainer"), Error);
  BOOST_REQUIRE(list_images(store).size() == 1U);
  BOOST_TEST((list_images(store)[0].image.digest == other.digest));
  make_image({}, {"trainer"});
  BOOST_TEST((require_image(store, "trainer").digest == image.digest));
}

BOOST_AUTO_TEST_CASE(layers_and_sizes_must_match_in_number) {
  oci::ImageConfig config;
  config.diff_ids.push_back(oci::Digest::of("x"));
  BOOST_CHECK_THROW(put_image(store, config, {}, {}), Error);
}

BOOST_AUTO_TEST_SUITE_END()

#include "cli/find_by_name.hpp"

#include <boost/test/unit_test.hpp>

#include "../store/store_fixture.hpp"
#include "complaint.hpp"
#include "store/roots.hpp"

using namespace trainyard;
using namespace trainyard::cli;

namespace {

struct NamedImages : store::StoreFixture {
  fs::path build_dir = folder.path() / "build";

  void put_target(const std::string& target, const store::Image& image) {
    store::RootedTarget root;
    root.kind = store::TargetKind::image;
    root.target = target;
    root.build_dir = build_dir;
    root.value = "sha256:" + image.digest.hex();
    root.spec = build_dir / (target + ".image.json");
    make_directories(build_dir);
    store::put_root(store, root);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(find_by_name, NamedImages)

BOOST_AUTO_TEST_CASE(an_image_is_found_by_tag_digest_and_target) {
  const store::Image image = make_image({}, {"lab/trainer:v2"});
  put_target("trainer_image", image);
  for (const std::string& name : {std::string("lab/trainer:v2"), "sha256:" + image.digest.hex(),
                                  image.digest.hex().substr(0, 8), std::string("trainer_image"),
                                  "trainer_image@" + build_dir.string()}) {
    const auto found = find_named_image(store, name);
    BOOST_REQUIRE_MESSAGE(found.has_value(), name);
    BOOST_TEST((found->digest == image.digest));
    BOOST_TEST((named_image(store, name).digest == image.digest));
  }
}

BOOST_AUTO_TEST_CASE(a_tag_goes_before_a_target_of_the_same_name) {
  const store::Image tagged = make_image({}, {"trainer"}, "tagged");
  put_target("trainer", make_image({}, {}, "target"));
  BOOST_TEST((named_image(store, "trainer").digest == tagged.digest));
}

BOOST_AUTO_TEST_CASE(an_unknown_name_is_nothing_or_an_error_with_the_nearest_tag) {
  make_image({}, {"trainer"});
  BOOST_TEST(!find_named_image(store, "trainr").has_value());
  const auto complaint = testing::complaint_of([&] { named_image(store, "trainr"); });
  BOOST_TEST(complaint.names("did you mean \"trainer\"?"));
  BOOST_TEST(!find_named_image(store, "trainer@" + build_dir.string()).has_value());
}

BOOST_AUTO_TEST_CASE(a_target_whose_image_was_removed_is_not_found) {
  const store::Image image = make_image({}, {"trainer"});
  put_target("trainer_image", image);
  store::remove_image(store, runner, "sha256:" + image.digest.hex());
  BOOST_TEST(!find_named_image(store, "trainer").has_value());
  BOOST_TEST(!find_named_image(store, "trainer_image").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

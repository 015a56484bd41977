#include "base/process.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {
boost::test_tools::assertion_result skopeo_is_here(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(!find_program("skopeo").empty());
  result.message() << "skopeo is not installed";
  return result;
}
}  // namespace

BOOST_FIXTURE_TEST_SUITE(foreign_tools, StoreFixture)

BOOST_AUTO_TEST_CASE(skopeo_reads_the_store_in_place,
                     *boost::unit_test::precondition(skopeo_is_here)) {
  const Image image =
      make_image({make_layer("a", "1"), make_layer("b", "2")}, {"trainer", "lab/base:v2"}, "me");
  for (const char* tag : {"trainer:latest", "lab/base:v2"}) {
    const Captured seen =
        capture({"skopeo", "inspect", "oci:" + store.root().string() + ":" + tag});
    BOOST_REQUIRE_MESSAGE(seen.status.success(), seen.err);
    const Json json = parse_json(seen.out, "skopeo");
    BOOST_TEST(json.at("Digest").get<std::string>() == image.digest.str());
    BOOST_TEST(json.at("Layers").at(1).get<std::string>() == image.config.diff_ids[1].str());
    BOOST_TEST(json.at("Os").get<std::string>() == "linux");
  }
}

BOOST_AUTO_TEST_CASE(skopeo_copies_an_image_out_of_it,
                     *boost::unit_test::precondition(skopeo_is_here)) {
  make_image({make_layer("a", "1")}, {"trainer"});
  make_image({make_layer("b", "2")}, {"other"});
  const fs::path target = folder.path() / "copy";
  const Captured copied =
      capture({"skopeo", "--insecure-policy", "copy",
               "oci:" + store.root().string() + ":trainer:latest", "dir:" + target.string()});
  BOOST_REQUIRE_MESSAGE(copied.status.success(), copied.err);
  BOOST_TEST(fs::exists(target / "manifest.json"));
}

BOOST_AUTO_TEST_SUITE_END()

#include "oci/image_layout.hpp"

#include <boost/test/unit_test.hpp>

#include "tree_fixture.hpp"

using namespace trainyard;
using namespace trainyard::oci;
using trainyard::oci::test::fails_with;

BOOST_AUTO_TEST_SUITE(image_layout)

/// A layout in a temporary folder, made by hand.
struct Layout {
  TemporaryDirectory folder;
  Index index;

  Layout() { write_file_atomic(folder.path() / "oci-layout", R"({"imageLayoutVersion":"1.0.0"})"); }

  Descriptor blob(const std::string& type, const std::string& bytes) const {
    const Digest digest = Digest::of(bytes);
    write_file_atomic(folder.path() / "blobs/sha256" / digest.hex(), bytes);
    return {type, digest, bytes.size(), {}, {}};
  }
  Descriptor image(const std::string& architecture, const std::string& marker) const {
    ImageConfig config;
    config.platform = {"linux", architecture, ""};
    config.author = marker;
    Manifest manifest;
    manifest.config = blob(media_type::config, canonical_json(to_json(config)));
    Descriptor found = blob(media_type::manifest, canonical_json(to_json(manifest)));
    found.platform = config.platform;
    return found;
  }
  void tag(Descriptor one, const std::string& name) {
    one.annotations[k_ref_name] = name;
    index.manifests.push_back(one);
    save();
  }
  void save() const {
    write_file_atomic(folder.path() / "index.json", canonical_json(to_json(index)));
  }
};

const Platform k_amd64{"linux", "amd64", ""};

BOOST_AUTO_TEST_CASE(a_tag_leads_to_its_config) {
  Layout made;
  made.tag(made.image("amd64", "one"), "one");
  made.tag(made.image("amd64", "two"), "example.org/a:two");
  const ImageLayout layout(made.folder.path());
  for (const std::string tag : {"one", "two"})
    BOOST_TEST(layout.config(layout.manifest(layout.find(tag, k_amd64))).author == tag);
}

BOOST_AUTO_TEST_CASE(nested_indexes_are_searched_for_the_platform) {
  Layout made;
  Index inner;
  inner.manifests = {made.image("arm64", "arm"), made.image("amd64", "intel")};
  made.tag(made.blob(media_type::index, canonical_json(to_json(inner))), "multi");
  const ImageLayout layout(made.folder.path());
  BOOST_TEST(layout.config(layout.manifest(layout.find("multi", k_amd64))).author == "intel");
  BOOST_TEST(layout.config(layout.manifest(layout.find("", {"linux", "arm64", "v8"}))).author ==
             "arm");
  BOOST_TEST(fails_with(
      [&] {
        layout.find("multi", {"linux", "s390x", ""});
      },
      {"s390x", "platform"}));
}

BOOST_AUTO_TEST_CASE(a_missing_tag_is_answered_with_those_that_there_are) {
  Layout made;
  made.tag(made.image("amd64", "one"), "one");
  made.tag(made.image("amd64", "two"), "two");
  const ImageLayout layout(made.folder.path());
  BOOST_TEST(fails_with([&] { layout.find("three", k_amd64); }, {"three", "one, two"}));
  BOOST_TEST(fails_with([&] { layout.find("", k_amd64); }, {"there are 2", "one, two"}));
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_no_layout_is_named) {
  const TemporaryDirectory folder;
  BOOST_TEST(fails_with([&] { ImageLayout layout(folder.path()); },
                        {folder.path().string(), "oci-layout"}));
  write_file_atomic(folder.path() / "oci-layout", R"({"imageLayoutVersion":"2.0.0"})");
  BOOST_TEST(fails_with([&] { ImageLayout layout(folder.path()); }, {"imageLayoutVersion"}));
}

BOOST_AUTO_TEST_CASE(a_blob_that_lies_about_its_size_or_content_is_refused) {
  Layout made;
  const Descriptor good = made.image("amd64", "one");
  made.tag(good, "one");
  const ImageLayout layout(made.folder.path());
  Descriptor lying = good;
  lying.size += 1;
  BOOST_TEST(fails_with([&] { layout.read_blob(lying); }, {"bytes that its descriptor says"}));
  lying.size = good.size - 1;
  BOOST_TEST(fails_with([&] { layout.read_blob(lying); }, {"bytes that its descriptor says"}));
  lying.size = uint64_t{1} << 60;
  BOOST_TEST(fails_with([&] { layout.read_blob(lying); }, {"limit"}));
  std::string bytes = layout.read_blob(good);
  bytes[5] ^= 1;
  write_file_atomic(layout.blob_path(good.digest), bytes);
  BOOST_TEST(fails_with([&] { layout.manifest(good); }, {"digest"}));
}

BOOST_AUTO_TEST_CASE(indexes_nested_without_end_are_refused) {
  Layout made;
  Descriptor inner = made.image("amd64", "deep");
  for (int i = 0; i < 8; ++i) {
    Index index;
    index.manifests = {inner};
    inner = made.blob(media_type::index, canonical_json(to_json(index)));
  }
  made.tag(inner, "deep");
  BOOST_TEST(fails_with([&] { ImageLayout(made.folder.path()).find("deep", k_amd64); },
                        {"nested too deep"}));
}

BOOST_AUTO_TEST_CASE(an_artifact_or_a_config_with_other_layers_is_no_image) {
  Layout made;
  Manifest manifest;
  manifest.config = made.blob("application/vnd.example+json", "{}");
  const Descriptor artifact = made.blob(media_type::manifest, canonical_json(to_json(manifest)));
  made.tag(artifact, "a");
  const ImageLayout layout(made.folder.path());
  BOOST_TEST(fails_with([&] { layout.config(layout.manifest(artifact)); }, {"media type"}));

  Manifest image = layout.manifest(made.image("amd64", "x"));
  image.layers = {made.blob(media_type::layer, "x")};
  BOOST_TEST(fails_with([&] { layout.config(image); }, {"0 diff-ids", "1 layers"}));
}

BOOST_AUTO_TEST_SUITE_END()

#include "oci/manifest.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::oci;

BOOST_AUTO_TEST_SUITE(manifest)

const std::string k_descriptor =
    R"({"mediaType":"m","digest":"sha256:)" + std::string(64, 'a') + R"(","size":3})";

Manifest read(const std::string& text) {
  return parse_manifest(parse_json(text, "doc"), "doc");
}
Index read_index(const std::string& text) {
  return parse_index(parse_json(text, "doc"), "doc");
}

BOOST_AUTO_TEST_CASE(what_is_written_reads_back_equal) {
  Manifest written;
  written.config = {media_type::config, Digest::of("c"), 1, {}, {}};
  written.layers = {{media_type::layer, Digest::of("l"), 2, {{"a", "b"}}, {}}};
  written.annotations = {{"k", "v"}};
  const Json json = to_json(written);
  BOOST_TEST(json["mediaType"] == media_type::manifest);
  BOOST_TEST(json["schemaVersion"] == 2);
  BOOST_TEST((to_json(read(canonical_json(json))) == json));

  Index index;
  index.manifests = {{media_type::manifest,
                      Digest::of("m"),
                      5,
                      {{k_ref_name, "t"}},
                      Platform{"linux", "arm64", "v8"}}};
  const Index again = read_index(canonical_json(to_json(index)));
  BOOST_TEST((to_json(again) == to_json(index)));
  BOOST_TEST((again.manifests[0].platform == Platform{"linux", "arm64", "v8"}));
}

BOOST_AUTO_TEST_CASE(a_document_that_can_be_read_as_two_kinds_is_refused) {
  const std::string config = R"("schemaVersion":2,"config":)" + k_descriptor;
  const std::string layers = R"("layers":[)" + k_descriptor + "]";
  const std::string manifests = R"("manifests":[)" + k_descriptor + "]";
  BOOST_TEST(read("{" + config + "," + layers + "}").layers.size() == 1);
  BOOST_CHECK_THROW(read("{" + config + "," + layers + "," + manifests + "}"), Error);
  BOOST_CHECK_THROW(read(R"({"mediaType":"application/vnd.oci.image.index.v1+json",)" + config +
                         "," + layers + "}"),
                    Error);
  BOOST_CHECK_THROW(read("{" + config + "," + layers + R"(,"fsLayers":[]})"), Error);
  BOOST_CHECK_THROW(read_index(R"({"schemaVersion":2,)" + manifests + "," + layers + "}"), Error);
  BOOST_CHECK_THROW(
      read_index(R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",)" +
                 manifests + "}"),
      Error);
}

BOOST_AUTO_TEST_CASE(missing_or_wrong_members_are_named) {
  const auto names = [](const std::string& word) {
    return [word](const Error& error) {
      return error.code() == ExitCode::usage && error.render().find(word) != std::string::npos;
    };
  };
  BOOST_CHECK_EXCEPTION(read("[]"), Error, names("doc"));
  BOOST_CHECK_EXCEPTION(read("{}"), Error, names("schemaVersion"));
  BOOST_CHECK_EXCEPTION(read(R"({"schemaVersion":1})"), Error, names("schemaVersion"));
  BOOST_CHECK_EXCEPTION(read(R"({"schemaVersion":2,"layers":[]})"), Error, names("config"));
  BOOST_CHECK_EXCEPTION(read(R"({"schemaVersion":2,"config":)" + k_descriptor + "}"), Error,
                        names("layers"));
  BOOST_CHECK_EXCEPTION(read(R"({"schemaVersion":2,"config":[],"layers":[]})"), Error,
                        names("config"));
  BOOST_CHECK_EXCEPTION(read(R"({"schemaVersion":2,"layers":[{}],"config":)" + k_descriptor + "}"),
                        Error, names("layers[0]"));
  BOOST_CHECK_EXCEPTION(read_index(R"({"schemaVersion":2,"manifests":{}})"), Error,
                        names("manifests"));
}

BOOST_AUTO_TEST_CASE(a_descriptor_with_an_impossible_size_or_digest_is_refused) {
  const std::string digest = "sha256:" + std::string(64, 'a');
  for (const std::string size : {"-1", "1.5", "\"3\"", "18446744073709551615", "1e3", "null"}) {
    const std::string text =
        R"({"mediaType":"m","digest":")" + digest + R"(","size":)" + size + "}";
    BOOST_TEST_CONTEXT(text) BOOST_CHECK_THROW(parse_descriptor(parse_json(text, "d"), "d"), Error);
  }
  for (const std::string bad : {"", "sha256:../x", "md5:0"}) {
    const std::string text = R"({"mediaType":"m","digest":")" + bad + R"(","size":1})";
    BOOST_TEST_CONTEXT(text) BOOST_CHECK_THROW(parse_descriptor(parse_json(text, "d"), "d"), Error);
  }
}

BOOST_AUTO_TEST_SUITE_END()

#include "training/output_collection.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "fake_engine.hpp"
#include "run_fixture.hpp"

using namespace trainyard;

namespace {

struct CollectionFixture : training::testing::RunFixture {
  CollectionFixture() {
    make_directories(scratch());
    plan.working_directory = "/work";
  }
  fs::path scratch() const { return folder() / "scratch"; }
  std::vector<store::Output> collect(const std::vector<std::string>& paths) {
    plan.outputs.clear();
    for (const std::string& path : paths) plan.outputs.push_back({path, path});
    return training::collect_outputs(store, *engine, plan, scratch(), store.tmp()).outputs;
  }
  std::string refusal(const std::string& path) {
    try {
      collect({path});
    } catch (const Error& error) {
      BOOST_TEST((error.code() == ExitCode::failed));
      return error.render();
    }
    return "";
  }
  std::unique_ptr<engine::Engine> engine = training::testing::make_fake_engine(store);
  training::RunPlan plan;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(output_collection, CollectionFixture)

BOOST_AUTO_TEST_CASE(files_become_blobs_under_their_digest) {
  write_file_atomic(scratch() / "out/model.bin", "weights", Durability::cheap, 0750);
  const auto outputs = collect({"out/model.bin"});
  const store::OutputFile& file = outputs.at(0).files.at(0);
  BOOST_TEST(file.digest.hex() == sha256_hex("weights"));
  BOOST_TEST(file.size == 7U);
  BOOST_TEST(file.mode == 0750U);
  BOOST_TEST(read_file(store.blob(file.digest)) == "weights");
  BOOST_TEST(fs::is_empty(store.tmp()));
}

BOOST_AUTO_TEST_CASE(a_damaged_blob_of_the_same_size_is_replaced) {
  const oci::Digest digest = store.put_blob("weights");
  write_file_atomic(store.blob(digest), "damaged");
  write_file_atomic(scratch() / "model.bin", "weights");
  collect({"model.bin"});
  BOOST_TEST(read_file(store.blob(digest)) == "weights");
}

BOOST_AUTO_TEST_CASE(a_folder_is_taken_file_by_file_with_links_and_empty_folders) {
  write_file_atomic(scratch() / "out/b/x", "1");
  write_file_atomic(scratch() / "out/a", "2");
  fs::create_directory(scratch() / "out/empty");
  fs::create_symlink("/etc/passwd", scratch() / "out/link");
  const auto outputs = collect({"out"});
  BOOST_TEST(outputs.at(0).folder);
  std::vector<std::string> paths;
  for (const auto& file : outputs.at(0).files) paths.push_back(file.path);
  const std::vector<std::string> expected{"a", "b/x", "empty/", "link"};
  BOOST_TEST(paths == expected, boost::test_tools::per_element());
  BOOST_TEST(outputs.at(0).files.at(3).link == "/etc/passwd");
  for (const auto& file : outputs.at(0).files) BOOST_TEST(store.has_blob(file.digest));
}

BOOST_AUTO_TEST_CASE(a_link_out_of_the_working_folder_is_no_output) {
  write_file_atomic(folder() / "secret", "host");
  fs::create_symlink("../secret", scratch() / "relative");
  fs::create_symlink(folder() / "secret", scratch() / "absolute");
  fs::create_symlink("..", scratch() / "up");
  BOOST_TEST(contains(refusal("relative"), "leads out"));
  BOOST_TEST(contains(refusal("absolute"), "leads out"));
  BOOST_TEST(contains(refusal("up/secret"), "leads out"));
}

BOOST_AUTO_TEST_CASE(a_link_to_an_input_is_no_output) {
  plan.inputs.push_back({"/work/data.csv", {}});
  write_file_atomic(scratch() / "data.csv", "");
  fs::create_symlink("data.csv", scratch() / "model");
  BOOST_TEST(contains(refusal("model"), "link to an input"));
}

BOOST_AUTO_TEST_CASE(a_fifo_is_no_output) {
  BOOST_REQUIRE(::mkfifo((scratch() / "pipe").c_str(), 0600) == 0);
  BOOST_TEST(contains(refusal("pipe"), "neither a file nor a folder"));
}

BOOST_AUTO_TEST_CASE(a_missing_output_is_named_with_what_is_there) {
  write_file_atomic(scratch() / "out/modle.bin", "x");
  const std::string text = refusal("out/model.bin");
  BOOST_TEST(contains(text, "out/model.bin: the command ended well but did not write it"));
  BOOST_TEST(contains(text, "\n  out/modle.bin"));
}

BOOST_AUTO_TEST_CASE(a_kept_scratch_replaces_the_one_before) {
  write_file_atomic(scratch() / "x", "1");
  training::keep_failed_scratch(*engine, scratch(), folder() / "failed/work", folder() / "trash1");
  BOOST_TEST(read_file(folder() / "failed/work/x") == "1");
  write_file_atomic(scratch() / "y", "2");
  training::keep_failed_scratch(*engine, scratch(), folder() / "failed/work", folder() / "trash2");
  BOOST_TEST(read_file(folder() / "failed/work/y") == "2");
  BOOST_TEST(!fs::exists(folder() / "failed/work/x"));
}

BOOST_AUTO_TEST_SUITE_END()

#include "training/result_file.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(result_file)

BOOST_AUTO_TEST_CASE(it_is_written_once_and_read_back) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "train.result";
  store::RunRecord record{.key = std::string(64, 'a'), .image = oci::Digest::of("image")};
  BOOST_TEST(training::write_result_file(path, record));
  BOOST_TEST(!training::write_result_file(path, record));
  BOOST_TEST(training::read_result_file(path).key == record.key);
  BOOST_TEST((training::read_result_file(path).digest == store::result_digest(record)));
}

BOOST_AUTO_TEST_CASE(one_that_is_missing_or_damaged_is_a_usage_error) {
  const TemporaryDirectory folder;
  const fs::path path = folder.path() / "train.result";
  const auto is_usage = [](const Error& error) { return error.code() == ExitCode::usage; };
  BOOST_CHECK_EXCEPTION(training::read_result_file(path), Error, is_usage);
  write_file_atomic(path, "abc\n");
  BOOST_CHECK_EXCEPTION(training::read_result_file(path), Error, is_usage);
}

BOOST_AUTO_TEST_SUITE_END()

#include "build/source_file.hpp"

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

namespace trainyard::build {

BOOST_AUTO_TEST_SUITE(source_file)

BOOST_AUTO_TEST_CASE(a_link_anywhere_on_the_way_is_a_change) {
  const TemporaryDirectory folder;
  const fs::path root = fs::canonical(folder.path());
  write_file_atomic(root / "real/file", "mine");
  fs::create_directory_symlink(root / "real", root / "linked");
  fs::create_symlink(root / "real/file", root / "link");
  for (const auto& open : {open_source_file, open_source_file_by_walk}) {
    BOOST_TEST(read_all(open(root / "real/file").get(), "file") == "mine");
    for (const char* path : {"linked/file", "link"})
      BOOST_CHECK_EXCEPTION(open(root / path), Error, [](const Error& error) {
        return error.code() == ExitCode::failed &&
               error.cause().find("changed") != std::string::npos;
      });
    BOOST_CHECK_THROW(open(root / "nothing"), Error);
  }
}

BOOST_AUTO_TEST_CASE(a_fifo_is_not_waited_for) {
  const TemporaryDirectory folder;
  const fs::path fifo = fs::canonical(folder.path()) / "fifo";
  BOOST_REQUIRE_EQUAL(::mkfifo(fifo.c_str(), 0600), 0);
  BOOST_TEST(read_all(open_source_file(fifo).get(), "fifo").empty());
  BOOST_TEST(read_all(open_source_file_by_walk(fifo).get(), "fifo").empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace trainyard::build

#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <set>

#include "base/error.hpp"
#include "base/folder_listing.hpp"

using namespace trainyard;

namespace {

struct FolderFixture {
  TemporaryDirectory folder;
  fs::path path = folder.path() / "file";

  static struct stat status_of(const fs::path& path) {
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status;
  }
  size_t entries() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()));
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(files, FolderFixture)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_byte_for_byte) {
  const std::string data("a\0b\r\n\xff", 6);
  write_file_atomic(path, data);
  BOOST_TEST(read_file(path) == data);
  write_file_atomic(path, std::string(300'000, 'x'), Durability::dear);
  BOOST_TEST(read_file(path).size() == 300'000U);
  BOOST_TEST(entries() == 1U);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_an_error_or_nothing) {
  BOOST_CHECK_THROW(read_file(path), Error);
  BOOST_TEST(!read_file_if_exists(path).has_value());
  BOOST_TEST(!read_file_if_exists(path / "below").has_value());
  write_file_atomic(path, "x");
  BOOST_TEST(!read_file_if_exists(path / "below").has_value());
  BOOST_CHECK_THROW(read_file_if_exists(folder.path()), Error);
}

BOOST_AUTO_TEST_CASE(writing_makes_the_folders_above) {
  write_file_atomic(folder.path() / "a/b/c", "x");
  BOOST_TEST(read_file(folder.path() / "a/b/c") == "x");
}

BOOST_AUTO_TEST_CASE(the_mode_is_as_asked_whatever_the_umask) {
  const mode_t old = ::umask(0077);
  write_file_atomic(path, "x", Durability::cheap, 0664);
  ::umask(old);
  BOOST_TEST((status_of(path).st_mode & 07777U) == 0664U);
}

BOOST_AUTO_TEST_CASE(a_reader_with_the_old_file_open_keeps_it) {
  write_file_atomic(path, "old");
  const UniqueFd fd = open_for_reading(path);
  write_file_atomic(path, "new");
  BOOST_TEST(read_all(fd.get(), "file") == "old");
  BOOST_TEST(read_file(path) == "new");
}

BOOST_AUTO_TEST_CASE(a_failed_write_leaves_the_old_file_and_nothing_else) {
  make_directories(path / "in the way");
  BOOST_CHECK_THROW(write_file_atomic(path, "x"), Error);
  BOOST_TEST(entries() == 1U);
}

BOOST_AUTO_TEST_CASE(an_equal_file_is_not_written_again) {
  BOOST_TEST(write_file_if_changed(path, "x"));
  const auto before = status_of(path);
  BOOST_TEST(!write_file_if_changed(path, "x"));
  BOOST_TEST(status_of(path).st_ino == before.st_ino);
  BOOST_TEST(write_file_if_changed(path, "y"));
  BOOST_TEST(read_file(path) == "y");
}

BOOST_AUTO_TEST_CASE(touching_makes_a_file_or_renews_its_time) {
  touch(folder.path() / "a/file");
  BOOST_TEST(read_file(folder.path() / "a/file").empty());
  write_file_atomic(path, "kept");
  const timespec old[2] = {{1000, 0}, {1000, 0}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, path.c_str(), old, 0) == 0);
  touch(path);
  BOOST_TEST(status_of(path).st_mtim.tv_sec > 1000);
  BOOST_TEST(read_file(path) == "kept");
}

BOOST_AUTO_TEST_CASE(reading_stops_at_the_limit) {
  write_file_atomic(path, "0123456789");
  BOOST_TEST(read_all(open_for_reading(path).get(), "file", 4) == "0123");
}

BOOST_AUTO_TEST_CASE(folders_are_made_once_and_a_file_in_the_way_is_an_error) {
  make_directories(folder.path() / "a/b", 0700);
  make_directories(folder.path() / "a/b");
  BOOST_TEST((status_of(folder.path() / "a/b").st_mode & 07777U) == 0700U);
  write_file_atomic(path, "x");
  BOOST_CHECK_THROW(make_directories(path), Error);
  BOOST_CHECK_THROW(make_directories(path / "below"), Error);
}

BOOST_AUTO_TEST_CASE(the_entries_of_a_folder_come_with_why_they_are_not_all) {
  std::error_code error;
  write_file_atomic(folder.path() / "a/.b", "");
  BOOST_TEST(entries_of(folder.path() / "a", error).at(0).path() == folder.path() / "a/.b");
  BOOST_TEST(!error);
  BOOST_TEST(entries_of(folder.path() / "none", error).empty());
  BOOST_TEST((error == std::errc::no_such_file_or_directory));
}

BOOST_AUTO_TEST_CASE(a_failed_rename_names_both) {
  try {
    rename_path(folder.path() / "from", folder.path() / "to");
    BOOST_TEST(false);
  } catch (const Error& error) {
    BOOST_TEST(error.subject().find("/from to ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_temporary_folder_is_private_and_goes) {
  fs::path where;
  {
    const TemporaryDirectory temporary(folder.path() / "made", "x-");
    where = temporary.path();
    BOOST_TEST((status_of(where).st_mode & 07777U) == 0700U);
    BOOST_TEST((where.parent_path() == folder.path() / "made"));
    write_file_atomic(where / "a/b", "x");
  }
  BOOST_TEST(!fs::exists(where));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(names_and_paths)

BOOST_AUTO_TEST_CASE(random_names_are_of_base32_and_differ) {
  std::set<std::string> names;
  for (int i = 0; i < 1000; ++i) names.insert(random_name());
  BOOST_TEST(names.size() == 1000U);
  for (const std::string& name : names) {
    BOOST_TEST(name.size() == 20U);
    BOOST_TEST(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
  }
  BOOST_TEST(random_name(300).size() == 300U);
}

BOOST_AUTO_TEST_CASE(paths_become_absolute_and_normal) {
  BOOST_TEST(absolute_normal("/a/./b/../c/") == "/a/c");
  BOOST_TEST(absolute_normal("/") == "/");
  BOOST_TEST(absolute_normal("x/") == fs::current_path() / "x");
  BOOST_TEST(absolute_normal("a/..") == fs::current_path());
}

BOOST_AUTO_TEST_CASE(lying_within_counts_whole_components) {
  BOOST_TEST(lies_within("/a/b", "/a"));
  BOOST_TEST(lies_within("/a", "/a"));
  BOOST_TEST(lies_within("/a", "/"));
  BOOST_TEST(!lies_within("/ab", "/a"));
  BOOST_TEST(!lies_within("/a", "/a/b"));
  BOOST_TEST(!lies_within("", "/"));
}

BOOST_AUTO_TEST_SUITE_END()

#include "store/store.hpp"

#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "store/reserve.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

/// Sets variables for a test and puts the old values back.
class Environment {
 public:
  void set(const char* name, const char* value) {
    const char* old = ::getenv(name);
    old_.emplace_back(name, old != nullptr ? std::optional<std::string>(old) : std::nullopt);
    value != nullptr ? ::setenv(name, value, 1) : ::unsetenv(name);
  }
  ~Environment() {
    for (auto it = old_.rbegin(); it != old_.rend(); ++it)
      it->second ? ::setenv(it->first.c_str(), it->second->c_str(), 1)
                 : ::unsetenv(it->first.c_str());
  }

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> old_;
};

unsigned mode_of(const fs::path& path) {
  struct stat status {};
  BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(opening_stores)

BOOST_AUTO_TEST_CASE(the_place_comes_from_the_environment_in_order) {
  Environment environment;
  environment.set("HOME", "/h");
  environment.set("XDG_DATA_HOME", nullptr);
  environment.set("TRAINYARD_STORE", nullptr);
  BOOST_TEST(Store::default_folder() == "/h/.local/share/trainyard");
  environment.set("XDG_DATA_HOME", "relative");
  BOOST_TEST(Store::default_folder() == "/h/.local/share/trainyard");
  environment.set("XDG_DATA_HOME", "/d");
  BOOST_TEST(Store::default_folder() == "/d/trainyard");
  environment.set("TRAINYARD_STORE", "/s/x/../y/");
  BOOST_TEST(Store::default_folder() == "/s/y");
}

BOOST_AUTO_TEST_CASE(without_HOME_the_home_folder_of_the_user_counts) {
  Environment environment;
  environment.set("HOME", nullptr);
  environment.set("XDG_DATA_HOME", nullptr);
  environment.set("TRAINYARD_STORE", nullptr);
  BOOST_TEST(Store::default_folder().native().ends_with("/.local/share/trainyard"));
  BOOST_TEST(Store::default_folder().is_absolute());
}

BOOST_AUTO_TEST_CASE(a_new_store_is_private_and_an_image_layout) {
  TemporaryDirectory folder;
  const Store store = Store::open(folder.path() / "a/b/store");
  BOOST_TEST(mode_of(store.root()) == 0700U);
  BOOST_TEST(read_file(store.root() / "oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  BOOST_TEST(
      parse_json(read_file(store.root() / "index.json"), "index.json").at("manifests").empty());
  for (const fs::path& part : {store.layers(), store.diffs(), store.steps(), store.runs(),
                               store.fingerprints(), store.roots(), store.locks(), store.tmp()})
    BOOST_TEST(fs::is_directory(part));
}

BOOST_AUTO_TEST_CASE(a_store_that_exists_is_left_as_it_is) {
  TemporaryDirectory folder;
  const Store store = Store::open(folder.path() / "store");
  write_file_atomic(store.root() / "index.json", "mine");
  Store::open(folder.path() / "store");
  BOOST_TEST(read_file(store.root() / "index.json") == "mine");
}

BOOST_AUTO_TEST_CASE(a_half_made_store_is_completed) {
  TemporaryDirectory folder;
  make_directories(folder.path() / "store/blobs/sha256");
  const Store store = Store::open(folder.path() / "store");
  BOOST_TEST(fs::exists(store.root() / "oci-layout"));
}

BOOST_AUTO_TEST_CASE(a_layout_file_that_is_damaged_or_gone_is_written_again) {
  TemporaryDirectory folder;
  const Store store = Store::open(folder.path() / "store");
  make_directories(store.root() / "engine");
  const fs::path file = store.root() / "oci-layout";
  const std::string whole = read_file(file);
  for (const std::string& damaged : {std::string(30, '\0'), whole.substr(0, 12), std::string()}) {
    write_file_atomic(file, damaged);
    Store::open(store.root());
    BOOST_TEST(read_file(file) == whole);
  }
  fs::remove(file);
  Store::open(store.root());
  BOOST_TEST(read_file(file) == whole);
}

BOOST_AUTO_TEST_CASE(a_store_has_a_reserve_that_stays_while_there_is_room) {
  TemporaryDirectory folder;
  const Store store = Store::open(folder.path() / "store");
  const auto files = [&] {
    return std::distance(fs::directory_iterator(store.root() / "reserve"),
                         fs::directory_iterator());
  };
  const auto whole = files();
  BOOST_TEST(whole > 4);
  fs::remove(store.root() / "reserve/3");
  keep_reserve(store.root());
  BOOST_TEST(files() == whole);
  spend_reserve(store.root());
  BOOST_TEST(files() == whole);
}

BOOST_AUTO_TEST_CASE(a_folder_with_other_things_is_refused) {
  TemporaryDirectory folder;
  write_file_atomic(folder.path() / "thesis.tex", "x");
  const std::string text = complaint_of([&] { Store::open(folder.path()); });
  BOOST_TEST(holds_text(text, "thesis.tex"));
  BOOST_TEST(holds_text(text, "hint: "));
  BOOST_TEST(!fs::exists(folder.path() / "oci-layout"));
}

BOOST_AUTO_TEST_CASE(a_file_in_its_place_is_an_error) {
  TemporaryDirectory folder;
  write_file_atomic(folder.path() / "store", "x");
  BOOST_TEST(
      holds_text(complaint_of([&] { Store::open(folder.path() / "store"); }), "not a folder"));
}

/// Not so for an ordinary user, even as root of a namespace.
boost::test_tools::assertion_result may_give_folders_away(boost::unit_test::test_unit_id) {
  const TemporaryDirectory folder;
  return ::chown(folder.path().c_str(), 12345, 12345) == 0;
}

BOOST_AUTO_TEST_CASE(a_store_of_another_user_is_refused,
                     *boost::unit_test::precondition(may_give_folders_away)) {
  TemporaryDirectory folder;
  Store::open(folder.path() / "store");
  BOOST_REQUIRE(::chown((folder.path() / "store").c_str(), 12345, 12345) == 0);
  const std::string text = complaint_of([&] { Store::open(folder.path() / "store"); });
  BOOST_TEST(holds_text(text, "belongs to user id 12345"));
  BOOST_TEST(holds_text(text, "TRAINYARD_STORE"));
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_made_says_where_to_go) {
  const std::string text = complaint_of([] { Store::open("/proc/store"); });
  BOOST_TEST(holds_text(text, "/proc/store"));
  BOOST_TEST(holds_text(text, "TRAINYARD_STORE"));
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(blobs, StoreFixture)

BOOST_AUTO_TEST_CASE(a_blob_comes_back_under_its_digest) {
  const oci::Digest digest = store.put_blob("hello");
  BOOST_TEST(digest.str() ==
             "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  BOOST_TEST(store.has_blob(digest));
  BOOST_TEST(store.read_blob(digest) == "hello");
  BOOST_TEST(!store.has_blob(oci::Digest::of("other")));
}

BOOST_AUTO_TEST_CASE(a_blob_that_is_there_is_not_written_again) {
  const fs::path path = store.blob(store.put_blob("hello"));
  struct stat before {
  }, after{};
  BOOST_REQUIRE(::stat(path.c_str(), &before) == 0);
  store.put_blob("hello", Durability::dear);
  BOOST_REQUIRE(::stat(path.c_str(), &after) == 0);
  BOOST_TEST(before.st_ino == after.st_ino);
}

BOOST_AUTO_TEST_CASE(a_damaged_blob_is_named_and_storing_it_again_mends_it) {
  const oci::Digest digest = store.put_blob("hello");
  spoil(store.blob(digest), 0);
  const std::string text = complaint_of([&] { store.read_blob(digest); });
  BOOST_TEST(holds_text(text, store.blob(digest).string()));
  BOOST_TEST(holds_text(text, "damaged"));
  store.put_blob("hello");
  BOOST_TEST(store.read_blob(digest) == "hello");
}

BOOST_AUTO_TEST_CASE(a_missing_blob_is_an_error_with_its_digest) {
  const oci::Digest digest = oci::Digest::of("never stored");
  BOOST_TEST(holds_text(complaint_of([&] { store.read_blob(digest); }), digest.str()));
}

BOOST_AUTO_TEST_SUITE_END()

#include "store/fingerprint_index.hpp"

#include <fcntl.h>

#include <atomic>
#include <thread>

#include "base/sha256.hpp"
#include "store/fingerprint_rows.hpp"
#include "store/last_use.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

struct IndexFixture : StoreFixture {
  fs::path source = folder.path() / "source";
  IndexFixture() { make_directories(source); }

  static struct stat status_of(const fs::path& path) {
    struct stat status {};
    BOOST_REQUIRE(::stat(path.c_str(), &status) == 0);
    return status;
  }
  std::string ask(FingerprintIndex& index, const std::string& name) {
    return index.sha256(source / name, status_of(source / name));
  }
  /// Writes a file and waits until the kernel's file clock has moved on, so that its row is not
  /// racy.
  void write_settled(const std::string& name, const std::string& content) {
    write_file_atomic(source / name, content);
    settle(status_of(source / name));
  }
  void set_mtime(const std::string& name, time_t seconds) {
    const timespec times[2] = {{seconds, 123}, {seconds, 123}};
    BOOST_REQUIRE(::utimensat(AT_FDCWD, (source / name).c_str(), times, 0) == 0);
    settle(status_of(source / name));
  }
  static void settle(const struct stat& status) {
    do std::this_thread::sleep_for(std::chrono::milliseconds(1));
    while (file_clock_now() <= nanoseconds(status.st_ctim));
  }
  fs::path index_file() const { return fs::directory_iterator(store.fingerprints())->path(); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fingerprint_index, IndexFixture)

BOOST_AUTO_TEST_CASE(a_file_is_read_once_and_then_known_by_its_stat) {
  write_settled("a", "content");
  {
    FingerprintIndex index(store, source);
    BOOST_TEST(ask(index, "a") == sha256_hex("content"));
    BOOST_TEST(ask(index, "a") == sha256_hex("content"));
    BOOST_TEST(index.counts().anew == 1U);
    BOOST_TEST(index.counts().by_stat == 1U);
  }
  FingerprintIndex index(store, source);
  BOOST_TEST(ask(index, "a") == sha256_hex("content"));
  BOOST_TEST(index.counts().by_stat == 1U);
  BOOST_TEST(index.counts().anew == 0U);
}

BOOST_AUTO_TEST_CASE(a_touched_file_is_known_by_its_fingerprint) {
  write_settled("a", "content");
  FingerprintIndex index(store, source);
  ask(index, "a");
  set_mtime("a", 1'000'000'000);
  BOOST_TEST(ask(index, "a") == sha256_hex("content"));
  BOOST_TEST(index.counts().by_xxh3 == 1U);
  BOOST_TEST(ask(index, "a") == sha256_hex("content"));
  BOOST_TEST(index.counts().by_stat == 1U);
}

BOOST_AUTO_TEST_CASE(a_changed_file_is_read_anew_even_with_its_old_size_and_mtime) {
  write_settled("a", "content");
  set_mtime("a", 1'000'000'000);
  FingerprintIndex index(store, source);
  ask(index, "a");
  const UniqueFd fd(::open((source / "a").c_str(), O_WRONLY | O_CLOEXEC));
  write_all(fd.get(), "CONTENT", "a");
  set_mtime("a", 1'000'000'000);
  BOOST_TEST(ask(index, "a") == sha256_hex("CONTENT"));
  BOOST_TEST(index.counts().anew == 2U);
}

BOOST_AUTO_TEST_CASE(a_file_that_was_just_written_is_racy_and_read_again) {
  write_file_atomic(source / "a", "content");
  // A time that no clock has reached yet makes the row racy without a race.
  const timespec future[2] = {{4'000'000'000, 5}, {4'000'000'000, 5}};
  BOOST_REQUIRE(::utimensat(AT_FDCWD, (source / "a").c_str(), future, 0) == 0);
  FingerprintIndex index(store, source);
  ask(index, "a");
  BOOST_TEST(ask(index, "a") == sha256_hex("content"));
  BOOST_TEST(index.counts().by_stat == 0U);
  BOOST_TEST(index.counts().by_xxh3 == 1U);
}

BOOST_AUTO_TEST_CASE(a_mode_change_alone_does_not_change_the_digest) {
  write_settled("a", "content");
  FingerprintIndex index(store, source);
  ask(index, "a");
  ::chmod((source / "a").c_str(), 0755);
  BOOST_TEST(ask(index, "a") == sha256_hex("content"));
  BOOST_TEST(index.counts().anew == 1U);
}

BOOST_AUTO_TEST_CASE(a_file_that_changed_after_the_caller_looked_is_an_error_that_names_it) {
  write_settled("a", "content");
  const struct stat before = status_of(source / "a");
  write_settled("a", "other content");
  FingerprintIndex index(store, source);
  const std::string text = complaint_of([&] { index.sha256(source / "a", before); });
  BOOST_TEST(holds_text(text, (source / "a").string()));
  BOOST_TEST(holds_text(text, "changed"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_gone_is_an_error) {
  write_settled("a", "content");
  const struct stat before = status_of(source / "a");
  fs::remove(source / "a");
  FingerprintIndex index(store, source);
  BOOST_CHECK_THROW(index.sha256(source / "a", before), Error);
}

BOOST_AUTO_TEST_CASE(a_damaged_index_reads_as_empty) {
  write_settled("a", "content");
  {
    FingerprintIndex index(store, source);
    ask(index, "a");
  }
  const std::string whole = read_file(index_file());
  for (size_t size = 0; size < whole.size(); size += 7) {
    write_file_atomic(index_file(), whole.substr(0, size));
    BOOST_TEST(FingerprintRows::load(index_file(), source.string()).size() == 0U);
  }
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string flipped = whole;
    flipped[at] = static_cast<char>(flipped[at] ^ 4);
    write_file_atomic(index_file(), flipped);
    BOOST_TEST(FingerprintRows::load(index_file(), source.string()).size() == 0U);
  }
  FingerprintIndex index(store, source);
  BOOST_TEST(ask(index, "a") == sha256_hex("content"));
}

BOOST_AUTO_TEST_CASE(an_index_of_another_folder_is_not_taken) {
  FingerprintRows rows;
  rows.put("a", {});
  rows.save(folder.path() / "rows", "/one", 0);
  BOOST_TEST(FingerprintRows::load(folder.path() / "rows", "/one").size() == 1U);
  BOOST_TEST(FingerprintRows::load(folder.path() / "rows", "/two").size() == 0U);
}

BOOST_AUTO_TEST_CASE(rows_that_nobody_asked_for_are_forgotten) {
  FingerprintRows rows;
  FingerprintRow old;
  old.used = 10;
  FingerprintRow fresh;
  fresh.used = 100;
  rows.put("old", old);
  rows.put("fresh", fresh);
  rows.save(folder.path() / "rows", "/one", 50);
  FingerprintRows loaded = FingerprintRows::load(folder.path() / "rows", "/one");
  BOOST_TEST(loaded.size() == 1U);
  BOOST_TEST(loaded.find("fresh") != nullptr);
}

BOOST_AUTO_TEST_CASE(many_threads_get_right_answers) {
  constexpr int k_files = 60;
  for (int i = 0; i < k_files; ++i)
    write_file_atomic(source / std::to_string(i), "content " + std::to_string(i));
  FingerprintIndex index(store, source);
  std::atomic<int> wrong = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < k_files; ++i) {
          struct stat status {};
          const fs::path path = source / std::to_string(i);
          if (::stat(path.c_str(), &status) != 0 ||
              index.sha256(path, status) != sha256_hex("content " + std::to_string(i)))
            ++wrong;
        }
      });
  }
  BOOST_TEST(wrong.load() == 0);
}

BOOST_AUTO_TEST_CASE(empty_and_large_files_are_hashed_right) {
  const std::string large(3'000'001, 'x');
  write_settled("empty", "");
  write_settled("large", large);
  FingerprintIndex index(store, source);
  BOOST_TEST(ask(index, "empty") == sha256_hex(""));
  BOOST_TEST(ask(index, "large") == sha256_hex(large));
}

BOOST_AUTO_TEST_CASE(a_file_outside_the_folder_is_remembered_too) {
  write_file_atomic(folder.path() / "outside", "content");
  settle(status_of(folder.path() / "outside"));
  FingerprintIndex index(store, source);
  const fs::path path = folder.path() / "outside";
  index.sha256(path, status_of(path));
  BOOST_TEST(index.sha256(path, status_of(path)) == sha256_hex("content"));
  BOOST_TEST(index.counts().by_stat == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

#include "store/layer_trees.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>

#include <chrono>
#include <thread>

#include "base/process.hpp"
#include "base/sha256.hpp"
#include "store/layer_links.hpp"
#include "store/sealed.hpp"
#include "store/sync_state.hpp"
#include "store/work_folder.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

enum class Compression { none, gzip, zstd, xz, bzip2 };

/// A layer as another tool packs it: GNU format, names of owners, folder entries.
std::string foreign_tar(Compression compression, const fs::path& file) {
  archive* writer = archive_write_new();
  archive_write_set_format_gnutar(writer);
  if (compression == Compression::gzip) archive_write_add_filter_gzip(writer);
  if (compression == Compression::zstd) archive_write_add_filter_zstd(writer);
  if (compression == Compression::xz) archive_write_add_filter_xz(writer);
  if (compression == Compression::bzip2) archive_write_add_filter_bzip2(writer);
  BOOST_REQUIRE(archive_write_open_filename(writer, file.c_str()) == ARCHIVE_OK);
  const std::string content(100'000, 'x');
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "etc/big");
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0640);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  archive_entry_set_uname(entry, "root");
  archive_write_header(writer, entry);
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_close(writer);
  archive_write_free(writer);
  return content;
}

fs::path link_of(const Store& store, const oci::Digest& diff_id) {
  return store.diffs() / diff_id.hex();
}

size_t entries_in(const fs::path& folder) {
  return static_cast<size_t>(
      std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

/// As if the tree had been made before the last boot, and never been synced.
void make_old(const Store& store, const oci::Digest& diff_id) {
  const fs::path born = store.diffs() / (diff_id.hex() + ".born");
  fs::remove(born);
  fs::create_symlink("00000000-1111-2222-3333-444444444444 5", born);
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(layer_trees, StoreFixture)

BOOST_AUTO_TEST_CASE(ids_are_twenty_characters_and_differ) {
  BOOST_TEST(new_layer_id().size() == 20U);
  BOOST_TEST(new_layer_id() != new_layer_id());
}

BOOST_AUTO_TEST_CASE(adopting_moves_a_folder_whatever_its_mode) {
  const fs::path folder_in_tmp = store.tmp() / "upper";
  write_file_atomic(folder_in_tmp / "file", "x");
  ::chmod(folder_in_tmp.c_str(), 0555);
  const fs::path tree = adopt_tree(store, runner, folder_in_tmp, "abc");
  BOOST_TEST(tree == store.layers() / "abc");
  BOOST_TEST(!fs::exists(folder_in_tmp));
  struct stat status {};
  BOOST_REQUIRE(::stat(tree.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 07777U) == 0555U);
}

BOOST_AUTO_TEST_CASE(a_stored_layer_is_a_blob_and_a_link) {
  const fs::path tree = make_tree("file", "content");
  const oci::LayerTar layer = store_layer(store, runner, tree);
  BOOST_TEST(sha256_hex_of_file(store.blob(layer.diff_id)) == layer.diff_id.hex());
  BOOST_TEST(fs::file_size(store.blob(layer.diff_id)) == layer.size);
  BOOST_TEST(layer.entries == 1U);
  BOOST_TEST(fs::read_symlink(link_of(store, layer.diff_id)) ==
             "../layers/" + tree.filename().string());
  BOOST_TEST(find_tree(store, layer.diff_id).value() == tree);
  BOOST_TEST(entries_in(store.tmp()) == 0U);
}

BOOST_AUTO_TEST_CASE(the_first_of_two_equal_trees_stays_linked) {
  const fs::path first = make_tree("file", "content");
  const oci::Digest digest = store_layer(store, runner, first).diff_id;
  const fs::path second = make_tree("file", "content");
  fs::last_write_time(second / "file", fs::last_write_time(first / "file"));
  fs::last_write_time(second, fs::last_write_time(first));
  BOOST_TEST((store_layer(store, runner, second).diff_id == digest));
  BOOST_TEST(find_tree(store, digest).value() == first);
}

BOOST_AUTO_TEST_CASE(the_hash_delay_is_a_minimum) {
  ::setenv("TRAINYARD_TEST_HASH_DELAY_MS", "30", 1);
  const auto start = std::chrono::steady_clock::now();
  make_layer("file", "slow");
  ::unsetenv("TRAINYARD_TEST_HASH_DELAY_MS");
  BOOST_TEST((std::chrono::steady_clock::now() - start >= std::chrono::milliseconds(30)));
}

BOOST_AUTO_TEST_CASE(trees_of_another_id_map_are_forgotten_and_unpacked_anew) {
  const oci::Digest digest = make_layer("file", "content").diff_id;
  const fs::path first = find_tree(store, digest).value();
  keep_trees_of_map(store, "full");
  BOOST_TEST(find_tree(store, digest).value() == first);
  keep_trees_of_map(store, "single");
  BOOST_TEST(!find_tree(store, digest).has_value());
  const fs::path second = ensure_tree(store, runner, digest).value();
  BOOST_TEST(second != first);
  keep_trees_of_map(store, "single");
  BOOST_TEST(find_tree(store, digest).value() == second);
  keep_trees_of_map(store, "full");
  BOOST_TEST(!find_tree(store, digest).has_value());
}

BOOST_AUTO_TEST_CASE(a_link_to_nothing_is_no_tree) {
  const oci::Digest digest = make_layer("file", "content").diff_id;
  fs::remove_all(find_tree(store, digest).value());
  BOOST_TEST(!find_tree(store, digest).has_value());
}

BOOST_AUTO_TEST_CASE(a_tree_that_is_gone_is_unpacked_from_its_blob) {
  const oci::Digest digest = make_layer("etc/file", "content").diff_id;
  const fs::path before = find_tree(store, digest).value();
  runner.calls = 0;
  BOOST_TEST(ensure_tree(store, runner, digest).value() == before);
  BOOST_TEST(runner.calls == 0);
  fs::remove_all(before);
  const auto tree = ensure_tree(store, runner, digest);
  BOOST_REQUIRE(tree.has_value());
  BOOST_TEST(read_file(*tree / "etc/file") == "content");
  BOOST_TEST((store_layer(store, runner, *tree).diff_id == digest));
}

BOOST_AUTO_TEST_CASE(without_tree_and_blob_there_is_nothing) {
  const oci::Digest digest = make_layer("file", "content").diff_id;
  fs::remove_all(find_tree(store, digest).value());
  fs::remove(store.blob(digest));
  BOOST_TEST(!ensure_tree(store, runner, digest).has_value());
}

BOOST_AUTO_TEST_CASE(a_damaged_blob_is_as_good_as_none_and_goes) {
  for (const size_t keep : {size_t{0}, size_t{100}, size_t{700}}) {
    const oci::Digest digest = make_layer("file", std::string(5000, 'c')).diff_id;
    fs::remove_all(find_tree(store, digest).value());
    spoil(store.blob(digest), keep);
    BOOST_TEST(!ensure_tree(store, runner, digest).has_value());
    BOOST_TEST(!store.has_blob(digest));
  }
  BOOST_TEST(entries_in(store.layers()) == 0U);
  BOOST_TEST(entries_in(store.tmp()) == 0U);
}

BOOST_AUTO_TEST_CASE(two_callers_at_once_unpack_once) {
  const oci::Digest digest = make_layer("file", "content").diff_id;
  fs::remove_all(find_tree(store, digest).value());
  std::vector<fs::path> trees(4);
  std::vector<LocalRunner> runners(4);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < trees.size(); ++i)
      threads.emplace_back(
          [&, i] { trees[i] = ensure_tree(store, runners[i], digest).value_or(""); });
  }
  int calls = 0;
  for (size_t i = 0; i < trees.size(); ++i) {
    BOOST_TEST(trees[i] == trees[0]);
    calls += runners[i].calls;
  }
  BOOST_TEST(calls == 1);
  BOOST_TEST(entries_in(store.layers()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_tree_of_another_boot_counts_only_if_it_was_synced) {
  const oci::Digest digest = make_layer("file", "content").diff_id;
  const fs::path old = find_tree(store, digest).value();
  make_old(store, digest);
  BOOST_TEST(!find_tree(store, digest).has_value());
  write_file_atomic(store.boots() / "00000000-1111-2222-3333-444444444444",
                    seal({{"synced_until", 5}}));
  BOOST_TEST(find_tree(store, digest).value() == old);
}

BOOST_AUTO_TEST_CASE(a_tree_that_is_not_trusted_is_made_again_from_its_blob) {
  const oci::Digest digest = make_layer("file", "content").diff_id;
  const fs::path old = find_tree(store, digest).value();
  write_file_atomic(old / "file", "");
  make_old(store, digest);
  const auto tree = ensure_tree(store, runner, digest);
  BOOST_REQUIRE(tree.has_value());
  BOOST_TEST(*tree != old);
  BOOST_TEST(read_file(*tree / "file") == "content");
  BOOST_TEST(!fs::exists(old));
}

BOOST_AUTO_TEST_CASE(foreign_layers_of_every_compression_keep_their_own_bytes) {
  const fs::path plain = folder.path() / "plain.tar";
  const std::string content = foreign_tar(Compression::none, plain);
  const std::string diff_id = sha256_hex_of_file(plain);
  for (const Compression compression : {Compression::none, Compression::gzip, Compression::zstd,
                                        Compression::xz, Compression::bzip2}) {
    const Store other =
        Store::open(folder.path() / ("store" + std::to_string(static_cast<int>(compression))));
    const fs::path file = folder.path() / "layer";
    fs::remove(file);
    foreign_tar(compression, file);
    const oci::LayerTar layer = take_layer(other, runner, file);
    BOOST_TEST(layer.diff_id.hex() == diff_id);
    BOOST_TEST(layer.size == fs::file_size(plain));
    BOOST_TEST(read_file(other.blob(layer.diff_id)) == read_file(plain));
    BOOST_TEST(read_file(find_tree(other, layer.diff_id).value() / "etc/big") == content);
    BOOST_TEST(entries_in(other.tmp()) == 0U);
  }
}

BOOST_AUTO_TEST_CASE(another_layer_than_expected_is_an_error_and_leaves_nothing) {
  const fs::path file = folder.path() / "layer";
  foreign_tar(Compression::gzip, file);
  const oci::Digest expected = oci::Digest::of("another");
  const std::string text = complaint_of([&] { take_layer(store, runner, file, expected); });
  BOOST_TEST(holds_text(text, file.string()));
  BOOST_TEST(holds_text(text, expected.str()));
  BOOST_TEST(entries_in(store.root() / "blobs/sha256") == 0U);
  BOOST_TEST(entries_in(store.layers()) == 0U);
  BOOST_TEST(entries_in(store.tmp()) == 0U);
}

BOOST_AUTO_TEST_CASE(a_layer_that_is_there_is_not_taken_again) {
  const fs::path file = folder.path() / "layer";
  foreign_tar(Compression::gzip, file);
  const oci::LayerTar layer = take_layer(store, runner, file);
  runner.calls = 0;
  const oci::LayerTar again = take_layer(store, runner, file, layer.diff_id);
  BOOST_TEST(runner.calls == 0);
  BOOST_TEST(again.size == layer.size);
  take_layer(store, runner, file);
  BOOST_TEST(entries_in(store.layers()) == 1U);
}

BOOST_AUTO_TEST_CASE(a_truncated_foreign_layer_is_an_error_that_names_it) {
  const fs::path file = folder.path() / "layer";
  for (const Compression compression : {Compression::gzip, Compression::zstd, Compression::xz}) {
    fs::remove(file);
    foreign_tar(compression, file);
    spoil(file, fs::file_size(file) / 2);
    BOOST_TEST(holds_text(complaint_of([&] { take_layer(store, runner, file); }), "layer"));
    BOOST_TEST(entries_in(store.root() / "blobs/sha256") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(trees_are_removed_by_one_job) {
  const fs::path first = make_tree("a", "x");
  const fs::path second = make_tree("b", "x");
  runner.calls = 0;
  remove_trees(runner, {first, second});
  BOOST_TEST(runner.calls == 1);
  BOOST_TEST(entries_in(store.layers()) == 0U);
  remove_trees(runner, {});
  BOOST_TEST(runner.calls == 1);
}

BOOST_AUTO_TEST_CASE(the_jobs_refuse_relative_paths_and_unknown_members) {
  BOOST_CHECK_THROW(runner.call("store.remove", {{"paths", {"relative"}}}), Error);
  BOOST_CHECK_THROW(runner.call("store.adopt", {{"from", "/a"}, {"to", "b"}}), Error);
  BOOST_CHECK_THROW(runner.call("store.adopt", {{"from", "/a"}, {"to", "/b"}, {"more", 1}}), Error);
}

BOOST_AUTO_TEST_SUITE_END()

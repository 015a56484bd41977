#include "store/step_records.hpp"

#include "base/process.hpp"
#include "base/sha256.hpp"
#include "store/sealed.hpp"
#include "store/sync_state.hpp"
#include "store_fixture.hpp"

using namespace trainyard;
using namespace trainyard::store;

namespace {

constexpr const char* k_other_boot = "00000000-1111-2222-3333-444444444444";

StepRecord a_record(const std::optional<oci::Digest>& diff_id = std::nullopt) {
  StepRecord record;
  record.diff_id = diff_id;
  record.size = 17;
  record.inputs = {{"argv", {"a", "b"}}};
  record.text = "RUN a b";
  record.seconds = 1.5;
  return record;
}

const std::string k_key = sha256_hex("a key");

fs::path file_of(const Store& store, const std::string& key) {
  return store.steps() / key.substr(0, 2) / (key + ".json");
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(step_records, StoreFixture)

BOOST_AUTO_TEST_CASE(a_record_comes_back) {
  put_step(store, k_key, a_record(oci::Digest::of("layer")));
  const auto found = find_step(store, k_key);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST((found->diff_id == oci::Digest::of("layer")));
  BOOST_TEST(found->size == 17U);
  BOOST_TEST(found->text == "RUN a b");
  BOOST_TEST(found->seconds == 1.5);
  BOOST_TEST((found->inputs == a_record().inputs));
  BOOST_TEST(found->boot_id == boot_id());
  BOOST_TEST(fs::exists(file_of(store, k_key)));
}

BOOST_AUTO_TEST_CASE(an_unknown_key_is_a_miss_and_a_path_is_no_key) {
  BOOST_TEST(!find_step(store, sha256_hex("other")).has_value());
  BOOST_CHECK_THROW(find_step(store, "../../etc/passwd"), Error);
  BOOST_CHECK_THROW(put_step(store, "a/b", a_record()), Error);
}

BOOST_AUTO_TEST_CASE(a_cut_or_empty_or_foreign_record_is_a_miss) {
  put_step(store, k_key, a_record());
  const std::string whole = read_file(file_of(store, k_key));
  for (const size_t size : {size_t{0}, size_t{1}, whole.size() / 2, whole.size() - 1}) {
    write_file_atomic(file_of(store, k_key), whole.substr(0, size));
    BOOST_TEST(!find_step(store, k_key).has_value());
  }
  std::string flipped = whole;
  flipped[whole.find("RUN")] = 'X';
  write_file_atomic(file_of(store, k_key), flipped);
  BOOST_TEST(!find_step(store, k_key).has_value());
  write_file_atomic(file_of(store, k_key), seal({{"of", "another version"}}));
  BOOST_TEST(!find_step(store, k_key).has_value());
  put_step(store, k_key, a_record());
  BOOST_TEST(find_step(store, k_key).has_value());
}

BOOST_AUTO_TEST_CASE(a_record_outlives_its_layer) {
  put_step(store, k_key, a_record(oci::Digest::of("never stored")));
  BOOST_TEST(find_step(store, k_key).has_value());
}

BOOST_AUTO_TEST_CASE(after_another_boot_a_record_without_its_blob_is_a_miss) {
  StepRecord record = a_record(oci::Digest::of("never stored"));
  record.boot_id = k_other_boot;
  put_step(store, k_key, record);
  BOOST_TEST(!find_step(store, k_key).has_value());
}

BOOST_AUTO_TEST_CASE(after_another_boot_a_record_counts_if_its_blob_is_whole) {
  StepRecord record = a_record(store.put_blob("layer"));
  record.boot_id = k_other_boot;
  put_step(store, k_key, record);
  spoil(store.blob(*record.diff_id), 2);
  BOOST_TEST(!find_step(store, k_key).has_value());
  store.put_blob("layer");
  const auto found = find_step(store, k_key);
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->synced);
  // From now on the blob is not read again.
  fs::remove(store.blob(*record.diff_id));
  BOOST_TEST(find_step(store, k_key).has_value());
}

BOOST_AUTO_TEST_CASE(after_another_boot_a_record_that_was_synced_counts) {
  StepRecord record = a_record(oci::Digest::of("never stored"));
  record.boot_id = k_other_boot;
  put_step(store, k_key, record);
  const int64_t after = Birth::now().since_boot;
  write_file_atomic(store.boots() / k_other_boot, seal({{"synced_until", after}}));
  BOOST_TEST(find_step(store, k_key).has_value());
  write_file_atomic(store.boots() / k_other_boot, seal({{"synced_until", 1}}));
  BOOST_TEST(!find_step(store, k_key).has_value());
  write_file_atomic(store.boots() / k_other_boot, "{\"synced_until\":9e18}");
  BOOST_TEST(!find_step(store, k_key).has_value());
}

BOOST_AUTO_TEST_CASE(syncing_covers_what_was_put_before_it_and_only_that) {
  const Birth before = Birth::now();
  put_step(store, k_key, a_record());
  sync_steps(store);
  const auto sealed = unseal(read_file(store.boots() / boot_id()));
  BOOST_REQUIRE(sealed.has_value());
  const int64_t until = sealed->at("synced_until").get<int64_t>();
  BOOST_TEST(until >= before.since_boot);
  BOOST_TEST(until <= Birth::now().since_boot);
}

BOOST_AUTO_TEST_CASE(syncing_without_anything_new_does_nothing) {
  sync_steps(store);
  BOOST_TEST(!fs::exists(store.boots() / boot_id()));
  put_step(store, k_key, a_record());
  sync_steps(store);
  const std::string first = read_file(store.boots() / boot_id());
  sync_steps(store);
  BOOST_TEST(read_file(store.boots() / boot_id()) == first);
}

BOOST_AUTO_TEST_CASE(facts_come_back_by_kind_and_key) {
  put_fact(store, "content", k_key, "sha256:abc\nsecond line");
  BOOST_TEST(find_fact(store, "content", k_key).value() == "sha256:abc\nsecond line");
  BOOST_TEST(!find_fact(store, "other", k_key).has_value());
  BOOST_TEST(!find_step(store, k_key).has_value());
  spoil(store.steps() / "content" / k_key.substr(0, 2) / k_key, 10);
  BOOST_TEST(!find_fact(store, "content", k_key).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

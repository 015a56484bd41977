#include "training/event_file.hpp"

#include <boost/test/unit_test.hpp>
#include <cmath>
#include <map>

#include "base/crc32c.hpp"
#include "base/file.hpp"
#include "event_records.hpp"

using namespace trainyard;
using namespace trainyard::training;
using namespace trainyard::training::testing;

namespace {

struct Read {
  EventFileEnd end;
  std::vector<ScalarEvent> events;
  std::map<std::string, double> values;
};

Read read(const std::string& bytes, uint64_t offset = 0) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "e", bytes);
  Read result;
  const UniqueFd fd = open_for_reading(folder.path() / "e");
  result.end = read_events(fd.get(), offset, "e", [&result](const ScalarEvent& event) {
    result.events.push_back(event);
    result.values[event.tag] = event.value;
  });
  return result;
}

std::string little_endian(uint64_t value, size_t bytes) {
  std::string text;
  for (size_t i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

std::string checksum(const std::string& bytes) {
  const uint32_t crc = crc32c(bytes);
  return little_endian(((crc >> 15) | (crc << 17)) + 0xa282ead8U, 4);
}

std::string record(const std::string& content) {
  const std::string length = little_endian(content.size(), 8);
  return length + checksum(length) + content + checksum(content);
}

const std::string k_good =
    from_hex(k_version) + from_hex(k_loss) + from_hex(k_tensors) + from_hex(k_nan);

}  // namespace

BOOST_AUTO_TEST_SUITE(event_file)

BOOST_AUTO_TEST_CASE(scalars_are_read_in_all_forms_and_nothing_else) {
  const Read found = read(k_good);
  BOOST_TEST(found.end.offset == k_good.size());
  BOOST_TEST(found.end.complaint.empty());
  BOOST_TEST(found.end.passed_over == 0U);
  const std::map<std::string, double> tensors{
      {"float_val", 0.25}, {"content", -1.5}, {"double", 1e-9}, {"int64", -3},
      {"half", 1},         {"bfloat", -1},    {"one", 7}};
  for (const auto& [tag, value] : tensors) BOOST_TEST(found.values.at(tag) == value, tag);
  BOOST_TEST(found.values.size() == tensors.size() + 1);
  BOOST_TEST(found.events.front().tag == "loss/train");
  BOOST_TEST(found.events.front().value == 0.5);
  BOOST_TEST(found.events.front().step == 1);
  BOOST_TEST(found.events.front().wall_time == 1700000001.5);
  BOOST_TEST(std::isnan(found.events.back().value));
}

BOOST_AUTO_TEST_CASE(a_file_cut_anywhere_gives_its_complete_records) {
  const size_t first = from_hex(k_version).size();
  const size_t second = first + from_hex(k_loss).size();
  for (size_t length = 1; length < second + 20; ++length) {
    const Read found = read(k_good.substr(0, length));
    const bool whole = length == first || length == second;
    BOOST_TEST(found.end.is_cut_short == !whole, length);
    BOOST_TEST(found.end.complaint.empty() == whole, length);
    BOOST_TEST(found.events.size() == (length < second ? 0U : 1U), length);
    BOOST_TEST(found.end.offset == (length < first ? 0U : length < second ? first : second));
  }
}

BOOST_AUTO_TEST_CASE(reading_goes_on_where_it_ended) {
  const size_t first = from_hex(k_version).size() + from_hex(k_loss).size();
  const Read found = read(k_good, first);
  BOOST_TEST(found.events.front().step == 2);
  BOOST_TEST(read(k_good, k_good.size()).events.empty());
}

BOOST_AUTO_TEST_CASE(a_record_of_damaged_content_is_passed_over) {
  std::string damaged = k_good;
  damaged[from_hex(k_version).size() + 30] ^= 1;
  const Read found = read(damaged);
  BOOST_TEST(found.end.passed_over == 1U);
  BOOST_TEST(found.end.complaint.empty());
  BOOST_TEST(found.events.front().step == 2);
}

BOOST_AUTO_TEST_CASE(a_damaged_length_ends_the_reading) {
  std::string damaged = k_good;
  const size_t second = from_hex(k_version).size();
  for (const size_t at : {second, second + 7, second + 9}) {
    std::string bytes = damaged;
    bytes[at] ^= 1;
    const Read found = read(bytes);
    BOOST_TEST(found.end.complaint == "no record begins at byte 45");
    BOOST_TEST(!found.end.is_cut_short);
    BOOST_TEST(found.events.empty());
    BOOST_TEST(found.end.offset == second);
  }
}

BOOST_AUTO_TEST_CASE(a_length_beyond_the_file_takes_no_memory) {
  for (const uint64_t size : {uint64_t{1} << 40, UINT64_MAX, UINT64_MAX - 3, uint64_t{6}}) {
    const std::string length = little_endian(size, 8);
    BOOST_TEST(read(length + checksum(length) + "12345").end.is_cut_short, size);
  }
}

BOOST_AUTO_TEST_CASE(a_large_record_is_passed_without_a_word_and_its_content_checked) {
  std::string large = record("\x1a\xff\xff\xff\x01" + std::string((4 << 20) - 1, 'x'));
  BOOST_TEST(read(large + k_good).values.at("half") == 1);
  BOOST_TEST(read(large + k_good).end.passed_over == 0U);
  large[1 << 20] = 'y';
  BOOST_TEST(read(large + k_good).end.passed_over == 1U);
}

BOOST_AUTO_TEST_CASE(what_is_no_message_is_passed_over) {
  // A field that is longer than the message, a wire type that there is not, a field of another
  // type.
  for (const char* content : {"\x2a\x7fxx", "\x0f", "\x2a\x03\x0a\x7fx", "\x2a"})
    BOOST_TEST(read(record(content)).end.passed_over == 1U);
  const std::string other_types = "\x08\x01\x15zzzz\x2a\x02\x08\x01\x2a\x04\x0a\x02\x10\x01";
  BOOST_TEST(read(record(other_types)).end.passed_over == 0U);
  BOOST_TEST(read(record(other_types)).events.empty());
  BOOST_TEST(read("").end.complaint.empty());
}

BOOST_AUTO_TEST_CASE(every_flipped_byte_is_survived) {
  for (size_t at = 0; at < k_good.size(); ++at) {
    std::string bytes = k_good;
    bytes[at] ^= 0x41;
    const Read found = read(bytes);
    BOOST_TEST(found.end.passed_over + (found.end.complaint.empty() ? 0 : 1) >= 1U, at);
  }
}

BOOST_AUTO_TEST_CASE(messages_with_flipped_bytes_are_survived) {
  const std::string content = from_hex(k_tensors).substr(12);
  for (size_t at = 0; at + 4 < content.size(); ++at) {
    std::string bytes = content.substr(0, content.size() - 4);
    for (const char change : {'\x01', '\x80', '\xff'}) {
      bytes[at] ^= change;
      BOOST_TEST(read(record(bytes)).end.complaint.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(files_are_known_by_their_names) {
  BOOST_TEST(is_event_file("events.out.tfevents.1700000000.host.1.0"));
  BOOST_TEST(is_event_file("logs/a/events.out.tfevents.1"));
  BOOST_TEST(!is_event_file("tfevents/metrics.csv"));
}

BOOST_AUTO_TEST_SUITE_END()

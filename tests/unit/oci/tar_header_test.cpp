#include "oci/tar_header.hpp"

#include <boost/test/unit_test.hpp>

#include "base/sha256.hpp"

using namespace trainyard;
using namespace trainyard::oci;

BOOST_AUTO_TEST_SUITE(tar_header)

/// Field of the last block: the entry's own.
std::string field(const std::string& header, size_t offset, size_t size) {
  return header.substr(header.size() - k_tar_block).substr(offset, size);
}
std::string name_of(const std::string& header) {
  return field(header, 0, 100).c_str();
}
std::string prefix_of(const std::string& header) {
  return field(header, 345, 155).c_str();
}
/// Records of the extended header; empty when there is none.
std::string records_of(const std::string& header) {
  return header.size() == k_tar_block ? "" : std::string(header.substr(k_tar_block).c_str());
}

BOOST_AUTO_TEST_CASE(a_plain_file_is_one_block_with_these_bytes) {
  const std::string header = encode_tar_header(
      {.name = "etc/hostname", .mode = 0640, .uid = 1, .gid = 8, .size = 5, .seconds = 315532800});
  std::string expected(512, '\0');
  const auto put = [&](size_t at, const std::string& text) {
    expected.replace(at, text.size(), text);
  };
  put(0, "etc/hostname");
  put(100, "0000640");
  put(108, "0000001");
  put(116, "0000010");
  put(124, "00000000005");
  put(136, "02263523000");
  put(156, "0");
  put(257, std::string("ustar\0"
                       "00",
                       8));
  put(329, "0000000");
  put(337, "0000000");
  put(148, "        ");
  unsigned sum = 0;
  for (const char c : expected) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, digits);
  expected[154] = '\0';
  BOOST_TEST((header == expected));
}

BOOST_AUTO_TEST_CASE(the_bytes_of_an_entry_with_everything_never_change) {
  const std::string header = encode_tar_header({.name = std::string(300, 'n'),
                                                .type = TarEntry::Type::hard_link,
                                                .mode = 04755,
                                                .uid = 4000000000,
                                                .gid = 3000000,
                                                .size = uint64_t{1} << 40,
                                                .seconds = 1700000000,
                                                .nanoseconds = 120000000,
                                                .link_target = std::string(101, 't'),
                                                .xattrs = {{"user.b", "2"}, {"user.a", "x\ny"}}});
  BOOST_TEST(records_of(header) ==
             "27 SCHILY.xattr.user.a=x\ny\n25 SCHILY.xattr.user.b=2\n"
             "15 gid=3000000\n115 linkpath=" +
                 std::string(101, 't') + "\n23 mtime=1700000000.12\n310 path=" +
                 std::string(300, 'n') + "\n22 size=1099511627776\n18 uid=4000000000\n");
  BOOST_TEST(sha256_hex(header) ==
             "482c41991e37e4c903cb9ee9f324c53b69d85c77e4ec6901e05fb5c41ae5c1d8");
}

BOOST_AUTO_TEST_CASE(a_name_of_100_bytes_fits_and_of_101_is_split_or_recorded) {
  const std::string exact(100, 'a');
  BOOST_TEST(field(encode_tar_header({.name = exact}), 0, 100) == exact);
  BOOST_TEST(encode_tar_header({.name = exact}).size() == k_tar_block);

  const std::string split = encode_tar_header({.name = "f/" + exact});
  BOOST_TEST(split.size() == k_tar_block);
  BOOST_TEST(prefix_of(split) == "f");
  BOOST_TEST(field(split, 0, 100) == exact);

  const std::string long_name = exact + "a";
  BOOST_TEST(records_of(encode_tar_header({.name = long_name})) == "111 path=" + long_name + "\n");
}

BOOST_AUTO_TEST_CASE(a_name_splits_at_its_last_slash_that_the_prefix_can_reach) {
  const std::string header =
      encode_tar_header({.name = std::string(155, 'p') + "/" + std::string(99, 'n')});
  BOOST_TEST(header.size() == k_tar_block);
  BOOST_TEST(prefix_of(header) == std::string(155, 'p'));
  const std::string folder = encode_tar_header(
      {.name = "a/" + std::string(99, 'd') + "/", .type = TarEntry::Type::directory});
  BOOST_TEST(prefix_of(folder) == "a");
  BOOST_TEST(field(folder, 0, 100) == std::string(99, 'd') + "/");
  BOOST_TEST(records_of(encode_tar_header({.name = std::string(156, 'p') + "/n"})) ==
             "168 path=" + std::string(156, 'p') + "/n\n");
}

BOOST_AUTO_TEST_CASE(numbers_that_octal_fields_hold_are_not_recorded) {
  TarEntry most;
  most.name = "x";
  most.uid = most.gid = 07777777;
  most.size = 077777777777;
  most.seconds = 077777777777;
  BOOST_TEST(encode_tar_header(most).size() == k_tar_block);
  most.uid++, most.gid++, most.size++, most.seconds++;
  BOOST_TEST(records_of(encode_tar_header(most)) ==
             "15 gid=2097152\n20 mtime=8589934592\n19 size=8589934592\n15 uid=2097152\n");
}

BOOST_AUTO_TEST_CASE(times_before_1970_are_recorded_in_whole_seconds) {
  BOOST_TEST(records_of(encode_tar_header(
                 {.name = "x", .seconds = -2, .nanoseconds = 500000000})) == "12 mtime=-2\n");
}

BOOST_AUTO_TEST_SUITE_END()

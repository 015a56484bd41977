#include "base/sha256.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;

BOOST_AUTO_TEST_SUITE(sha256)

// FIPS 180-4 examples.
BOOST_AUTO_TEST_CASE(known_values) {
  BOOST_TEST(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  BOOST_TEST(sha256_hex("abc") ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  BOOST_TEST(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
             "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

BOOST_AUTO_TEST_CASE(a_stream_gives_the_same_however_it_is_cut) {
  const std::string data(1000, 'x');
  Sha256 hash;
  for (size_t at = 0; at < data.size(); at += 17)
    hash.update(std::string_view(data).substr(at, 17));
  Sha256 moved = std::move(hash);
  BOOST_TEST(moved.hex() == sha256_hex(data));
}

BOOST_AUTO_TEST_CASE(a_file_is_hashed_to_its_end) {
  const TemporaryDirectory folder;
  const std::string data(600'001, 'y');
  write_file_atomic(folder.path() / "file", data);
  BOOST_TEST(sha256_hex_of_file(folder.path() / "file") == sha256_hex(data));
  BOOST_CHECK_THROW(sha256_hex_of_file(folder.path() / "missing"), Error);
  BOOST_CHECK_THROW(sha256_hex_of_file(folder.path()), Error);
}

BOOST_AUTO_TEST_SUITE_END()

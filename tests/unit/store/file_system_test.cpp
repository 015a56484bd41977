#include "store/file_system.hpp"

#include <boost/test/unit_test.hpp>

using trainyard::store::unfit_file_system;

BOOST_AUTO_TEST_SUITE(file_system)

BOOST_AUTO_TEST_CASE(network_file_systems_are_unfit) {
  BOOST_TEST(unfit_file_system(0x6969).value() == "NFS");
  BOOST_TEST(unfit_file_system(0xFF534D42).value() == "CIFS");
}

BOOST_AUTO_TEST_CASE(a_number_that_was_sign_extended_is_known) {
  BOOST_TEST(unfit_file_system(0xFFFFFFFFFE534D42ULL).value() == "SMB 2");
}

BOOST_AUTO_TEST_CASE(local_file_systems_are_fit) {
  for (const uint64_t type :
       {0xEF53ULL, 0x58465342ULL, 0x9123683EULL, 0x01021994ULL, 0x794C7630ULL})
    BOOST_TEST(!unfit_file_system(type).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

#include "build/dynamic_loader.hpp"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/process.hpp"

using namespace trainyard;
using namespace trainyard::build;

BOOST_AUTO_TEST_SUITE(dynamic_loader)

BOOST_AUTO_TEST_CASE(the_cache_is_read_in_both_its_forms_and_special_hardware_is_left_out) {
  const auto number = [](auto value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof value);
  };
  using namespace std::string_literals;
  const std::string strings = "liba.so\0/fast/liba.so\0/plain/liba.so\0"s;
  const uint32_t start = 48 + 2 * 24;
  const auto entry = [&](uint32_t value, uint64_t hardware) {
    return number(uint32_t{0x0303}) + number(start) + number(start + value) + number(uint32_t{0}) +
           number(hardware);
  };
  const std::string modern = "glibc-ld.so.cache1.1"s + number(uint32_t{2}) +
                             number(static_cast<uint32_t>(strings.size())) + std::string(20, '\0') +
                             entry(8, 1) + entry(22, 0) + strings;
  const std::vector<std::string> expected = {"/plain/liba.so"};
  BOOST_TEST(find_in_loader_cache(modern, "liba.so") == expected, boost::test_tools::per_element());
  const std::string old =
      "ld.so-1.7.0\0"s + number(uint32_t{1}) + std::string(12, '\0') + "\0\0\0\0"s;
  BOOST_TEST(find_in_loader_cache(old + modern, "liba.so") == expected,
             boost::test_tools::per_element());
  BOOST_TEST(find_in_loader_cache(modern, "libb.so").empty());
  for (size_t length = 0; length < start; ++length)
    BOOST_TEST(find_in_loader_cache(modern.substr(0, length), "liba.so").empty());
}

BOOST_AUTO_TEST_CASE(tokens_are_replaced_as_the_loader_does) {
  LoaderTraits traits;
  traits.lib = "lib/x86_64-linux-gnu";
  traits.platform = "x86_64";
  const auto expand = [&](const std::string& text) {
    return expand_loader_tokens(text, "/o", traits);
  };
  BOOST_TEST(expand("$ORIGIN/../$LIB") == "/o/../lib/x86_64-linux-gnu");
  BOOST_TEST(expand("${ORIGIN}x/${PLATFORM}") == "/ox/x86_64");
  BOOST_TEST(expand("$ORIGINAL/$X/${LIB/$") == "$ORIGINAL/$X/${LIB/$");
}

BOOST_AUTO_TEST_CASE(the_default_folders_are_read_from_the_loader) {
  const ElfFile self = read_elf(own_executable());
  const LoaderTraits traits = read_loader_traits(self.interpreter, self.machine);
  BOOST_TEST(!traits.default_folders.empty());
  BOOST_TEST(traits.library_folder.starts_with("/usr/lib"));
  BOOST_TEST("/usr/" + traits.lib == traits.library_folder);
  BOOST_TEST(traits.reads_cache);
}

BOOST_AUTO_TEST_SUITE_END()

#include "build/file_copy.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;

BOOST_AUTO_TEST_CASE(an_error_names_the_file_that_was_being_written) {
  const TemporaryDirectory folder;
  for (const size_t size : {size_t{100}, size_t{9} << 20}) {
    const std::string text(size, 'x');
    write_file_atomic(folder.path() / "source", text);
    const UniqueFd in = open_for_reading(folder.path() / "source");
    const UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    BOOST_CHECK_EXCEPTION(
        build::copy_data(in.get(), full.get(), "source", "/data/target", {size, fingerprint(text)}),
        Error, [](const Error& error) { return error.subject() == "/data/target"; });
  }
}

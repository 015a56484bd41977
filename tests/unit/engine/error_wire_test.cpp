#include "engine/native/error_wire.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "base/error.hpp"
#include "engine/engine.hpp"

using namespace trainyard;
using namespace trainyard::engine;
using namespace trainyard::engine::native;

BOOST_AUTO_TEST_CASE(an_error_keeps_all_its_parts) {
  const Error sent = Error("reading", "a.json", "it is cut", "write it again", ExitCode::usage)
                         .with_excerpt("{ <- here");
  try {
    throw_error_of(error_to_json(sent));
  } catch (const Error& received) {
    BOOST_TEST(received.render() == sent.render());
    BOOST_TEST(static_cast<int>(received.code()) == 2);
    return;
  }
  BOOST_FAIL("nothing was thrown");
}

BOOST_AUTO_TEST_CASE(a_command_that_was_not_found_keeps_its_type_and_exit_code) {
  const CommandNotExecutable sent(127, "nosuch", "not in PATH", "install it");
  try {
    throw_error_of(error_to_json(sent));
  } catch (const CommandNotExecutable& received) {
    BOOST_TEST(received.exit_code() == 127);
    BOOST_TEST(received.render() == sent.render());
    return;
  }
  BOOST_FAIL("another type was thrown");
}

BOOST_AUTO_TEST_CASE(any_other_exception_becomes_an_error_with_its_text) {
  BOOST_CHECK_EXCEPTION(throw_error_of(error_to_json(std::runtime_error("odd"))), Error,
                        [](const Error& error) { return error.cause() == "odd"; });
}

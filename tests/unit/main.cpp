#define BOOST_TEST_MODULE trainyard
#include <boost/test/unit_test.hpp>
#include <cstdio>

namespace {

// A test's forked child ends by _exit, which writes out stdio's buffers under ThreadSanitizer: what
// the parent left in them would be the child's output.
[[maybe_unused]] const int k_line_buffered = std::setvbuf(stdout, nullptr, _IOLBF, 0);

}  // namespace

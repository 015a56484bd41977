#include "base/block_pipe.hpp"

#include <boost/test/unit_test.hpp>
#include <cstring>
#include <stdexcept>
#include <string>

using namespace trainyard;

namespace {

BlockPipe::Block filled_with(BlockPipe::Block block, const std::string& text) {
  std::memcpy(block.data(), text.data(), text.size());
  return block;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(block_pipe)

BOOST_AUTO_TEST_CASE(blocks_arrive_whole_and_in_order) {
  std::string seen;
  std::string sent;
  BlockPipe pipe([&seen](std::string_view text) { seen += text; }, 3);
  BlockPipe::Block block(8);
  for (int i = 0; i < 5000; ++i) {
    const std::string text = std::to_string(i);
    sent += text;
    block = pipe.exchange(filled_with(std::move(block), text), text.size());
    BOOST_REQUIRE(block.size() == 8U);
  }
  pipe.finish();
  BOOST_TEST(seen == sent);
}

BOOST_AUTO_TEST_CASE(a_failure_of_the_second_thread_reaches_the_first) {
  BlockPipe pipe([](std::string_view) { throw std::runtime_error("no"); }, 2);
  const auto feed = [&pipe] {
    BlockPipe::Block block(8);
    for (int i = 0; i < 10; ++i) block = pipe.exchange(std::move(block), 8);
  };
  BOOST_CHECK_THROW(feed(), std::runtime_error);
  BOOST_CHECK_THROW(pipe.finish(), std::runtime_error);
}

BOOST_AUTO_TEST_CASE(it_can_be_left_with_blocks_under_way) {
  BlockPipe pipe([](std::string_view) {}, 4);
  pipe.exchange(BlockPipe::Block(8), 8);
}

BOOST_AUTO_TEST_SUITE_END()

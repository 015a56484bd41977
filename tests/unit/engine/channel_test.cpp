#include "engine/native/channel.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <thread>

#include "base/error.hpp"
#include "base/file.hpp"

using namespace trainyard;
using namespace trainyard::engine::native;

BOOST_AUTO_TEST_CASE(a_message_of_megabytes_arrives_whole) {
  auto [a, b] = Channel::make_pair();
  Channel sending(std::move(a));
  Channel receiving(std::move(b));
  const Json body = {{"text", std::string(5 << 20, 'x')}};
  std::thread sender([&] { sending.send(body); });
  const auto message = receiving.receive();
  sender.join();
  BOOST_REQUIRE(message.has_value());
  BOOST_TEST((message->body == body));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf8_arrive_as_they_are) {
  auto [a, b] = Channel::make_pair();
  const std::string bytes("\xff\xfe\x00 z", 5);
  Channel(std::move(a)).send({{"argv", {bytes}}});
  Channel receiving(std::move(b));
  BOOST_TEST((receiving.receive()->body.at("argv").at(0).get<std::string>() == bytes));
}

BOOST_AUTO_TEST_CASE(descriptors_travel_with_their_message) {
  auto [a, b] = Channel::make_pair();
  Channel sending(std::move(a));
  Channel receiving(std::move(b));
  int pipe_fds[2];
  BOOST_REQUIRE_EQUAL(::pipe(pipe_fds), 0);
  const UniqueFd reading(pipe_fds[0]);
  UniqueFd writing(pipe_fds[1]);
  sending.send({{"n", 1}}, {writing.get()});
  writing.reset();
  auto message = receiving.receive();
  BOOST_REQUIRE(message.has_value());
  BOOST_REQUIRE_EQUAL(message->fds.size(), 1U);
  write_all(message->fds[0].get(), "through", "pipe");
  message->fds.clear();
  BOOST_TEST(read_all(reading.get(), "pipe") == "through");
}

BOOST_AUTO_TEST_CASE(the_end_of_the_other_side_is_no_message_and_an_error_for_a_sender) {
  auto [a, b] = Channel::make_pair();
  Channel left(std::move(a));
  b.reset();
  BOOST_TEST(!left.receive().has_value());
  BOOST_CHECK_THROW(left.send({{"n", 1}}), Error);
}

#include "cli/completion.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "../scoped_variable.hpp"
#include "../store/store_fixture.hpp"
#include "cli/option_table.hpp"

using namespace trainyard;
using namespace trainyard::cli;

namespace {

using Words = std::vector<std::string>;
constexpr const char* k_breaks = " \t\n\"'><=;|&(:";

struct StoreWithImages : store::StoreFixture {
  testing::ScopedVariable named{"TRAINYARD_STORE", store.root().c_str()};
  StoreWithImages() { make_image({}, {"lab/base:2", "lab/other:1"}); }

  void expect(const std::string& line, const Words& wanted, const std::string& breaks = k_breaks) {
    const Words words = complete(line, breaks).words;
    BOOST_TEST_CONTEXT(line) BOOST_TEST(words == wanted, boost::test_tools::per_element());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(completion, StoreWithImages)

BOOST_AUTO_TEST_CASE(a_word_is_completed_behind_what_the_shell_took_for_another) {
  expect("trainyard inspect lab/b", {"lab/base:2"});
  expect("trainyard inspect lab/base:", {"2"});
  expect("trainyard inspect lab/base:", {"lab/base:2"}, " ");
  expect("trainyard inspect 'lab/base:", {"lab/base:2"});
  expect("trainyard inspect lab\\/ba", {"lab/base:2"});
  expect("trainyard build --progress=j", {"json"});
  expect("trainyard build --progress=j", {"--progress=json"}, " ");
}

BOOST_AUTO_TEST_CASE(operands_are_counted_without_options_and_their_values) {
  expect("trainyard run --name x -e A=lab -it lab/o", {"lab/other:1"});
  expect("trainyard rmi lab/base:2 \"lab/o\"", {"lab/other:1"});
  expect("trainyard history lab/base:2 lab", {});
  expect("trainyard init -- c", {"cpp"});
}

BOOST_AUTO_TEST_CASE(what_the_container_gets_is_no_option_of_ours) {
  expect("trainyard run lab/base:2 --net", {});
  expect("trainyard run lab/base:2 ls lab", {});
  BOOST_TEST((complete("trainyard run lab/base:2 ls ", k_breaks).otherwise ==
              Completion::Otherwise::files));
}

BOOST_AUTO_TEST_CASE(commands_that_only_the_tool_calls_are_not_shown) {
  expect("trainyard internal-", {});
  expect("trainyard internal-supervisor --", {});
  expect("trainyard", {});
}

BOOST_AUTO_TEST_CASE(every_command_says_what_it_takes_and_does_nothing_when_it_is_asked) {
  for (const Command& command : all_commands()) {
    if (*command.summary == '\0') continue;
    const OptionTable table = option_table(command);
    BOOST_TEST_CONTEXT(command.name) {
      BOOST_TEST(!table.description.empty());
      BOOST_TEST(find_option(table, "--help") != nullptr);
      BOOST_TEST(table.usage.starts_with("[OPTIONS]"));
      for (const OptionRow& row : table.options)
        BOOST_TEST(row.value != "TEXT");  // CLI11's word for an option without type_name()
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

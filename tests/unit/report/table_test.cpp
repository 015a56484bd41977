#include "report/table.hpp"

#include <boost/test/unit_test.hpp>

using trainyard::report::Table;

BOOST_AUTO_TEST_SUITE(table)

BOOST_AUTO_TEST_CASE(columns_start_below_each_other_and_the_last_one_is_not_padded) {
  Table table({"IMAGE", "SIZE", "MADE"});
  table.add({"trainer:latest", "5.3 MB", "today"});
  table.add({"x", "812 B", "yesterday"});
  BOOST_TEST(table.render() ==
             "IMAGE           SIZE    MADE\n"
             "trainer:latest  5.3 MB  today\n"
             "x               812 B   yesterday\n");
}

BOOST_AUTO_TEST_CASE(letters_of_several_bytes_take_one_column) {
  Table table({"NAME", "ACCURACY"});
  table.add({"größe", "0.9"});
  table.add({"gross", "0.8"});
  table.add({"模型", "0.7"});
  BOOST_TEST(table.render() ==
             "NAME   ACCURACY\n"
             "größe  0.9\n"
             "gross  0.8\n"
             "模型     0.7\n");
}

BOOST_AUTO_TEST_CASE(a_short_row_is_filled_and_a_long_one_cut_to_the_headings) {
  Table table({"A", "B"});
  table.add({"1"});
  table.add({"1", "2", "3"});
  BOOST_TEST(table.render() == "A  B\n1  \n1  2\n");
}

BOOST_AUTO_TEST_CASE(a_table_without_rows_is_its_headings) {
  BOOST_TEST(Table({"RUN", "STATE"}).render() == "RUN  STATE\n");
}

BOOST_AUTO_TEST_SUITE_END()

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "cli/command.hpp"
#include "cli/version.hpp"
#include "complaint.hpp"

using namespace trainyard;
using namespace trainyard::cli;
using testing::complaint_of;

namespace {

struct Workplace {
  TemporaryDirectory folder;
  fs::path project = folder.path() / "my first project";
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(init_command_words, Workplace)

BOOST_AUTO_TEST_CASE(every_file_of_the_template_is_there_with_the_project_named_by_its_folder) {
  BOOST_TEST(init_command({"cpp", project.string()}) == 0);
  const fs::path original = fs::path(k_source_templates) / "cpp";
  size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(original)) {
    if (!entry.is_regular_file()) continue;
    const fs::path copy = project / fs::relative(entry.path(), original);
    BOOST_REQUIRE_MESSAGE(fs::exists(copy), copy);
    BOOST_TEST(read_file(copy).find("@PROJECT@") == std::string::npos);
    ++files;
  }
  BOOST_TEST(files > 1U);
  BOOST_TEST(read_file(project / "CMakeLists.txt").find("project(my_first_project") !=
             std::string::npos);
  BOOST_TEST(read_file(project / "train.cpp") == read_file(original / "train.cpp"));
}

BOOST_AUTO_TEST_CASE(an_empty_folder_is_taken) {
  fs::create_directory(project);
  BOOST_TEST(init_command({"cpp", project.string()}) == 0);
  BOOST_TEST(fs::exists(project / "CMakeLists.txt"));
}

BOOST_AUTO_TEST_CASE(a_folder_with_something_in_it_is_left_alone) {
  write_file_atomic(project / "thesis.tex", "years of work");
  const auto complaint = complaint_of([&] { init_command({"cpp", project.string()}); });
  BOOST_TEST((complaint.code == ExitCode::usage));
  BOOST_TEST(complaint.names(project.string()));
  BOOST_TEST(!fs::exists(project / "CMakeLists.txt"));
  BOOST_TEST(read_file(project / "thesis.tex") == "years of work");
}

BOOST_AUTO_TEST_CASE(a_file_in_the_folders_place_is_left_alone) {
  write_file_atomic(project, "a file");
  const auto complaint = complaint_of([&] { init_command({"cpp", project.string()}); });
  BOOST_TEST((complaint.code == ExitCode::usage));
  BOOST_TEST(read_file(project) == "a file");
}

BOOST_AUTO_TEST_CASE(an_unknown_template_is_a_usage_error_that_lists_them) {
  const auto complaint = complaint_of([&] { init_command({"cobol", project.string()}); });
  BOOST_TEST((complaint.code == ExitCode::usage));
  BOOST_TEST(complaint.names("\"cobol\""));
  BOOST_TEST(complaint.names("templates: cpp"));
  BOOST_TEST(!fs::exists(project));
}

BOOST_AUTO_TEST_CASE(without_template_or_folder_it_says_what_it_takes) {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, std::vector<std::string>{"cpp"}}) {
    const auto complaint = complaint_of([&] { init_command(words); });
    BOOST_TEST((complaint.code == ExitCode::usage));
    BOOST_TEST(complaint.names("trainyard init TEMPLATE DIR"));
  }
}

BOOST_AUTO_TEST_SUITE_END()

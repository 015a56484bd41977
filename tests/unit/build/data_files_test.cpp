#include "build/data_files.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/process.hpp"
#include "build/elf_imports.hpp"
#include "build/executable_closure.hpp"

using namespace trainyard;
using namespace trainyard::build;

namespace {

struct Compiled {
  TemporaryDirectory folder;

  fs::path compile(const std::string& name, const std::string& text,
                   const std::vector<std::string>& options = {}) {
    const fs::path source = folder.path() / (name + ".cpp"), output = folder.path() / name;
    write_file_atomic(source, text);
    std::vector<std::string> argv = {"c++", "-std=c++17", "-O1", "-o", output, source};
    argv.insert(argv.end(), options.begin(), options.end());
    const Captured result = capture(argv);
    BOOST_REQUIRE_MESSAGE(result.status.success(), result.err);
    return output;
  }
};

bool holds(const Closure& closure, const std::string& target) {
  return std::ranges::find(closure.files, target, &ClosureFile::target) != closure.files.end();
}

bool holds_below(const Closure& closure, const std::string& folder) {
  return std::ranges::any_of(
      closure.files, [&](const ClosureFile& file) { return lies_within(file.target, folder); });
}

std::string cause_of(const fs::path& library) {
  try {
    read_data(library);
    return "accepted";
  } catch (const Error& error) {
    return error.what() + ("; hint: " + error.hint());
  }
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

constexpr const char* k_hour =
    "#include <ctime>\nint hour(std::time_t t) { return std::localtime(&t)->tm_hour; }\n";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(data_files, Compiled)

BOOST_AUTO_TEST_CASE(imports_are_what_is_called_and_not_what_is_defined) {
  const auto library = compile("library", k_hour, {"-shared", "-fPIC"});
  BOOST_TEST(read_elf_imports(library).contains("localtime"));
  BOOST_TEST(!read_elf_imports(library).contains("_Z4houri"));
  for (const char* hash : {"-Wl,--hash-style=gnu", "-Wl,--hash-style=sysv"})
    for (const char* kind : {"-pie", "-no-pie"}) {
      const auto program = compile(
          "program", "#include <clocale>\nint main() { return !setlocale(LC_ALL, \"\"); }\n",
          {hash, kind, "-s"});
      BOOST_TEST(read_elf_imports(program).contains("setlocale"));
      BOOST_TEST(!read_elf_imports(program).contains("localtime"));
    }
  const auto alone = compile("alone", "int main() {}\n", {"-static"});
  BOOST_TEST(read_elf_imports(alone).empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_object_gives_imports_or_an_error) {
  const auto library = compile("library", k_hour, {"-shared", "-fPIC"});
  const std::string intact = read_file(library);
  const auto refused = [](const fs::path& path) {
    try {
      read_elf_imports(path);
      return false;
    } catch (const Error&) {
      return true;
    }
  };
  int errors = 0;
  for (size_t at = 16; at < intact.size(); at += 61) {
    std::string damaged = intact;
    for (size_t i = at; i < std::min(at + 8, damaged.size()); ++i) damaged[i] = '\xff';
    write_file_atomic(folder.path() / "damaged", damaged);
    errors += refused(folder.path() / "damaged");
    write_file_atomic(folder.path() / "cut", intact.substr(0, at));
    errors += refused(folder.path() / "cut");
  }
  BOOST_TEST(errors > 0);
}

BOOST_AUTO_TEST_CASE(names_of_functions_tell_what_data_they_read) {
  BOOST_TEST(data_needs({"localtime_r"}).time_zones);
  BOOST_TEST(data_needs({"_ZNSt6chrono12current_zoneEv"}).time_zones);
  BOOST_TEST(data_needs({"_ZNSt3__16chrono8get_tzdbEv"}).time_zones);
  BOOST_TEST(
      !data_needs({"gmtime", "strftime", "_ZNSt6chrono3_V212system_clock3nowEv"}).time_zones);
  BOOST_TEST(data_needs({"setlocale"}).locales);
  BOOST_TEST(data_needs({"_ZNSt6localeC1EPKc"}).locales);
  BOOST_TEST(data_needs({"_ZNSt3__16localeC1ERKNS_12basic_stringIcEE"}).locales);
  BOOST_TEST(!data_needs({"_ZNSt6localeC1Ev", "_ZNSt6localeC1ERKS_", "_ZNSt6localeD1Ev"}).locales);
  BOOST_TEST(!data_needs({"puts"}).time_zones);
}

BOOST_AUTO_TEST_CASE(only_the_project_brings_time_zones_and_locales) {
  compile("libhour.so", k_hour, {"-shared", "-fPIC", "-Wl,-soname,libhour.so"});
  const auto program =
      compile("train", "#include <ctime>\nint hour(std::time_t); int main() { return hour(0); }\n",
              {"-L" + folder.path().string(), "-lhour", "-Wl,-rpath,$ORIGIN"});
  const Closure of_project = find_closure({{program}, {}, {folder.path()}});
  const Closure of_system = find_closure({{program}, {}, {}});
  BOOST_TEST(holds(of_project, "/usr/share/zoneinfo/UTC") == fs::exists("/usr/share/zoneinfo/UTC"));
  BOOST_TEST(!holds_below(of_system, "/usr/share/zoneinfo"));
  BOOST_TEST(!holds_below(of_project, "/usr/lib/locale"));
  for (const auto& file : of_project.files)
    if (lies_within(file.target, "/usr/share/zoneinfo"))
      BOOST_TEST((file.layer == ClosureFile::Layer::system));
}

BOOST_AUTO_TEST_CASE(data_needs_a_place_below_usr_etc_or_opt) {
  const fs::path table = folder.path() / "table.csv";
  write_file_atomic(table, "1\n");
  BOOST_TEST(contains(cause_of(table), "data has its place only below /usr, /etc and /opt"));
  BOOST_TEST(contains(cause_of(table), "INPUTS"));
  BOOST_TEST(contains(cause_of(folder.path()), "a folder that is not below"));
  BOOST_TEST(contains(cause_of("/usr/none"), "there is no such file"));
  BOOST_TEST(contains(cause_of("/dev/null"), "neither a file nor a folder"));
  const DataFiles passwd = read_data("/etc/passwd");
  BOOST_REQUIRE(passwd.files.size() == 1u);
  BOOST_TEST(passwd.files[0].target == "/etc/passwd");
}

BOOST_AUTO_TEST_CASE(a_script_of_the_linker_is_not_taken_for_data) {
  const fs::path script = folder.path() / "libm.so";
  write_file_atomic(script, "/* GNU ld script */ GROUP ( /usr/lib/libm.so.6 )\n");
  const auto program = compile("train", "int main() {}\n");
  BOOST_CHECK_EXCEPTION(find_closure({{program}, {script}, {}}), Error, [](const Error& error) {
    return contains(error.what(), "it is not an ELF executable or library");
  });
}

BOOST_AUTO_TEST_SUITE_END()

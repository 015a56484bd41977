#include "build/executable_closure.hpp"

#include <elf.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/process.hpp"
#include "build/elf_file.hpp"
#include "closure_tree.hpp"

using namespace trainyard;
using namespace trainyard::build;

namespace {

using Layer = ClosureFile::Layer;

/// Small C and C++ projects, compiled as each test needs them.
struct Project {
  TemporaryDirectory temporary;
  fs::path root = fs::canonical(temporary.path());

  fs::path write(const std::string& name, const std::string& text) {
    write_file_atomic(root / name, text);
    return root / name;
  }

  /// Runs the compiler in `root`, where `$` in an argument stays what it is.
  void compile(const std::string& output, std::vector<std::string> arguments) {
    make_directories((root / output).parent_path());
    std::vector<std::string> argv = {"c++", "-o", (root / output).string()};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const Captured result = capture(argv);
    BOOST_REQUIRE_MESSAGE(result.status.success(), result.err);
  }

  /// A library lib<name>.so with one function that returns `value` plus what `calls` return.
  void library(const std::string& output, const std::string& name, int value,
               const std::vector<std::string>& calls = {},
               std::vector<std::string> arguments = {}) {
    std::string text, sum = std::to_string(value);
    for (const auto& call : calls) {
      text += "extern \"C\" int " + call + "();\n";
      sum += " + " + call + "()";
    }
    text += "extern \"C\" int " + name + "() { return " + sum + "; }\n";
    arguments.insert(arguments.begin(), {"-shared", "-fPIC", write(name + ".cpp", text).string()});
    if (std::ranges::none_of(arguments, [](const auto& a) { return a.starts_with("-Wl,-soname"); }))
      arguments.push_back("-Wl,-soname," + fs::path(output).filename().string());
    compile(output, arguments);
  }

  /// A program that prints what `call` returns.
  fs::path program(const std::string& output, const std::string& call,
                   std::vector<std::string> arguments) {
    const auto source = write(fs::path(output).filename().string() + "_main.cpp",
                              "#include <cstdio>\nextern \"C\" int " + call +
                                  "();\nint main() { std::printf(\"%d\\n\", " + call + "()); }\n");
    arguments.insert(arguments.begin(), source.string());
    compile(output, arguments);
    return root / output;
  }

  std::string at(const std::string& name) const { return (root / name).string(); }
};

std::map<std::string, ClosureFile> by_target(const Closure& closure) {
  std::map<std::string, ClosureFile> files;
  for (const auto& file : closure.files) files[file.target] = file;
  return files;
}

const ClosureFile* find_source(const Closure& closure, const fs::path& source) {
  const auto found = std::ranges::find(closure.files, fs::canonical(source), &ClosureFile::source);
  return found == closure.files.end() ? nullptr : &*found;
}

std::string run_in_tree(const Closure& closure, const std::string& program) {
  const Captured result = test::ClosureTree(closure).run({"/usr/local/bin/" + program}, {});
  BOOST_TEST_INFO(result.out);
  BOOST_TEST(result.status.code == 0);
  return result.out;
}

/// The paths behind "=>" in the loader's own list; the loader itself and the vdso have none.
std::vector<std::string> traced_paths(const std::string& trace) {
  std::vector<std::string> paths;
  for (size_t at = 0; (at = trace.find("=> ", at)) != std::string::npos;) {
    at += 3;
    paths.push_back(trace.substr(at, trace.find(' ', at) - at));
  }
  return paths;
}

/// Both loaders, here and in the image, load the same files, in the same order.
void check_against_loader(const Closure& closure, const fs::path& executable) {
  const Captured here = capture({"env", "LD_TRACE_LOADED_OBJECTS=1", executable.string()});
  const Captured there = test::ClosureTree(closure).run(
      {"/usr/local/bin/" + executable.filename().string()}, {"LD_TRACE_LOADED_OBJECTS=1"});
  BOOST_TEST_INFO(here.out << there.out);
  auto files = by_target(closure);
  std::vector<std::string> expected, found;
  for (const auto& path : traced_paths(here.out)) expected.push_back(fs::canonical(path).string());
  for (const auto& path : traced_paths(there.out)) {
    ClosureFile file = files[absolute_normal(path).string()];
    if (!file.link.empty()) file = files[file.link];
    found.push_back(file.source.string());
  }
  BOOST_TEST(!expected.empty());
  BOOST_TEST(expected == found, boost::test_tools::per_element());
}

ExecutableImage image(std::vector<fs::path> executables, std::vector<fs::path> libraries = {},
                      std::vector<fs::path> project_folders = {}) {
  return {std::move(executables), std::move(libraries), std::move(project_folders)};
}

std::string cause_of(const ExecutableImage& image) {
  try {
    find_closure(image);
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.render();
  }
  return "no error";
}

bool contains(const std::string& text, const std::string& part) {
  BOOST_TEST_INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(executable_closure, Project)

BOOST_AUTO_TEST_CASE(this_test_itself_needs_what_its_loader_says) {
  const Closure closure = find_closure(image({own_executable()}));
  check_against_loader(closure, own_executable());
  const auto* self = find_source(closure, own_executable());
  BOOST_REQUIRE(self);
  BOOST_TEST(self->target == "/usr/local/bin/" + own_executable().filename().string());
  BOOST_TEST((self->layer == Layer::executable));
  const std::string interpreter = read_elf(own_executable()).interpreter;
  BOOST_TEST(by_target(closure).contains(interpreter));
  BOOST_TEST(std::ranges::count(closure.read, own_executable()) == 1);
}

BOOST_AUTO_TEST_CASE(libraries_by_origin_keep_their_place_beside_the_executable) {
  library("lib/deep/libb.so", "b", 2);
  library("lib/liba.so", "a", 1, {"b"},
          {"-L" + at("lib/deep"), "-lb", "-Wl,--enable-new-dtags", "-Wl,-rpath,$ORIGIN/deep"});
  const auto train = program("bin/train", "a",
                             {"-L" + at("lib"), "-la", "-Wl,-rpath-link," + at("lib/deep"),
                              "-Wl,--enable-new-dtags", "-Wl,-rpath,${ORIGIN}/../lib"});
  const Closure closure = find_closure(image({train}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "train") == "3\n");
  check_against_loader(closure, train);
  BOOST_REQUIRE(find_source(closure, at("lib/liba.so")));
  BOOST_TEST(find_source(closure, at("lib/liba.so"))->target == "/usr/local/lib/liba.so");
  BOOST_TEST(find_source(closure, at("lib/deep/libb.so"))->target == "/usr/local/lib/deep/libb.so");
  BOOST_TEST((find_source(closure, at("lib/liba.so"))->layer == Layer::project));
  for (const auto& file : closure.files)
    if (file.target.find("libc.so") != std::string::npos) BOOST_TEST((file.layer == Layer::system));
}

BOOST_AUTO_TEST_CASE(an_rpath_serves_the_libraries_libraries_and_a_runpath_does_not) {
  library("hidden/libb.so", "b", 2);
  library("lib/liba.so", "a", 1, {"b"}, {"-L" + at("hidden"), "-lb"});
  const std::vector<std::string> link = {"-L" + at("lib"), "-la", "-Wl,-rpath-link," + at("hidden"),
                                         "-Wl,-rpath,$ORIGIN/lib:$ORIGIN/hidden"};
  auto old_tags = link, new_tags = link;
  old_tags.push_back("-Wl,--disable-new-dtags");
  new_tags.push_back("-Wl,--enable-new-dtags");

  const auto with_rpath = program("with_rpath", "a", old_tags);
  const Closure closure = find_closure(image({with_rpath}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "with_rpath") == "3\n");
  check_against_loader(closure, with_rpath);

  const auto with_runpath = program("with_runpath", "a", new_tags);
  const std::string error = cause_of(image({with_runpath}, {}, {root}));
  BOOST_TEST(contains(error, "finding the shared library libb.so: "));
  BOOST_TEST(contains(error, "/lib/liba.so needs it; looked for in /etc/ld.so.cache"));
  BOOST_TEST(contains(error, "hint: install the package"));
}

BOOST_AUTO_TEST_CASE(no_build_folder_comes_into_the_image) {
  library("out/lib/liba.so", "a", 7);
  const auto train =
      program("out/train", "a", {"-L" + at("out/lib"), "-la", "-Wl,-rpath," + at("out/lib")});
  const Closure closure = find_closure(image({train}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "train") == "7\n");
  check_against_loader(closure, train);
  for (const auto& file : closure.files)
    BOOST_TEST(file.target.find(root.string()) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(two_build_folders_give_the_same_places) {
  std::vector<std::string> targets[2];
  for (int i = 0; i < 2; ++i) {
    const std::string folder = i == 0 ? "first" : "elsewhere/second";
    library(folder + "/sub/liba.so", "a", 7);
    const auto train = program(folder + "/train", "a",
                               {"-L" + at(folder + "/sub"), "-la", "-Wl,-rpath,$ORIGIN/sub"});
    for (const auto& file : find_closure(image({train}, {}, {root})).files)
      targets[i].push_back(file.target);
  }
  BOOST_TEST(targets[0] == targets[1], boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(two_libraries_of_one_name_stay_apart_where_the_runpath_tells_them_apart) {
  library("one/libsame.so", "a", 1);
  const auto first = program("first", "a", {"-L" + at("one"), "-lsame", "-Wl,-rpath," + at("one")});
  library("two/libsame.so", "a", 2);
  const auto second =
      program("second", "a", {"-L" + at("two"), "-lsame", "-Wl,-rpath," + at("two")});
  const Closure closure = find_closure(image({first, second}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "first") == "1\n");
  BOOST_TEST(run_in_tree(closure, "second") == "2\n");
}

BOOST_AUTO_TEST_CASE(two_libraries_of_one_name_and_place_are_refused) {
  library("one/lib/libsame.so", "a", 1);
  const auto first =
      program("one/first", "a", {"-L" + at("one/lib"), "-lsame", "-Wl,-rpath,$ORIGIN/lib"});
  library("two/lib/libsame.so", "a", 2);
  const auto second =
      program("two/second", "a", {"-L" + at("two/lib"), "-lsame", "-Wl,-rpath,$ORIGIN/lib"});
  const std::string error = cause_of(image({first, second}, {}, {root}));
  BOOST_TEST(contains(error, "two/lib/libsame.so"));
  BOOST_TEST(contains(error, "an image for each executable"));
}

BOOST_AUTO_TEST_CASE(a_dlopen_extra_is_found_by_its_name_with_what_it_needs) {
  library("deps/libdep.so", "dep", 40);
  library("plugins/libplugin.so.1.2", "plugin", 2, {"dep"},
          {"-L" + at("deps"), "-ldep", "-Wl,-rpath,$ORIGIN/../deps", "-Wl,-soname,libplugin.so.1"});
  const auto source = write("main.cpp", R"(#include <dlfcn.h>
#include <cstdio>
#include <initializer_list>
int main() {
  for (const char* name : {"libplugin.so.1", "libplugin.so.1.2"}) {
    void* library = dlopen(name, RTLD_NOW);
    if (!library) return std::puts(dlerror()), 1;
    std::printf("%d\n", reinterpret_cast<int (*)()>(dlsym(library, "plugin"))());
  }
})");
  compile("train", {source.string(), "-ldl"});
  const Closure closure =
      find_closure(image({root / "train"}, {root / "plugins/libplugin.so.1.2"}, {root}));
  BOOST_TEST(run_in_tree(closure, "train") == "42\n42\n");
}

BOOST_AUTO_TEST_CASE(exceptions_cross_libraries) {
  const auto thrower = write("thrower.cpp", R"(#include <stdexcept>
void thrower() { throw std::runtime_error("thrown"); })");
  const auto source = write("main.cpp", R"(#include <cstdio>
#include <stdexcept>
void thrower();
int main() { try { thrower(); } catch (const std::exception& e) { std::puts(e.what()); } })");
  compile("libthrower.so", {"-shared", "-fPIC", thrower.string()});
  compile("train", {source.string(), "-L" + root.string(), "-lthrower", "-Wl,-rpath,$ORIGIN"});
  const Closure closure = find_closure(image({root / "train"}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "train") == "thrown\n");
}

BOOST_AUTO_TEST_CASE(a_build_with_the_address_sanitizer_runs) {
  const auto source = write("main.cpp", R"(#include <cstdio>
#include <vector>
int main() { std::vector<int> v(10, 3); std::printf("%d\n", v[9]); })");
  compile("train", {source.string(), "-g", "-fsanitize=address"});
  const Closure closure = find_closure(image({root / "train"}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "train") == "3\n");
  check_against_loader(closure, root / "train");
}

BOOST_AUTO_TEST_CASE(a_static_executable_needs_nothing) {
  compile("train",
          {write("main.cpp", "#include <cstdio>\nint main() { std::puts(\"alone\"); }\n").string(),
           "-static"});
  const Closure closure = find_closure(image({root / "train"}));
  BOOST_TEST(closure.files.size() == 1u);
  BOOST_TEST(run_in_tree(closure, "train") == "alone\n");
  BOOST_TEST(contains(cause_of(image({root / "train"}, {root / "train"})), "static"));
}

BOOST_AUTO_TEST_CASE(libraries_of_another_machine_are_passed_over) {
  library("right/liba.so", "a", 5);
  const auto train =
      program("train", "a", {"-L" + at("right"), "-la", "-Wl,-rpath,$ORIGIN/wrong:$ORIGIN/right"});
  std::string bytes = read_file(root / "right/liba.so");
  bytes[18] = static_cast<char>(EM_AARCH64);
  bytes[19] = 0;
  write("wrong/liba.so", bytes);
  const Closure closure = find_closure(image({train}, {}, {root}));
  BOOST_TEST(run_in_tree(closure, "train") == "5\n");
  BOOST_TEST(!find_source(closure, root / "wrong/liba.so"));
}

BOOST_AUTO_TEST_CASE(one_file_under_two_names_is_there_once_and_linked) {
  library("lib/libreal.so", "a", 5, {}, {"-Wl,-soname,"});
  fs::create_symlink("libreal.so", root / "lib/libalias.so");
  const auto source = write("m.cpp", "extern \"C\" int a(); int main() { return a() - 5; }\n");
  compile("train", {source.string(), "-L" + at("lib"), "-Wl,--no-as-needed", "-lreal", "-lalias",
                    "-Wl,-rpath,$ORIGIN/lib"});
  const Closure closure = find_closure(image({root / "train"}, {}, {root}));
  const auto files = by_target(closure);
  BOOST_REQUIRE(files.contains("/usr/local/bin/lib/libalias.so"));
  BOOST_TEST(files.at("/usr/local/bin/lib/libalias.so").link == "/usr/local/bin/lib/libreal.so");
  run_in_tree(closure, "train");
}

BOOST_AUTO_TEST_CASE(tls_libraries_ask_for_certificates) {
  library("lib/libcurl.so.4", "a", 5);
  const auto train = program("train", "a", {at("lib/libcurl.so.4"), "-Wl,-rpath,$ORIGIN/lib"});
  const auto plain =
      program("plain", "puts_nothing",
              {write("p.cpp", "extern \"C\" int puts_nothing() { return 0; }\n").string()});
  BOOST_TEST(find_closure(image({train})).needs_certificates);
  BOOST_TEST(!find_closure(image({plain})).needs_certificates);
}

BOOST_AUTO_TEST_CASE(what_cannot_be_started_is_refused_with_its_reason) {
  const auto script = write("train.py", "#!/usr/bin/env python3\n");
  BOOST_TEST(contains(cause_of(image({script})), "script (#!/usr/bin/env python3)"));
  library("liba.so", "a", 1);
  BOOST_TEST(contains(cause_of(image({root / "liba.so"})), "it is a shared library"));
  BOOST_TEST(contains(cause_of(image({root / "none"})), "there is no such file"));
  const auto one =
      program("x/train", "main_value",
              {write("v.cpp", "extern \"C\" int main_value() { return 1; }\n").string()});
  const auto two = program("y/train", "main_value", {at("v.cpp")});
  BOOST_TEST(contains(cause_of(image({one, two})), "another one has the same name"));
}

BOOST_AUTO_TEST_SUITE_END()

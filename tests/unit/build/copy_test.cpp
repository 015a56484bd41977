#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/process.hpp"
#include "build_fixture.hpp"

// COPY, ADD and WORKDIR, end to end.

using namespace trainyard;
using namespace trainyard::build;
using namespace trainyard::build::testing;

BOOST_FIXTURE_TEST_SUITE(copy, BuildFixture)

BOOST_AUTO_TEST_CASE(a_file_lands_as_root_with_a_constant_time) {
  if (!can_run_containers()) return;
  write("a.txt", "hello");
  const BuildResult result = build("FROM scratch\nCOPY a.txt /data/\n");
  const fs::path file = in_image(result, "data/a.txt");
  struct stat status {};
  BOOST_REQUIRE(::stat(file.c_str(), &status) == 0);
  BOOST_TEST(read_file(file) == "hello");
  BOOST_TEST(status.st_uid == ::geteuid());  // in an ordinary user's namespace that is root
  BOOST_TEST((status.st_mode & 07777) == 0644u);
  BOOST_TEST(status.st_mtim.tv_sec == oci::k_constant_seconds);
  BOOST_TEST(result.steps == 1);
  BOOST_TEST(result.cached == 0);
}

BOOST_AUTO_TEST_CASE(the_same_content_is_not_copied_twice_even_after_touch_and_umask) {
  if (!can_run_containers()) return;
  write("a.txt", "hello");
  const std::string text = "FROM scratch\nCOPY . /data/\n";
  const BuildResult first = build(text);
  touch(context / "a.txt");
  ::chmod((context / "a.txt").c_str(), 0600);
  const BuildResult second = build(text);
  BOOST_TEST(second.cached == 1);
  BOOST_TEST(second.image.digest.str() == first.image.digest.str());
  ::chmod((context / "a.txt").c_str(), 0700);
  BOOST_TEST(build(text).cached == 0);
}

BOOST_AUTO_TEST_CASE(what_was_read_is_complete_on_a_hit_too) {
  if (!can_run_containers()) return;
  write("src/a.txt", "a");
  write("src/deep/b.txt", "b");
  const std::string text = "FROM scratch\nCOPY src /src\n";
  const auto first = build(text).read;
  const auto second = build(text).read;
  BOOST_TEST((first == second));
  for (const char* path : {"src", "src/a.txt", "src/deep", "src/deep/b.txt"})
    BOOST_TEST((std::find(first.begin(), first.end(), (context / path).string()) != first.end()),
               path);
}

BOOST_AUTO_TEST_CASE(build_trees_and_ignored_files_are_left_out) {
  if (!can_run_containers()) return;
  write("keep", "1");
  write("secret", "2");
  write("build/out", "3");
  write(".dockerignore", "secret\n");
  BuildRequest wanted = request("FROM scratch\nCOPY . /\n");
  wanted.excluded = {context / "build"};
  const BuildResult result = build(wanted);
  BOOST_TEST((top_layer(result) == std::vector<std::string>{".dockerignore", "keep"}));
  for (const std::string& path : result.read)
    BOOST_TEST(!lies_within(path, context / "build"), path);
}

BOOST_AUTO_TEST_CASE(a_dockerfile_in_the_build_tree_does_not_make_that_folder_an_input) {
  if (!can_run_containers()) return;
  write("a", "1");
  const fs::path build_dir = folder.path() / "build";
  write_file_atomic(build_dir / "x.Dockerfile", "FROM scratch\nCOPY a /a\n");
  BuildRequest wanted = request("");
  wanted.dockerfile_text.reset();
  wanted.dockerfile = build_dir / "x.Dockerfile";
  wanted.excluded = {build_dir};
  const auto read = build(wanted).read;
  BOOST_TEST((std::find(read.begin(), read.end(), build_dir) == read.end()));
  BOOST_TEST((std::find(read.begin(), read.end(), build_dir / "x.Dockerfile") != read.end()));
}

BOOST_AUTO_TEST_CASE(a_missing_source_is_named_with_its_line_and_caret) {
  write("secret", "2");
  write(".dockerignore", "secret\n");
  const std::string missing = complaint("FROM scratch\nCOPY nothing /x\n");
  BOOST_TEST(holds_text(missing, "Dockerfile:2:6"), missing);
  BOOST_TEST(holds_text(missing, "there is no \"nothing\""), missing);
  BOOST_TEST(holds_text(missing, "^~~~~~~"), missing);
  const std::string ignored = complaint("FROM scratch\nCOPY secret /x\n");
  BOOST_TEST(holds_text(ignored, ".dockerignore"), ignored);
  BOOST_TEST(holds_text(ignored, "!secret"), ignored);
}

BOOST_AUTO_TEST_CASE(a_folder_copies_its_contents_and_merges_with_what_is_there) {
  if (!can_run_containers()) return;
  write("one/a", "1");
  write("two/a", "2");
  write("two/sub/b", "3");
  const BuildResult result = build("FROM scratch\nCOPY one /d\nCOPY two/ /d\n");
  BOOST_TEST(read_file(in_image(result, "d/a")) == "2");
  BOOST_TEST(read_file(in_image(result, "d/sub/b")) == "3");
}

BOOST_AUTO_TEST_CASE(a_file_does_not_replace_a_folder_nor_the_reverse) {
  if (!can_run_containers()) return;
  write("tree/x/f", "1");
  write("other/x", "2");
  const std::string file = complaint("FROM scratch\nCOPY tree /\nCOPY other /\n");
  BOOST_TEST(holds_text(file, "a folder stands there"), file);
  const std::string over = complaint("FROM scratch\nCOPY other /\nCOPY tree /\n");
  BOOST_TEST(holds_text(over, "a file or link stands there"), over);
}

BOOST_AUTO_TEST_CASE(the_destination_follows_links_inside_the_image) {
  if (!can_run_containers()) return;
  make_directories(context / "root/real");
  fs::create_symlink("/real", context / "root/link");
  write("f", "1");
  const BuildResult result = build("FROM scratch\nCOPY root /\nCOPY f /link/f\n");
  BOOST_TEST(read_file(in_image(result, "real/f")) == "1");
  BOOST_TEST(fs::is_symlink(in_image(result, "link")));
}

BOOST_AUTO_TEST_CASE(wildcards_select_and_named_links_are_followed) {
  if (!can_run_containers()) return;
  write("a.txt", "a");
  write("b.txt", "b");
  write("c.bin", "c");
  fs::create_symlink("c.bin", context / "link");
  const BuildResult result = build("FROM scratch\nCOPY *.txt link /d/\n");
  BOOST_TEST((top_layer(result) == std::vector<std::string>{"d", "d/a.txt", "d/b.txt", "d/link"}));
  BOOST_TEST(!fs::is_symlink(in_image(result, "d/link")));
}

BOOST_AUTO_TEST_CASE(owners_and_modes_are_as_asked_for) {
  if (!can_run_containers()) return;
  write("etc/passwd", "dev:x:1000:1001::/home/dev:/bin/sh\n");
  write("etc/group", "lab:x:77:\n");
  write("f", "1");
  const BuildResult result = build(
      "FROM scratch\nCOPY etc /etc/\nCOPY --chown=dev f /a\nCOPY --chown=dev:lab --chmod=u+x f /b\n"
      "COPY --chown=5 --chmod=4755 f /c\n");
  struct stat a {
  }, b{}, c{};
  BOOST_REQUIRE(::stat(in_image(result, "a").c_str(), &a) == 0);
  BOOST_REQUIRE(::stat(in_image(result, "b").c_str(), &b) == 0);
  BOOST_REQUIRE(::stat(in_image(result, "c").c_str(), &c) == 0);
  BOOST_TEST((b.st_mode & 07777) == 0744u);
  BOOST_TEST((c.st_mode & 07777) == 04755u);
  if (::geteuid() != 0) return;  // from outside, the owners are sub-uids
  BOOST_TEST(a.st_uid == 1000u);
  BOOST_TEST(a.st_gid == 1001u);
  BOOST_TEST(b.st_gid == 77u);
  BOOST_TEST(c.st_gid == 5u);
}

BOOST_AUTO_TEST_CASE(copies_between_stages_key_on_content) {
  if (!can_run_containers()) return;
  write("a", "same");
  write("b", "1");
  const std::string text =
      "FROM scratch AS one\nCOPY . /in/\nFROM scratch\nCOPY --from=one /in/a /out\n";
  build(text);
  write("b", "2");
  const BuildResult second = build(text);
  BOOST_TEST(second.steps == 2);
  BOOST_TEST(second.cached == 1);
  BOOST_TEST(read_file(in_image(second, "out")) == "same");
  BOOST_TEST(build(text).cached == 2);
}

BOOST_AUTO_TEST_CASE(add_unpacks_archives_by_their_content) {
  if (!can_run_containers()) return;
  write("in/x/f", "packed");
  const Captured packed = capture(
      {"tar", "-C", (context / "in").string(), "-czf", (context / "data.bin").string(), "."});
  BOOST_REQUIRE(packed.status.success());
  const BuildResult result = build("FROM scratch\nADD data.bin /d\nADD in/x/f /plain\n");
  BOOST_TEST(read_file(in_image(result, "d/x/f")) == "packed");
  BOOST_TEST(read_file(in_image(result, "plain")) == "packed");
}

BOOST_AUTO_TEST_CASE(an_archive_cannot_remove_files_of_the_image) {
  if (!can_run_containers()) return;
  write("in/.wh.name", "no whiteout");
  const Captured packed = capture(
      {"tar", "-C", (context / "in").string(), "-cf", (context / "data").string(), ".wh.name"});
  BOOST_REQUIRE(packed.status.success());
  const std::string text = complaint("FROM scratch\nCOPY data /name\nADD data /\n");
  BOOST_TEST(holds_text(text, ".wh.name"), text);
}

BOOST_AUTO_TEST_CASE(workdir_makes_a_layer_only_when_the_folder_is_missing) {
  if (!can_run_containers()) return;
  const std::string text = "FROM scratch\nWORKDIR /\nWORKDIR /a\nWORKDIR b\nWORKDIR /a\n";
  const BuildResult result = build(text);
  BOOST_TEST(result.image.config.diff_ids.size() == 2u);
  BOOST_TEST(result.image.config.config.working_dir == "/a");
  BOOST_TEST(fs::is_directory(in_image(result, "a/b")));
  int empty = 0;
  for (const auto& entry : result.image.config.history) empty += entry.empty_layer ? 1 : 0;
  BOOST_TEST(empty == 2);
  const BuildResult again = build(text);
  BOOST_TEST(again.cached == again.steps);
  BOOST_TEST(again.image.digest.str() == result.image.digest.str());
}

BOOST_AUTO_TEST_CASE(two_stores_and_two_folders_give_one_digest) {
  if (!can_run_containers()) return;
  BuildFixture other;
  for (BuildFixture* fixture : {static_cast<BuildFixture*>(this), &other}) {
    fixture->write("src/a", "1");
    fixture->write("src/run", "2");
    ::chmod((fixture->context / "src/run").c_str(), fixture == &other ? 0755 : 0700);
    ::chmod((fixture->context / "src").c_str(), fixture == &other ? 0775 : 0700);
  }
  const std::string text = "FROM scratch\nCOPY src /app\nWORKDIR /app/data\nCMD [\"/app/run\"]\n";
  BOOST_TEST(build(text).image.digest.str() == other.build(text).image.digest.str());
}

BOOST_AUTO_TEST_SUITE_END()

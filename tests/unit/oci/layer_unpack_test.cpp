#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <cstring>

#include "base/process.hpp"
#include "tree_fixture.hpp"

using namespace trainyard;
using namespace trainyard::oci;
using namespace trainyard::oci::test;

namespace trainyard::oci {
std::ostream& operator<<(std::ostream& out, PathResolution resolution) {
  return out << (resolution == PathResolution::kernel ? "kernel" : "walk");
}
}  // namespace trainyard::oci

namespace {
const PathResolution k_both[] = {PathResolution::kernel, PathResolution::walk};
}

BOOST_AUTO_TEST_SUITE(layer_unpack, *boost::unit_test::precondition(is_root))

BOOST_DATA_TEST_CASE(a_name_with_two_dots_is_refused_by_name, k_both) {
  for (const std::string name : {"../x", "a/../../x", "/..", "a/.."}) {
    const Tree tree;
    BOOST_TEST_CONTEXT(name)
    BOOST_TEST(fails_with([&] { unpack(TarText().file(name).str(), tree, {}, sample); },
                          {name, "\"..\""}));
    BOOST_TEST(!fs::exists(tree.path().parent_path() / "x"));
  }
  const Tree tree;
  BOOST_TEST(fails_with([&] { unpack(TarText().hard_link("a", "../x").str(), tree, {}, sample); },
                        {"../x"}));
}

BOOST_AUTO_TEST_CASE(what_the_system_cannot_read_is_no_mistake_in_the_archive) {
  const Tree tree;
  const UniqueFd folder(::open(tree.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  try {
    unpack_layer(folder.get(), tree.path());
    BOOST_ERROR("a folder was unpacked");
  } catch (const Error& error) {
    BOOST_TEST(error.cause() == "Is a directory");
    BOOST_TEST((error.code() == ExitCode::machine));
  }
}

BOOST_DATA_TEST_CASE(an_absolute_name_lands_inside, k_both) {
  const Tree tree;
  unpack(TarText().file("/abs/file", "x").file("././dot//file", "y").str(), tree, {}, sample);
  BOOST_TEST(read_file(tree / "abs/file") == "x");
  BOOST_TEST(read_file(tree / "dot/file") == "y");
}

BOOST_DATA_TEST_CASE(a_link_as_parent_never_leads_out, k_both) {
  const TemporaryDirectory outside;
  write_file_atomic(outside.path() / "secret", "secret");
  const std::string target = outside.path().string();
  for (const std::string& to : {target, "../../../../../../../../.." + target}) {
    const Tree tree;
    BOOST_TEST(fails_with(
        [&] { unpack(TarText().link("out", to).file("out/evil", "x").str(), tree, {}, sample); },
        {"out/evil", "not a folder"}));
    const Tree second;
    BOOST_TEST(fails_with(
        [&] {
          unpack(TarText().link("out", to).hard_link("steal", "out/secret").str(), second, {},
                 sample);
        },
        {"steal"}));
    const Tree third;
    // The same path inside the tree is where such a link leads.
    unpack(
        TarText().folder(target).link("out", to).file("out/inside", "x").folder("out/", 0700).str(),
        third, {}, sample);
    BOOST_TEST(read_file(third.path().string() + target + "/inside") == "x");
    BOOST_TEST(S_ISDIR(third.status("out").st_mode));
  }
  BOOST_TEST(!fs::exists(outside.path() / "evil"));
  BOOST_TEST(!fs::exists(outside.path() / "inside"));
}

BOOST_DATA_TEST_CASE(a_link_inside_is_followed_and_a_loop_is_an_error, k_both) {
  const Tree tree;
  unpack(TarText()
             .folder("usr/lib")
             .link("lib", "usr/lib")
             .link("a", "/lib/../lib")
             .file("a/so", "x")
             .str(),
         tree, {}, sample);
  BOOST_TEST(read_file(tree / "usr/lib/so") == "x");
  const Tree loop;
  BOOST_TEST(fails_with(
      [&] { unpack(TarText().link("a", "b").link("b", "a").file("a/x").str(), loop, {}, sample); },
      {"a/x"}));
}

BOOST_DATA_TEST_CASE(the_last_part_of_a_name_is_never_followed, k_both) {
  const TemporaryDirectory outside;
  const std::string victim = outside.path() / "victim";
  write_file_atomic(victim, "untouched", Durability::cheap, 0600);
  const Tree tree;
  unpack(TarText()
             .link("f", victim)
             .file("f", "new", 0777)
             .link("d", outside.path())
             .folder("d", 0777)
             .str(),
         tree, {}, sample);
  BOOST_TEST(read_file(victim) == "untouched");
  BOOST_TEST((fs::status(victim).permissions() == fs::perms(0600)));
  BOOST_TEST((fs::status(outside.path()).permissions() == fs::perms(0700)));
  BOOST_TEST(read_file(tree / "f") == "new");
  BOOST_TEST(S_ISDIR(tree.status("d").st_mode));
}

BOOST_AUTO_TEST_CASE(the_root_can_be_nothing_but_a_folder) {
  for (const std::string name : {".", "./", "/", "./."}) {
    const Tree tree;
    BOOST_TEST_CONTEXT(name)
    BOOST_TEST(fails_with([&] { unpack(TarText().link(name, "/etc").str(), tree); },
                          {"only be a folder"}));
  }
}

BOOST_AUTO_TEST_CASE(folders_files_and_links_replace_each_other_and_the_last_wins) {
  const Tree tree;
  unpack(TarText()
             .file("a/deep/er/f", "1")
             .link("a/deep/l", "/etc")
             .file("a", "file")
             .file("b")
             .folder("b", 0700)
             .file("b/x", "in")
             .link("c", "nowhere")
             .file("c", "c")
             .file("d", "first")
             .file("d", "second")
             .folder("e")
             .file("e/kept", "k")
             .folder("e", 0711)
             .str(),
         tree);
  BOOST_TEST(read_file(tree / "a") == "file");
  BOOST_TEST(read_file(tree / "b/x") == "in");
  BOOST_TEST(read_file(tree / "c") == "c");
  BOOST_TEST(read_file(tree / "d") == "second");
  BOOST_TEST(read_file(tree / "e/kept") == "k");
  BOOST_TEST((tree.status("e").st_mode & 07777) == 0711);
}

BOOST_AUTO_TEST_CASE(an_entry_below_a_replaced_folder_is_not_written_into_the_old_one) {
  const Tree tree;
  unpack(TarText().file("a/b/one").file("a", "x").folder("a").file("a/b/two").str(), tree);
  BOOST_TEST(!tree.has("a/b/one"));
  BOOST_TEST(tree.has("a/b/two"));
}

BOOST_AUTO_TEST_CASE(missing_parents_are_plain_folders_with_the_constant_time) {
  const Tree tree;
  unpack(TarText().file("a/b/f").str(), tree);
  for (const std::string name : {"a", "a/b"}) {
    BOOST_TEST((tree.status(name).st_mode & 07777) == 0755);
    BOOST_TEST(tree.status(name).st_uid == 0U);
    BOOST_TEST(tree.status(name).st_mtim.tv_sec == 315532800);
  }
}

BOOST_AUTO_TEST_CASE(device_nodes_are_dropped_but_whiteout_nodes_are_kept) {
  using Type = TarEntry::Type;
  const Tree tree;
  unpack(
      TarText()
          .add(
              {.name = "mem", .type = Type::character_device, .device_major = 1, .device_minor = 1})
          .add({.name = "disk", .type = Type::block_device, .device_major = 8})
          .add({.name = "gone", .type = Type::character_device})
          .add({.name = "fifo", .type = Type::fifo, .mode = 0620})
          .str(),
      tree);
  BOOST_TEST(!tree.has("mem"));
  BOOST_TEST(!tree.has("disk"));
  BOOST_TEST(tree.is_whiteout("gone"));
  BOOST_TEST(S_ISFIFO(tree.status("fifo").st_mode));
  BOOST_TEST((tree.status("fifo").st_mode & 07777) == 0620);
}

BOOST_AUTO_TEST_CASE(overlay_marks_and_machine_labels_of_an_archive_are_dropped) {
  const Tree tree;
  unpack(TarText()
             .add({.name = "d/",
                   .type = TarEntry::Type::directory,
                   .mode = 0755,
                   .xattrs = {{"user.overlay.opaque", "y"},
                              {"trusted.overlay.opaque", "y"},
                              {"trusted.overlay.redirect", "/etc"},
                              {"user.overlay.redirect", "/etc"},
                              {"security.ima", "x"},
                              {"user.kept", "1"}}})
             .str(),
         tree);
  for (const char* name : {"user.overlay.opaque", "trusted.overlay.opaque",
                           "trusted.overlay.redirect", "user.overlay.redirect", "security.ima"})
    BOOST_TEST(tree.xattr("d", name) == "");
  BOOST_TEST(tree.xattr("d", "user.kept") == "1");
}

BOOST_AUTO_TEST_CASE(a_hard_link_needs_a_file_of_the_same_layer) {
  for (const std::string target : {"missing", "folder", ".", "gone", "link-out/passwd"}) {
    const Tree tree;
    BOOST_TEST_CONTEXT(target)
    BOOST_TEST(fails_with(
        [&] {
          unpack(TarText()
                     .folder("folder")
                     .file(".wh.gone")
                     .link("link-out", "/etc")
                     .hard_link("x", target)
                     .str(),
                 tree);
        },
        {"hard link", target}));
  }
  const Tree tree;
  unpack(TarText()
             .file("f", "x")
             .hard_link("f", "f")
             .hard_link("g", "/f")
             .link("l", "f")
             .hard_link("m", "l")
             .str(),
         tree);
  BOOST_TEST(tree.status("f").st_ino == tree.status("g").st_ino);
  BOOST_TEST(tree.status("f").st_nlink == 2U);
  BOOST_TEST(S_ISLNK(tree.status("m").st_mode));
}

BOOST_AUTO_TEST_CASE(the_limits_on_bytes_entries_and_depth_hold) {
  const std::string tar = TarText().file("a/b/c", std::string(100'000, 'x')).file("d").str();
  const Tree tree;
  BOOST_TEST(fails_with([&] { unpack(tar, tree, {.bytes = 50'000}); }, {"larger than the limit"}));
  BOOST_TEST(fails_with([&] { unpack(tar, tree, {.entries = 1}); }, {"more than 1 entries"}));
  BOOST_TEST(fails_with([&] { unpack(tar, tree, {.depth = 2}); }, {"a/b/c", "too deep"}));
  const Tree fits;
  unpack(tar, fits, {.bytes = tar.size(), .entries = 2, .depth = 3});
  BOOST_TEST(fits.has("a/b/c"));
}

BOOST_AUTO_TEST_CASE(a_bomb_stops_at_the_limit) {
  const TemporaryDirectory folder;
  const std::string file = folder.path() / "tar";
  write_file_atomic(file, TarText().file("zeros", std::string(16 << 20, '\0')).str());
  const Captured packed = capture({"gzip", "-c", file});
  BOOST_REQUIRE_EQUAL(packed.status.code, 0);
  BOOST_REQUIRE_LT(packed.out.size(), 100'000U);
  const Tree tree;
  BOOST_TEST(
      fails_with([&] { unpack(packed.out, tree, {.bytes = 1 << 20}); }, {"larger than the limit"}));
  BOOST_TEST(tree.status("zeros").st_size <= (1 << 20));
}

BOOST_AUTO_TEST_CASE(a_sparse_file_of_8_eib_is_refused) {
  const std::string records =
      "22 GNU.sparse.major=0\n22 GNU.sparse.minor=1\n37 GNU.sparse.size=9223372036854775807\n"
      "27 GNU.sparse.numblocks=1\n22 GNU.sparse.map=0,1\n";
  TarEntry extended{.name = "pax", .size = records.size()};
  std::string header = encode_tar_header(extended);
  header[156] = 'x';
  unsigned sum = 0;
  header.replace(148, 8, "        ");
  for (const char c : header) sum += static_cast<unsigned char>(c);
  std::snprintf(header.data() + 148, 7, "%06o", sum);
  header[154] = '\0';
  const std::string tar =
      TarText()
          .raw(header + records + std::string(tar_padding(records.size()), '\0'))
          .file("sparse", "x")
          .str();
  const Tree tree;
  BOOST_TEST(fails_with([&] { unpack(tar, tree); }, {"sparse"}));
  BOOST_TEST(fails_with([&] { unpack(tar, tree, {.bytes = 1 << 20}); }, {"sparse"}));
}

BOOST_AUTO_TEST_CASE(what_is_damaged_cut_short_or_no_tar_is_an_error) {
  const std::string whole = TarText().file("f", std::string(2000, 'x')).str();
  std::string flipped = whole;
  flipped[10] ^= 1;
  const std::string cases[] = {"",
                               "no tar at all",
                               std::string(2000, 'q'),
                               whole.substr(0, 1000),
                               flipped,
                               std::string("\x1f\x8b\x08\x00garbage", 11)};
  for (const std::string& text : cases) {
    const Tree tree;
    BOOST_TEST_CONTEXT(text.substr(0, 20)) BOOST_CHECK_THROW(unpack(text, tree), Error);
  }
}

BOOST_AUTO_TEST_CASE(every_cut_and_flip_of_a_header_ends_in_an_error_or_a_tree_and_nothing_else) {
  const std::string whole = TarText()
                                .add({.name = std::string(120, 'n'),
                                      .seconds = 5,
                                      .nanoseconds = 1,
                                      .xattrs = {{"user.a", "b"}}},
                                     "content")
                                .link("l", "/etc")
                                .str();
  for (size_t at = 0; at < whole.size(); at += 97) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x41);
    for (const std::string& text : {changed, whole.substr(0, at)}) {
      const Tree tree;
      try {
        unpack(text, tree);
      } catch (const Error& error) {
        BOOST_TEST(!error.cause().empty());
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(ids_beyond_32_bits_are_refused) {
  const Tree tree;
  BOOST_TEST(fails_with(
      [&] { unpack(TarText().add({.name = "f", .uid = uint64_t{1} << 32}).str(), tree); },
      {"\"f\"", "user id 4294967296"}));
  BOOST_TEST(
      fails_with([&] { unpack(TarText().add({.name = "f", .gid = UINT32_MAX}).str(), tree); },
                 {"\"f\"", "group id"}));
}

/// Runs `action` in a child in a user namespace of `count` ids, of which the caller is root;
/// whether it returned true. More than one id takes root to map.
bool in_namespace_of_ids(int count, const std::function<bool()>& action) {
  const std::string uids = "0 " + std::to_string(::geteuid()) + " " + std::to_string(count);
  const std::string gids = "0 " + std::to_string(::getegid()) + " " + std::to_string(count);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(77);
    for (const auto& [file, text] : {std::pair<std::string, std::string>{"setgroups", "deny"},
                                     {"uid_map", uids},
                                     {"gid_map", gids}}) {
      const UniqueFd fd(::open(("/proc/self/" + file).c_str(), O_WRONLY | O_CLOEXEC));
      if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) ::_exit(77);
    }
    ::_exit(action() ? 0 : 1);
  }
  const ExitStatus status = wait_process(child);
  if (status.code == 77) BOOST_TEST_MESSAGE("skipped: no user namespace with these ids here");
  return status.code == 0 || status.code == 77;
}

BOOST_AUTO_TEST_CASE(an_id_that_is_not_mapped_is_named_with_the_way_to_get_more) {
  const Tree tree;
  BOOST_TEST(in_namespace_of_ids(2, [&] {
    return fails_with([&] { unpack(TarText().add({.name = "a/f", .uid = 5000}).str(), tree); },
                      {"a/f", "user id 5000", "/etc/subuid"});
  }));
}

BOOST_AUTO_TEST_CASE(where_there_is_one_id_everything_is_its_own) {
  const Tree tree;
  BOOST_TEST(in_namespace_of_ids(1, [&] {
    unpack(TarText()
               .add({.name = "f", .mode = 0640, .uid = 5000})
               .link("l", "f")
               .add({.name = "p", .type = TarEntry::Type::fifo, .mode = 0620, .uid = 33})
               .str(),
           tree);
    return tree.status("f").st_uid == 0 && (tree.status("f").st_mode & 07777) == 0640 &&
           tree.status("p").st_uid == 0 && tree.has("l");
  }));
}

BOOST_AUTO_TEST_SUITE_END()

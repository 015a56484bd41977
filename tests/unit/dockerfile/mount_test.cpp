#include "dockerfile/mount.hpp"
#include "base/error.hpp"
#include "parsing.hpp"

// RUN --mount: every option, every mistake.

using namespace dockerfile_test;
using namespace trainyard::dockerfile;
using Type = RunMount::Type;

namespace {

Dockerfile file_with(const std::string& value) {
  return parse("FROM scratch\nRUN --mount=" + value + " b");
}

const Run& run_of(const Dockerfile& file) {
  return std::get<Run>(file.stages.at(0).instructions.at(0).body);
}

RunMount resolved(const std::string& value) {
  const Dockerfile file = file_with(value);
  return resolve_mount(file, run_of(file).mounts.at(0), [](const Word& word) {
    return word.text == "$x" ? "value" : word.text == "$none" ? "" : word.text;
  });
}

/// The mistake in `RUN --mount=<value> b` in line 2: its column (behind "RUN --mount=" that is 13),
/// a part of the message and one of the hint.
struct Mistake {
  const char* value;
  int column;
  const char* message;
  const char* hint = "";
};

void check_error(const trainyard::Error& error, const Mistake& mistake) {
  BOOST_TEST(error.subject() == "Dockerfile:2:" + std::to_string(mistake.column));
  BOOST_TEST(error.cause().find(mistake.message) != std::string::npos, error.cause());
  BOOST_TEST(error.hint().find(mistake.hint) != std::string::npos, error.hint());
  BOOST_TEST((error.code() == trainyard::ExitCode::usage));
  BOOST_TEST(error.excerpt().find('^') != std::string::npos);
}

void check(std::initializer_list<Mistake> mistakes) {
  for (const Mistake& mistake : mistakes) {
    BOOST_TEST_CONTEXT(mistake.value) {
      try {
        file_with(mistake.value);
        BOOST_ERROR("no error");
      } catch (const trainyard::Error& error) {
        check_error(error, mistake);
      }
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_bind_mount_is_the_default_and_read_only) {
  const RunMount mount = resolved("target=/src");
  BOOST_TEST((mount.type == Type::bind));
  BOOST_TEST(mount.target == "/src");
  BOOST_TEST(mount.source == "");
  BOOST_TEST(!mount.from.has_value());
  BOOST_TEST(mount.read_only);
}

BOOST_AUTO_TEST_CASE(options_have_other_names_and_letter_cases) {
  for (const char* name : {"target", "dst", "destination", "DST"})
    BOOST_TEST(resolved(std::string(name) + "=/a").target == "/a");
  BOOST_TEST(resolved("dst=/a,src=b").source == "b");
  BOOST_TEST(resolved("type=Bind,dst=/a,source=b,from=c").from->text == "c");
  for (const char* on : {"ro", "readonly", "ro=true", "ro=1", "rw=false", "readwrite=F"})
    BOOST_TEST(resolved("type=cache,dst=/a," + std::string(on)).read_only, on);
  for (const char* off : {"rw", "readwrite", "rw=T", "ro=false", "readonly=0"})
    BOOST_TEST(!resolved("dst=/a," + std::string(off)).read_only, off);
}

BOOST_AUTO_TEST_CASE(a_cache_takes_sharing_and_ownership) {
  const RunMount plain = resolved("type=cache,target=/root/.cache/pip");
  BOOST_TEST((plain.sharing == RunMount::Sharing::shared));
  BOOST_TEST(!plain.read_only);
  BOOST_TEST(plain.id == "");
  const RunMount mount = resolved(
      "type=cache,id=pip,target=/c,sharing=locked,mode=0700,uid=1000,gid=1001,from=a,source=b");
  BOOST_TEST(mount.id == "pip");
  BOOST_TEST((mount.sharing == RunMount::Sharing::locked));
  BOOST_TEST(*mount.mode == 0700u);
  BOOST_TEST(*mount.uid == 1000u);
  BOOST_TEST(*mount.gid == 1001u);
  BOOST_TEST(
      (resolved("type=cache,target=/c,sharing=Private").sharing == RunMount::Sharing::private_));
}

BOOST_AUTO_TEST_CASE(a_tmpfs_takes_a_size) {
  BOOST_TEST(resolved("type=tmpfs,target=/t,size=64m").size == uint64_t{64} << 20);
  BOOST_TEST(!resolved("type=tmpfs,target=/t").read_only);
}

BOOST_AUTO_TEST_CASE(a_secret_has_a_file_a_variable_or_both) {
  RunMount mount = resolved("type=secret,id=token");
  BOOST_TEST(mount.target == "/run/secrets/token");
  BOOST_TEST(mount.variable == "");
  BOOST_TEST(!mount.required);
  mount = resolved("type=secret,id=token,env=TOKEN");
  BOOST_TEST(mount.target == "");
  BOOST_TEST(mount.variable == "TOKEN");
  BOOST_TEST(resolved("type=secret,id=TOKEN,env=").variable == "TOKEN");
  mount = resolved("type=secret,id=token,env=TOKEN,target=/t,required,mode=0440,uid=1,gid=2");
  BOOST_TEST(mount.target == "/t");
  BOOST_TEST(mount.required);
  BOOST_TEST(*mount.mode == 0440u);
  // The id is the target's name when none is given; source is another word for id.
  BOOST_TEST(resolved("type=secret,target=/root/.aws/credentials").id == "credentials");
  BOOST_TEST(resolved("type=secret,source=a/b").id == "a/b");
  BOOST_TEST(resolved("type=secret,source=a/b").target == "/run/secrets/b");
  BOOST_TEST(!resolved("type=secret,id=a,required=false").required);
}

BOOST_AUTO_TEST_CASE(an_ssh_mount_has_an_id_of_its_own) {
  BOOST_TEST(resolved("type=ssh").id == "default");
  const RunMount mount = resolved("type=ssh,id=git,target=/agent,required=true,mode=0666");
  BOOST_TEST(mount.id == "git");
  BOOST_TEST(mount.target == "/agent");
  BOOST_TEST(mount.required);
}

BOOST_AUTO_TEST_CASE(several_mounts_and_other_flags_stand_side_by_side) {
  const Run run = parse_as<Run>(
      "RUN --mount=target=/a --network=none \\\n  --mount=type=tmpfs,target=/b --mount=type=ssh c");
  BOOST_TEST(run.mounts.size() == 3u);
  BOOST_TEST(run.network == "none");
  BOOST_TEST(run.command.argv == Strings{"c"});
}

BOOST_AUTO_TEST_CASE(values_may_be_quoted_and_hold_commas) {
  BOOST_TEST(resolved("\"target=/a b\",ro").target == "/a b");
  BOOST_TEST(resolved("'\"target=/a,b\",ro'").target == "/a,b");
  BOOST_TEST(resolved("'\"target=/a\"\"b\"'").target == "/a\"b");
}

BOOST_AUTO_TEST_CASE(mistakes_are_named_where_they_stand) {
  check(
      {{"type=cahe,target=/x", 13, "there is no mount type \"cahe\"", "\"cache\""},
       {"type=volume9,target=/x", 13, "there is no mount type", "write bind, cache, tmpfs"},
       {"type=cache,targt=/x", 24, "--mount has no option \"targt\"", "\"target\""},
       {"type=cache,zzzzzzzzz=/x", 24, "has no option \"zzzzzzzzz\"", "known are"},
       {"type=cache,target", 24, "option \"target\" needs a value", "target=VALUE"},
       {"target=", 13, "option \"target\" needs a value"},
       {"target=/x,from=", 23, "option \"from\" needs a value"},
       {"target=/x,,ro", 23, "an empty option", "without blanks"},
       {"target=/x,dst=/y", 23, "two options \"target\"", "keep one"},
       {"target=/x,ro,rw", 26, "\"readonly\" and \"readwrite\"", "keep one"},
       {"target=/x,ro=maybe", 23, "\"ro\" is true or false, not \"maybe\"", "ro=false"},
       {"target=/x,from=$a", 23, "variables have no meaning in from", "FROM $image AS"},
       {"target=/x,size=1g", 23, "type bind has no option \"size\"", "type=tmpfs"},
       {"target=/x,sharing=locked", 23, "type bind has no option \"sharing\"", "type=cache"},
       {"target=/x,required", 23, "type bind has no option", "type=secret or type=ssh"},
       {"target=/x,mode=0400", 23, "has no option \"mode\"", "type=cache or type=secret"},
       {"type=cache,target=/x,env=A", 34, "type cache has no option \"env\"", "type=secret"},
       {"type=tmpfs,target=/x,from=a", 34, "type tmpfs has no option \"from\""},
       {"type=ssh,source=a", 22, "type ssh has no option \"source\""},
       {"type=cache,id=x", 13, "a mount of type cache needs a target", "target=PATH"},
       {"type=tmpfs", 13, "a mount of type tmpfs needs a target"},
       {"source=a", 13, "a mount of type bind needs a target"},
       {"type=cache,target=/x,sharing=lokced", 34, "cannot be shared as \"lokced\"", "\"locked\""},
       {"type=cache,target=/x,sharing=9", 34, "cannot be shared", "shared, private or locked"},
       {"type=cache,target=/x,mode=0999", 34, "\"0999\" is no value for \"mode\"", "octal"},
       {"type=cache,target=/x,uid=root", 34, "\"root\" is no value for \"uid\"", "1000"},
       {"type=cache,target=/x,gid=-1", 34, "\"-1\" is no value for \"gid\""},
       {"type=cache,target=/x,source=a", 34, "the source of a cache", "from=STAGE"},
       {"type=tmpfs,target=/x,size=much", 34, "much"},
       {"type=secret", 13, "type secret needs an id", "--secret id=NAME"},
       {"type=secret,id=a,source=b", 30, "an id or a source, not both"},
       {"type=secret,target=/x/", 25, "ends in \"/\""},
       {"type=secret,id=a,env=B=C", 30, "holds no \"=\""}});
}

BOOST_AUTO_TEST_CASE(what_holds_variables_is_checked_when_they_are_expanded) {
  BOOST_TEST(resolved("target=$x").target == "value");
  BOOST_TEST(resolved("type=cache,id=$x,target=/c").id == "value");
  for (const auto& mistake :
       {Mistake{"type=$x,target=/a", 13, "there is no mount type \"value\""},
        Mistake{"type=cache,target=/a,sharing=$x", 34, "cannot be shared as \"value\""},
        Mistake{"target=$none", 13, "\"target\" expands to nothing", "ARG or ENV"}}) {
    BOOST_CHECK_NO_THROW(file_with(mistake.value));
    try {
      resolved(mistake.value);
      BOOST_ERROR("no error");
    } catch (const trainyard::Error& error) {
      check_error(error, mistake);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_continued_line_is_shown_in_its_own_line) {
  try {
    parse("FROM a\nRUN --network=none \\\n  --mount=type=cache,targt=/x b");
    BOOST_ERROR("no error");
  } catch (const trainyard::Error& error) {
    BOOST_TEST(error.subject() == "Dockerfile:3:22");
    BOOST_TEST(error.excerpt() ==
               "  3 |   --mount=type=cache,targt=/x b\n"
               "    |                      ^~~~~~~~\n");
  }
}

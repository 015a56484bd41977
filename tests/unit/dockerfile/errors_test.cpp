#include "base/error.hpp"
#include "parsing.hpp"

using namespace dockerfile_test;

namespace {

struct Case {
  const char* text;
  const char* place;      ///< "line:column", empty for the file as a whole
  const char* fragment;   ///< of the message
  const char* hint = "";  ///< a fragment of the hint
};

void check(const Case& each) {
  BOOST_TEST_CONTEXT(each.text) {
    try {
      parse(each.text);
      BOOST_ERROR("no error");
    } catch (const trainyard::Error& error) {
      const std::string place = each.place;
      BOOST_TEST(error.subject() == (place.empty() ? "Dockerfile" : "Dockerfile:" + place));
      BOOST_TEST(error.cause().find(each.fragment) != std::string::npos, error.cause());
      BOOST_TEST(error.hint().find(each.hint) != std::string::npos, error.hint());
      BOOST_TEST((error.code() == trainyard::ExitCode::usage));
      BOOST_TEST((place.empty() || error.excerpt().find('^') != std::string::npos));
    }
  }
}

void check(std::initializer_list<Case> cases) {
  for (const Case& each : cases) check(each);
}

std::string excerpt_of(const std::string& text) {
  try {
    parse(text);
  } catch (const trainyard::Error& error) {
    return error.excerpt();
  }
  return "no error";
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_file_without_stages_is_refused) {
  check({{"", "", "holds no instruction", "FROM"},
         {"# only a comment\n\n", "", "holds no instruction"},
         {"ARG a=1\n", "", "holds no FROM"},
         {"RUN a\nFROM b", "1:1", "RUN stands before the first FROM", "only ARG"},
         {"ARG a\n  COPY . .", "2:3", "COPY stands before the first FROM"}});
}

BOOST_AUTO_TEST_CASE(unknown_instructions_are_refused_with_the_nearest) {
  check({{"FROM a\nRNU b", "2:1", "unknown instruction \"RNU\"", "did you mean \"RUN\"?"},
         {"FORM a", "1:1", "unknown instruction \"FORM\"", "\"FROM\""},
         {"FROM a\nENTRYPONT b", "2:1", "unknown instruction", "\"ENTRYPOINT\""},
         {"FROM a\nRUN b &&\n    apt-get update", "3:5", "unknown instruction \"apt-get\"",
          "must end with \\"},
         {"FROM a\n&& b", "2:1", "unknown instruction \"&&\""}});
}

BOOST_AUTO_TEST_CASE(unknown_and_malformed_flags_are_refused) {
  check(
      {{"FROM a\nCOPY --form=b c d", "2:6", "COPY has no flag --form", "did you mean \"--from\"?"},
       {"FROM a\nCOPY --chown=1 \\\n  --chmd=2 a b", "3:3", "COPY has no flag --chmd", "--chmod"},
       {"FROM --os=x a", "1:6", "FROM has no flag --os"},
       {"FROM a\nENV --x=1 a=b", "2:5", "ENV has no flag --x", "takes no flags"},
       {"FROM a\nCMD --x", "2:5", "CMD has no flag --x"},
       {"FROM a\nCOPY --from= a b", "2:6", "--from needs a value"},
       {"FROM a\nCOPY --chown a b", "2:6", "--chown needs a value", "--chown=VALUE"},
       {"FROM a\nCOPY --chown=1 --chown=2 a b", "2:16", "--chown stands twice"},
       {"FROM a\nCOPY --chown=\"1 a b", "2:6", "a quote in this flag is not closed"},
       {"FROM a\nRUN --network=nome b", "2:15", "there is no network \"nome\"", "\"none\""},
       {"FROM a\nRUN --network=bridge99 b", "2:15", "there is no network", "default, none or host"},
       {"FROM a\nRUN --security=unsafe b", "2:16", "there is no security mode \"unsafe\"",
        "sandbox or insecure"}});
}

BOOST_AUTO_TEST_CASE(malformed_here_documents_are_refused) {
  check({{"FROM a\nRUN cat <<EOF > /x\nhello\n", "2:9", "this here-document is not ended",
          "a line that holds \"EOF\" and nothing else"},
         {"FROM a\nRUN <<A cat <<B\nx\nA\ny\n", "2:13", "this here-document is not ended", "\"B\""},
         {"FROM a\nRUN <<EOF\n\tEOF\n", "2:5", "this here-document is not ended"},
         {"FROM a\nRUN <<a/b\n#!/bin/sh\na/b\n", "2:5", "a script cannot be called \"a/b\""},
         {"FROM a\nCOPY <<a/b /x/\na/b\n", "2:6", "a file cannot be called \"a/b\"", "plain name"},
         {"FROM a\nCOPY a <<EOF\nEOF\n", "2:8", "COPY cannot write to a here-document"},
         {"FROM a\nCOPY <<EOF\nEOF\n", "2:6", "COPY cannot write to a here-document"},
         {"FROM a\nRUN <<EOF\nx\xff\nEOF\n", "3:2", "not UTF-8"}});
}

BOOST_AUTO_TEST_CASE(malformed_flags_of_copy_and_add_are_refused) {
  check({{"FROM a\nCOPY --link=yes a b", "2:6", "--link is true or false, not \"yes\""},
         {"FROM a\nCOPY --parents --parents a b", "2:16", "--parents stands twice"},
         {"FROM a\nCOPY --exclude a b", "2:6", "--exclude needs a value"},
         {"FROM a\nCOPY --unpack a b", "2:6", "COPY has no flag --unpack"},
         {"FROM a\nADD --parents a b", "2:5", "ADD has no flag --parents"},
         {"FROM a\nCOPY https://e.org/f.tgz /b", "2:6", "COPY takes files of the context", "ADD"}});
}

BOOST_AUTO_TEST_CASE(malformed_triggers_are_refused) {
  check({{"FROM a\nONBUILD", "2:1", "ONBUILD needs an instruction"},
         {"FROM a\nONBUILD ONBUILD RUN b", "2:9", "ONBUILD cannot be a trigger"},
         {"FROM a\nONBUILD FROM b", "2:9", "FROM cannot be a trigger"},
         {"FROM a\nONBUILD maintainer b", "2:9", "MAINTAINER cannot be a trigger"},
         {"FROM a\nONBUILD COPPY a b", "2:9", "unknown instruction \"COPPY\"", "COPY"},
         {"FROM a\nONBUILD COPY a", "2:9", "COPY needs a source and a destination"}});
}

BOOST_AUTO_TEST_CASE(malformed_substitutions_are_refused) {
  check({{"FROM a\nENV b=${c#d", "2:7", "\"${\" has no closing \"}\""},
         {"FROM a\nENV b=x \\\n c=\"y${c:%d}\"", "3:6", "has no meaning as a variable"},
         {"FROM a\nWORKDIR /${c/d}", "2:10", "this replacement has no second \"/\"",
          "${variable/pattern/text}"}});
}

BOOST_AUTO_TEST_CASE(malformed_from_is_refused) {
  check({{"FROM", "1:1", "FROM needs an image"},
         {"FROM a b", "1:8", "\"b\" stands where only AS may stand"},
         {"FROM a # note", "1:8", "\"#\" stands where", "a line of its own"},
         {"FROM a AS", "1:8", "AS is not followed by a name"},
         {"FROM a AS b c", "1:13", "nothing may follow"},
         {"FROM a AS 1b", "1:11", "\"1b\" cannot be the name of a stage"},
         {"FROM a AS b/c", "1:11", "cannot be the name of a stage", "begins with a letter"},
         {"FROM ${a", "1:6", "no closing"},
         {"FROM --platform=${ a", "1:17", "no closing"}});
}

BOOST_AUTO_TEST_CASE(missing_arguments_are_refused) {
  check({{"FROM a\nRUN", "2:1", "RUN needs a command"},
         {"FROM a\nRUN --network=none", "2:1", "RUN needs a command"},
         {"FROM a\nCMD", "2:1", "CMD needs a command", "CMD [\"program\""},
         {"FROM a\nENTRYPOINT \\\n", "2:1", "ENTRYPOINT needs a command"},
         {"FROM a\nCOPY", "2:1", "COPY needs a source and a destination"},
         {"FROM a\nCOPY x", "2:6", "COPY needs a source and a destination"},
         {"FROM a\nADD [\"x\"]", "2:5", "ADD needs a source and a destination"},
         {"FROM a\nENV", "2:1", "ENV needs a name and a value"},
         {"FROM a\nENV x", "2:5", "ENV needs a name and a value"},
         {"FROM a\nARG", "2:1", "ARG needs a name"},
         {"FROM a\nLABEL", "2:1", "LABEL needs a name and a value"},
         {"FROM a\nWORKDIR", "2:1", "WORKDIR needs a path"},
         {"FROM a\nUSER", "2:1", "USER needs a user"},
         {"FROM a\nEXPOSE", "2:1", "EXPOSE needs a port"},
         {"FROM a\nVOLUME", "2:1", "VOLUME needs a path"},
         {"FROM a\nVOLUME []", "2:8", "VOLUME needs a path"},
         {"FROM a\nSTOPSIGNAL", "2:1", "STOPSIGNAL needs a signal"},
         {"FROM a\nMAINTAINER", "2:1", "MAINTAINER needs a name"},
         {"FROM a\nHEALTHCHECK", "2:1", "HEALTHCHECK needs CMD or NONE"},
         {"FROM a\nHEALTHCHECK CMD", "2:13", "HEALTHCHECK CMD needs a command"}});
}

BOOST_AUTO_TEST_CASE(arrays_that_hold_no_strings_are_refused) {
  check({{"FROM a\nRUN [\"b\", 1]", "2:11", "only strings may stand in this array, not a number"},
         {"FROM a\nRUN [ \"b,]\", true , \"c\"]", "2:14", "not a boolean", "double quotes"},
         {"FROM a\nCMD [null]", "2:6", "not null"},
         {"FROM a\nENTRYPOINT [[\"b\"], \"c\"]", "2:13", "not an array"},
         {"FROM a\nCOPY [\"b\", \\\n  {\"a\": [1, 2]}, \"c\"]", "3:3", "not an object"},
         {"FROM a\nRUN []", "2:5", "RUN in exec form names no program"},
         {"FROM a\nRUN [\"\"]", "2:5", "names no program"},
         {"FROM a\nCMD [\"a\\u0000b\"]", "2:6", "cannot hold the character"},
         {"FROM a\nSHELL /bin/bash", "2:7", "SHELL needs a JSON array", "[\"/bin/bash\", \"-c\"]"},
         {"FROM a\nSHELL []", "2:7", "names no program"},
         {"FROM a\nVOLUME [\"\"]", "2:10", "a path must not be empty"},
         {"FROM a\nCOPY [\"b\", \"\"]", "2:13", "a path must not be empty"}});
}

BOOST_AUTO_TEST_CASE(malformed_values_are_refused) {
  check({{"FROM a\nENV b=1 c", "2:9", "\"c\" is not of the form name=value", "double quotes"},
         {"FROM a\nENV b=1 \\\n   =2", "3:4", "ENV has a value without a name"},
         {"FROM a\nARG =2", "2:5", "ARG has a value without a name"},
         {"FROM a\nENV b=\"c", "2:7", "this double quote is not closed"},
         {"FROM a\nENV b it's", "2:9", "this single quote is not closed", "\\'"},
         {"FROM a\nLABEL b=c d=\\\n'e", "3:1", "this single quote is not closed"},
         {"FROM a\nUSER ${}", "2:6", "not followed by a variable's name"},
         {"FROM a\nEXPOSE 1 ${x!}", "2:10", "has no meaning as a variable"},
         {"FROM a\nSTOPSIGNAL 9 15", "2:14", "STOPSIGNAL takes one signal"},
         {"FROM a\nCOPY \"b c\" d", "2:6", "quotes do not keep words together in COPY",
          "COPY [\"a source\""},
         {"FROM a\nCOPY --from=$b c d", "2:13", "variables have no meaning in COPY --from",
          "name a stage"},
         {"FROM a\nCOPY https://e.org/x /b", "2:6", "COPY takes files of the context"},
         {"FROM a\nHEALTHCHECK curl x", "2:13", "HEALTHCHECK needs CMD or NONE, not \"curl\""},
         {"FROM a\nHEALTHCHECK NONE x", "2:18", "nothing may follow HEALTHCHECK NONE"},
         {"FROM a\nHEALTHCHECK --interval=x CMD y", "2:24", "\"x\" is not a duration"},
         {"FROM a\nHEALTHCHECK --timeout=10us CMD y", "2:23", "must be 0 or at least 1ms"},
         {"FROM a\nHEALTHCHECK --retries=-1 CMD y", "2:23", "is not a number of retries"}});
}

BOOST_AUTO_TEST_CASE(malformed_directives_and_bytes_are_refused) {
  check({{"# escape=x\nFROM a", "1:10", "the escape character must be"},
         {"# escape=`\n# escape=`\nFROM a", "2:1", "the directive \"escape\" stands twice"},
         {"# check=skp=x\nFROM a", "1:9", "the directive \"check\" has no setting \"skp=x\""},
         {"FROM a\nRUN b\xff", "2:6", "not UTF-8"},
         {"FROM a\nENV b=\xc3", "2:7", "not UTF-8", "UTF-8"}});
  BOOST_CHECK_THROW(parse(std::string("FROM a\nRUN b\0c", 14)), trainyard::Error);
  // A comment may hold whatever it likes.
  BOOST_CHECK_NO_THROW(parse("# caf\xe9\nFROM a"));
}

BOOST_AUTO_TEST_CASE(the_excerpt_shows_the_line_and_a_caret_below_the_word) {
  BOOST_TEST(excerpt_of("FROM a\nRUN --network=none \\\n    --mount=type=tmpfs b") ==
             "  3 |     --mount=type=tmpfs b\n"
             "    |             ^~~~~~~~~~\n");
}

BOOST_AUTO_TEST_CASE(a_very_long_line_is_shown_around_its_column) {
  const std::string excerpt =
      excerpt_of("FROM a\nENV " + std::string(100000, 'x') + "=${ " + std::string(100000, 'y'));
  BOOST_TEST(excerpt.size() < 500u);
  BOOST_TEST(excerpt.find("=${ yyy") != std::string::npos);
  const size_t caret = excerpt.rfind('^') - excerpt.find('\n') - 1;
  BOOST_TEST(excerpt[caret] == '$');
}

#include "checking.hpp"

// Each rule where it fires and where it does not, as its published page says.

using namespace lint_test;

BOOST_AUTO_TEST_CASE(stage_name_casing) {
  BOOST_TEST((published("FROM scratch AS Build") == Strings{"StageNameCasing 1:17"}));
  BOOST_TEST(published("FROM scratch AS build").empty());
}

BOOST_AUTO_TEST_CASE(from_as_casing) {
  BOOST_TEST((published("FROM scratch as b") == Strings{"FromAsCasing 1:14"}));
  BOOST_TEST((published("from scratch AS b") == Strings{"FromAsCasing 1:14"}));
  BOOST_TEST((published("FROM scratch As b") == Strings{"FromAsCasing 1:14"}));
  BOOST_TEST(published("from scratch as b").empty());
  // Of a keyword in mixed case that itself is reported, and AS is left alone.
  BOOST_TEST((published("From scratch as b") == Strings{"ConsistentInstructionCasing 1:1"}));
}

BOOST_AUTO_TEST_CASE(no_empty_continuation) {
  BOOST_TEST((published("FROM scratch\nRUN b \\\n\n && c") == Strings{"NoEmptyContinuation 3:1"}));
  BOOST_TEST(published("FROM scratch\nRUN b \\\n# note\n && c\n\n").empty());
}

BOOST_AUTO_TEST_CASE(consistent_instruction_casing) {
  const auto casing = [](const std::string& place) {
    return Strings{"ConsistentInstructionCasing " + place};
  };
  BOOST_TEST((published("FROM scratch\nrun b\nRUN c") == casing("2:1")));
  BOOST_TEST((published("from scratch\nrun b\nRUN c") == casing("3:1")));
  BOOST_TEST((published("FROM scratch\nRun b\nRUN c") == casing("2:1")));
  BOOST_TEST((published("FROM scratch\nrun b") == casing("2:1")));
  // The ARGs before the first FROM are not counted.
  BOOST_TEST(published("arg a=1\narg b=1\nFROM scratch\nRUN c").empty());
}

BOOST_AUTO_TEST_CASE(duplicate_stage_name) {
  BOOST_TEST((published("FROM scratch AS x\nFROM scratch AS X\nFROM scratch AS y") ==
              Strings{"StageNameCasing 2:17", "DuplicateStageName 2:17"}));
}

BOOST_AUTO_TEST_CASE(reserved_stage_name) {
  BOOST_TEST((published("FROM scratch AS context") == Strings{"ReservedStageName 1:17"}));
  BOOST_TEST((published("FROM base AS scratch") == Strings{"ReservedStageName 1:14"}));
}

BOOST_AUTO_TEST_CASE(json_args_recommended) {
  BOOST_TEST((published("FROM scratch\nENTRYPOINT b\nCMD c") ==
              Strings{"JSONArgsRecommended 2:1", "JSONArgsRecommended 3:1"}));
  BOOST_TEST(published("FROM scratch\nCMD [\"c\"]").empty());
  BOOST_TEST(published("FROM scratch\nSHELL [\"s\"]\nCMD c").empty());
  BOOST_TEST(published("FROM scratch AS a\nSHELL [\"s\"]\nFROM a\nCMD c").empty());
  BOOST_TEST(mend_of("FROM scratch\nCMD python3  train.py") ==
             "write CMD [\"python3\", \"train.py\"]");
  BOOST_TEST(mend_of("FROM scratch\nCMD a && b") == "write CMD [\"program\", \"argument\"]");
  BOOST_TEST(mend_of("FROM scratch\nCMD ['a']").starts_with("quote with \""));
}

BOOST_AUTO_TEST_CASE(maintainer_deprecated) {
  BOOST_TEST((published("FROM scratch\nMAINTAINER b c") == Strings{"MaintainerDeprecated 2:1"}));
  BOOST_TEST(mend_of("FROM scratch\nMAINTAINER b c") ==
             "write LABEL org.opencontainers.image.authors=\"b c\"");
}

BOOST_AUTO_TEST_CASE(undefined_arg_in_from) {
  BOOST_TEST(
      (published("ARG tag=1\nFROM base:${tag}${version}") == Strings{"UndefinedArgInFrom 2:6"}));
  BOOST_TEST((published("FROM --platform=$BULIDPLATFORM/amd64 scratch") ==
              Strings{"UndefinedArgInFrom 1:17"}));
  BOOST_TEST(mend_of("ARG MY_IMAGE=scratch\nFROM scratch${MYIMAGE}") ==
             "did you mean \"MY_IMAGE\"?");
  BOOST_TEST(published("ARG DEBUG\nFROM scratch${DEBUG}").empty());
  BOOST_TEST(published("FROM --platform=$BUILDPLATFORM scratch").empty());
}

BOOST_AUTO_TEST_CASE(workdir_relative_path) {
  BOOST_TEST(
      (published("FROM scratch\nWORKDIR app/\nWORKDIR b") == Strings{"WorkdirRelativePath 2:9"}));
  BOOST_TEST(published("FROM scratch AS a\nWORKDIR /app\nFROM a\nWORKDIR sub").empty());
  BOOST_TEST((published("FROM base\nWORKDIR $BASE") == Strings{"WorkdirRelativePath 2:9"}));
}

BOOST_AUTO_TEST_CASE(undefined_var) {
  BOOST_TEST((published("FROM base AS b\nCOPY $foo .\nARG foo=bar\nRUN echo $foo") ==
              Strings{"UndefinedVar 2:6"}));
  BOOST_TEST((published("FROM scratch\nENV a=1 b=/x/${a}") == Strings{"UndefinedVar 2:14"}));
  BOOST_TEST((published("FROM scratch\nARG a=1 b=$a c=$d") == Strings{"UndefinedVar 2:16"}));
  // A word that goes on in the next line.
  BOOST_TEST((published("FROM scratch\nENV a=/xxxxxxxxxxxxxxxx\\\n# $d\nyy/${d}/z") ==
              Strings{"UndefinedVar 4:4"}));
  BOOST_TEST((published("FROM scratch\nENV a=/x\\\n${d\\\ne}") == Strings{"UndefinedVar 2:7"}));
  BOOST_TEST(mend_of("FROM scratch\nENV PATH=$PAHT:/x") == "did you mean \"$PATH\"?");
  BOOST_TEST((published("FROM scratch\nENV a=${foo:-x}") == Strings{"UndefinedVar 2:7"}));
  BOOST_TEST(published("FROM scratch\nARG foo\nCOPY x$foo /").empty());
  BOOST_TEST(published("FROM base AS b\nARG foo=x\nFROM b\nCOPY $foo $BASE").empty());
  // A variable that the base image sets is one that is set; RUN and EXPOSE are not looked at.
  BOOST_TEST(published("FROM base\nLABEL a=$BASE\nRUN $x\nEXPOSE 80$y").empty());
}

BOOST_AUTO_TEST_CASE(of_an_unknown_base_image_undefined_variables_are_notes) {
  BOOST_TEST((published("FROM unknown:1\nENV A=$HOME_OF_CUDA") == Strings{"UndefinedVar 2:7?"}));
  BOOST_TEST((published("FROM unknown:1\nENV PATH=$PAHT") == Strings{"UndefinedVar 2:10"}));
}

BOOST_AUTO_TEST_CASE(multiple_instructions_disallowed) {
  const std::string rule = "MultipleInstructionsDisallowed ";
  BOOST_TEST(
      (published("FROM scratch\nCMD [\"b\"]\nENTRYPOINT [\"c\"]\nCMD [\"d\"]\nCMD [\"e\"]") ==
       Strings{rule + "2:1", rule + "4:1"}));
  BOOST_TEST(
      (published("FROM scratch\nHEALTHCHECK NONE\nHEALTHCHECK CMD x") == Strings{rule + "2:1"}));
  BOOST_TEST(published("FROM scratch AS a\nCMD [\"b\"]\nFROM a\nCMD [\"d\"]").empty());
}

BOOST_AUTO_TEST_CASE(legacy_key_value_format) {
  BOOST_TEST((published("FROM scratch\nENV b c\nLABEL d e") ==
              Strings{"LegacyKeyValueFormat 2:5", "LegacyKeyValueFormat 3:7"}));
  BOOST_TEST(mend_of("FROM scratch\nENV b c d") == "write ENV b=\"c d\"");
  BOOST_TEST(mend_of("FROM scratch\nENV b = c") == "write ENV b=c");
}

BOOST_AUTO_TEST_CASE(invalid_base_image_platform) {
  auto known = surroundings();
  known.platform = {"linux", "arm64", ""};
  BOOST_TEST((published("FROM base", known) == Strings{"InvalidBaseImagePlatform 1:6"}));
  BOOST_TEST(published("FROM base").empty());
}

BOOST_AUTO_TEST_CASE(redundant_target_platform) {
  BOOST_TEST((published("FROM --platform=$TARGETPLATFORM scratch") ==
              Strings{"RedundantTargetPlatform 1:17"}));
  BOOST_TEST((published("FROM --platform=${TARGETPLATFORM} scratch") ==
              Strings{"RedundantTargetPlatform 1:17"}));
  BOOST_TEST(published("FROM --platform=$BUILDPLATFORM scratch").empty());
}

BOOST_AUTO_TEST_CASE(secrets_used_in_arg_or_env) {
  const std::string rule = "SecretsUsedInArgOrEnv ";
  BOOST_TEST((published("FROM scratch\nARG SECRET_PASSPHRASE\nENV SUPER_Secret=foo\n"
                        "ENV password=bar plain=x auth=\nENV apikey=bar git_key=") ==
              Strings{rule + "2:5", rule + "3:5", rule + "4:5", rule + "4:26", rule + "5:5",
                      rule + "5:16"}));
  BOOST_TEST(
      published("FROM scratch\nENV PUBLIC_KEY=\nARG public_token\nARG SECRET_PASSPHRASE_FILE\n"
                "ENV password_file=bar\nARG AUTH_MODULE_VERSION\nARG MONKEY=1 AUTHOR=2")
          .empty());
  // Before the first FROM nothing gets into an image.
  BOOST_TEST(published("ARG TOKEN\nFROM scratch").empty());
}

BOOST_AUTO_TEST_CASE(invalid_default_arg_in_from) {
  auto known = surroundings();
  known.build_args = {{"VERSION", "1"}, {"IMAGE", "base"}};
  BOOST_TEST((published("ARG VERSION\nFROM box:$VERSION", known) ==
              Strings{"InvalidDefaultArgInFrom 2:6"}));
  BOOST_TEST(
      (published("ARG IMAGE\nFROM $IMAGE", known) == Strings{"InvalidDefaultArgInFrom 2:6"}));
  BOOST_TEST(published("ARG VERSION=2\nFROM box:$VERSION", known).empty());
  BOOST_TEST(published("ARG VARIANT\nFROM box:stable${VARIANT}", known).empty());
  BOOST_TEST(published("ARG TAG\nFROM box:${TAG:-3.14}", known).empty());
}

BOOST_AUTO_TEST_CASE(from_platform_flag_const_disallowed) {
  BOOST_TEST((published("FROM --platform=linux/amd64 scratch") ==
              Strings{"FromPlatformFlagConstDisallowed 1:17"}));
  BOOST_TEST(published("FROM --platform=linux/amd64 scratch AS my_amd64_stage").empty());
  BOOST_TEST(published("FROM --platform=linux/amd64 scratch AS linux").empty());
}

BOOST_AUTO_TEST_CASE(copy_ignored_file) {
  auto known = surroundings();
  const auto found_with = [&known](const std::string& ignore, const std::string& text) {
    const auto file = trainyard::dockerfile::IgnoreFile::parse(ignore, ".dockerignore");
    known.ignore = &file;
    return published("FROM scratch\n" + text, known);
  };
  BOOST_TEST((found_with("Dockerfile", "COPY Dockerfile .\nADD ./Dockerfile /w") ==
              Strings{"CopyIgnoredFile 2:6", "CopyIgnoredFile 3:5"}));
  BOOST_TEST((found_with("*/tmp/*", "COPY a/tmp/b /b") == Strings{"CopyIgnoredFile 2:6"}));
  BOOST_TEST(found_with("foobar", "COPY Dockerfile /foobar").empty());
  BOOST_TEST(found_with("*\n!Dockerfile", "COPY ./Dockerfile .\nCOPY . .").empty());
  BOOST_TEST(found_with(".*", "COPY . .").empty());
  BOOST_TEST((found_with("*", "COPY . .") == Strings{"CopyIgnoredFile 2:6"}));
  BOOST_TEST(found_with("x", "COPY --from=base x /x").empty());
}

BOOST_AUTO_TEST_CASE(invalid_definition_description) {
  const std::string asked = "# check=experimental=InvalidDefinitionDescription\n";
  const std::string rule = "InvalidDefinitionDescription ";
  const std::string file =
      "# bar this is the bar\nARG foo=bar\n# BasE this is the image\nFROM scratch AS base\n"
      "# some remark\nARG version=1\n# some remark\nARG a=1 b=2\n";
  BOOST_TEST(
      (published(asked + file) == Strings{rule + "3:1", rule + "5:1", rule + "7:1", rule + "9:1"}));
  BOOST_TEST(published(file).empty());
  BOOST_TEST(
      published(asked +
                "# foo this is it\nARG foo=bar\n# base x\nFROM scratch AS base\n"
                "# something\n\nARG version=1\n# something\n#\nARG w=1\n# b too\nARG a=1 b=2\n"
                "# anything\nRUN x")
          .empty());
}

BOOST_AUTO_TEST_CASE(expose_proto_casing) {
  BOOST_TEST((published("FROM scratch\nEXPOSE 80/TcP 8080/TCP 8080/udp") ==
              Strings{"ExposeProtoCasing 2:8", "ExposeProtoCasing 2:15"}));
  BOOST_TEST(mend_of("FROM scratch\nEXPOSE 8000-8001/TCP") == "write EXPOSE 8000-8001/tcp");
}

BOOST_AUTO_TEST_CASE(expose_invalid_format) {
  BOOST_TEST(
      (published("FROM scratch\nEXPOSE 127.0.0.1:80:80 [::1]:8080:8080 5000:5000 8000") ==
       Strings{"ExposeInvalidFormat 2:8", "ExposeInvalidFormat 2:24", "ExposeInvalidFormat 2:40"}));
  BOOST_TEST(mend_of("FROM scratch\nEXPOSE 5000:80") == "write EXPOSE 80");
}

BOOST_AUTO_TEST_CASE(stages_that_are_not_built_are_checked_for_their_spelling_alone) {
  auto known = surroundings();
  known.needed = std::set<int>{1};
  BOOST_TEST((published("FROM scratch AS A\nCMD x\nFROM scratch\nCMD y", known) ==
              Strings{"StageNameCasing 1:17", "JSONArgsRecommended 4:1"}));
}

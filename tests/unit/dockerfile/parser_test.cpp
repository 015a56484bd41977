#include "parsing.hpp"

using namespace dockerfile_test;
using namespace trainyard::dockerfile;

BOOST_AUTO_TEST_CASE(a_from_opens_a_stage) {
  const auto file = parse("FROM debian:12\nRUN a\nFROM  alpine   AS  Build\nRUN b\nRUN c");
  BOOST_REQUIRE_EQUAL(file.stages.size(), 2u);
  BOOST_TEST(file.stages[0].from.image.text == "debian:12");
  BOOST_TEST(file.stages[0].from.name.empty());
  BOOST_TEST(file.stages[0].instructions.size() == 1u);
  BOOST_TEST(file.stages[1].from.image.text == "alpine");
  BOOST_TEST(file.stages[1].from.name == "build");
  BOOST_TEST(file.stages[1].instructions.size() == 2u);
  BOOST_TEST(file.stages[1].at.line == 3);
  BOOST_TEST(file.stages[1].text == "FROM  alpine   AS  Build");
}

BOOST_AUTO_TEST_CASE(a_from_takes_variables_digests_and_a_platform) {
  const auto file = parse(
      "ARG base=x\nFROM --platform=$BUILDPLATFORM ${base:-debian}@sha256:ab as b-1_.2\nFROM "
      "b-1_.2");
  const From& from = file.stages[0].from;
  BOOST_TEST(from.image.text == "${base:-debian}@sha256:ab");
  BOOST_REQUIRE(from.platform.has_value());
  BOOST_TEST(from.platform->text == "$BUILDPLATFORM");
  BOOST_TEST(from.platform->at.line == 2);
  BOOST_TEST(from.platform->at.column == 17);
  BOOST_TEST(from.name == "b-1_.2");
}

BOOST_AUTO_TEST_CASE(args_before_the_first_from_are_global) {
  const auto file = parse("ARG a=1 b\nARG c=\"x y\"\nFROM $a\nARG a");
  BOOST_REQUIRE_EQUAL(file.global_args.size(), 2u);
  BOOST_TEST(file.global_args[0].declarations[0].name.text == "a");
  BOOST_TEST(file.global_args[0].declarations[0].value->text == "1");
  BOOST_TEST(file.global_args[0].declarations[1].name.text == "b");
  BOOST_TEST(!file.global_args[0].declarations[1].value.has_value());
  BOOST_TEST(file.global_args[1].declarations[0].value->text == "\"x y\"");
  BOOST_TEST(file.stages[0].instructions.size() == 1u);
}

BOOST_AUTO_TEST_CASE(an_arg_may_have_an_empty_value) {
  const Arg arg = parse_as<Arg>("ARG a= b='c d' e");
  BOOST_REQUIRE_EQUAL(arg.declarations.size(), 3u);
  BOOST_TEST(arg.declarations[0].value->text == "");
  BOOST_TEST(arg.declarations[1].value->text == "'c d'");
  BOOST_TEST(arg.declarations[1].value->at.column == 10);
}

BOOST_AUTO_TEST_CASE(keywords_may_be_written_in_any_case) {
  const auto file = parse("from a as b\nrun c\nWorkDir /x");
  BOOST_TEST(file.stages[0].from.name == "b");
  BOOST_TEST(file.stages[0].instructions.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_run_in_shell_form_keeps_its_text) {
  const Run run = parse_as<Run>("RUN  echo \"$x\" 'a  b' && true # end");
  BOOST_TEST(!run.command.exec_form);
  BOOST_TEST((run.command.argv == Strings{"echo \"$x\" 'a  b' && true # end"}));
  BOOST_TEST(run.network.empty());
}

BOOST_AUTO_TEST_CASE(a_run_in_shell_form_may_hold_anything_that_expansion_would_refuse) {
  for (const char* text :
       {"echo it's", "echo ${x%%.*} ${y/a/b} ${#z}", "cat <<<word", "echo $((1 << 2))", "a < b"})
    BOOST_TEST((parse_as<Run>(std::string("RUN ") + text).command.argv == Strings{text}));
}

BOOST_AUTO_TEST_CASE(a_run_in_exec_form_keeps_every_string) {
  const Run run = parse_as<Run>("RUN [\"sh\", \"-c\", \"a \\\"b\\\" \\u00e9\\n$x\", \"\"]");
  BOOST_TEST(run.command.exec_form);
  BOOST_TEST((run.command.argv == Strings{"sh", "-c", "a \"b\" é\n$x", ""}));
}

BOOST_AUTO_TEST_CASE(an_invalid_json_array_is_shell_form) {
  for (const char* text :
       {"['a', 'b']", "[ -f /x ] && y", "[\"a\", \"b\"] c", "[\"a\" \"b\"]", "[\"a\",]"}) {
    const Run run = parse_as<Run>(std::string("RUN ") + text);
    BOOST_TEST(!run.command.exec_form, text);
    BOOST_TEST((run.command.argv == Strings{text}));
  }
}

BOOST_AUTO_TEST_CASE(a_run_may_choose_its_network) {
  for (const char* network : {"none", "default", "host"})
    BOOST_TEST(parse_as<Run>(std::string("RUN --network=") + network + " a --b").network ==
               network);
  BOOST_TEST((parse_as<Run>("RUN --network=\"none\" a").network == "none"));
  BOOST_TEST((parse_as<Run>("RUN --network=none a --b").command.argv == Strings{"a --b"}));
}

BOOST_AUTO_TEST_CASE(two_dashes_alone_end_the_flags) {
  BOOST_TEST((parse_as<Run>("RUN -- --mount=x").command.argv == Strings{"-- --mount=x"}));
}

BOOST_AUTO_TEST_CASE(the_text_of_an_instruction_is_one_line) {
  const auto instruction = parse_one("RUN --network=none a \\\n  # note\n  && b");
  BOOST_TEST(instruction.text == "RUN --network=none a   && b");
  BOOST_TEST(instruction.at.line == 2);
  BOOST_TEST(instruction.at.column == 1);
  BOOST_TEST(instruction.at.end_line == 4);
}

BOOST_AUTO_TEST_CASE(a_copy_has_sources_and_a_destination) {
  const Copy copy = parse_as<Copy>("COPY a  b/*.c \\\n  $x/ /dest/");
  BOOST_TEST(!copy.add);
  BOOST_TEST((texts(copy.sources) == Strings{"a", "b/*.c", "$x/"}));
  BOOST_TEST(copy.destination.text == "/dest/");
  BOOST_TEST(copy.sources[1].at.line == 2);
  BOOST_TEST(copy.sources[1].at.column == 9);
  BOOST_TEST(copy.sources[2].at.line == 3);
  BOOST_TEST(copy.sources[2].at.column == 3);
  BOOST_TEST(!copy.from.has_value());
}

BOOST_AUTO_TEST_CASE(a_copy_takes_flags) {
  const Copy copy = parse_as<Copy>("COPY --from=build --chown=$u:g --chmod=u+x,go-w /a /b");
  BOOST_TEST(copy.from->text == "build");
  BOOST_TEST(copy.from->at.column == 13);
  BOOST_TEST(copy.chown->text == "$u:g");
  BOOST_TEST(copy.chmod->text == "u+x,go-w");
  BOOST_TEST((texts(copy.sources) == Strings{"/a"}));
}

BOOST_AUTO_TEST_CASE(a_copy_in_json_form_holds_blanks) {
  const Copy copy = parse_as<Copy>("COPY [\"a b\", \"c\", \"d e/\"]");
  BOOST_TEST((texts(copy.sources) == Strings{"a b", "c"}));
  BOOST_TEST(copy.destination.text == "d e/");
  BOOST_TEST(copy.sources[0].at.column == 8);
  BOOST_TEST(copy.destination.at.column == 20);
}

BOOST_AUTO_TEST_CASE(an_add_is_a_copy_that_unpacks) {
  const Copy copy = parse_as<Copy>("ADD --chown=1:2 --chmod=644 a.tar.gz /b");
  BOOST_TEST(copy.add);
  BOOST_TEST(copy.chown->text == "1:2");
  BOOST_TEST(copy.chmod->text == "644");
}

BOOST_AUTO_TEST_CASE(an_env_sets_several_variables) {
  const Env env = parse_as<Env>("ENV a=1 b=\"x y\" c=x\\ y d='$z' e= f=g=h");
  BOOST_TEST(
      (texts(env.variables) == Strings{"a=1", "b=\"x y\"", "c=x\\ y", "d='$z'", "e=", "f=g=h"}));
  BOOST_TEST(env.variables[1].key.at.column == 9);
  BOOST_TEST(env.variables[1].value.at.column == 11);
}

BOOST_AUTO_TEST_CASE(an_escape_character_keeps_words_together_but_not_in_single_quotes) {
  BOOST_TEST((texts(parse_as<Env>("ENV a='x\\' b=y").variables) == Strings{"a='x\\'", "b=y"}));
  BOOST_TEST((texts(parse_as<Env>("ENV a=\"x\\\" b=y\"").variables) == Strings{"a=\"x\\\" b=y\""}));
  BOOST_TEST((texts(parse_as<Env>("ENV a=\\\"x b=y").variables) == Strings{"a=\\\"x", "b=y"}));
}

BOOST_AUTO_TEST_CASE(an_env_over_several_lines_keeps_places) {
  const Env env = parse_as<Env>("ENV a=1 \\\n    b=2");
  BOOST_TEST((texts(env.variables) == Strings{"a=1", "b=2"}));
  BOOST_TEST(env.variables[1].key.at.line == 3);
  BOOST_TEST(env.variables[1].key.at.column == 5);
}

BOOST_AUTO_TEST_CASE(the_old_env_takes_the_rest_of_the_line) {
  BOOST_TEST((texts(parse_as<Env>("ENV a b  c").variables) == Strings{"a=b  c"}));
  BOOST_TEST((texts(parse_as<Env>("ENV a   b=1 c=2").variables) == Strings{"a=b=1 c=2"}));
  BOOST_TEST((texts(parse_as<Env>("ENV PATH /x:$PATH").variables) == Strings{"PATH=/x:$PATH"}));
}

BOOST_AUTO_TEST_CASE(labels_may_be_quoted) {
  const Label label = parse_as<Label>("LABEL \"a.b\"=\"c d\" e=f \\\n  g=\"h\\\"i\"");
  BOOST_TEST((texts(label.labels) == Strings{"\"a.b\"=\"c d\"", "e=f", "g=\"h\\\"i\""}));
}

BOOST_AUTO_TEST_CASE(workdir_user_and_stopsignal_hold_one_word) {
  BOOST_TEST(parse_as<Workdir>("WORKDIR /a b/$c").path.text == "/a b/$c");
  BOOST_TEST(parse_as<User>("USER ${u:-1000}:g").user.text == "${u:-1000}:g");
  BOOST_TEST(parse_as<StopSignal>("STOPSIGNAL SIGINT").signal.text == "SIGINT");
  BOOST_TEST(parse_as<Workdir>("WORKDIR   rel").path.at.column == 11);
}

BOOST_AUTO_TEST_CASE(cmd_and_entrypoint_have_both_forms) {
  BOOST_TEST(parse_as<Cmd>("CMD [\"a\", \"b c\"]").command.exec_form);
  BOOST_TEST((parse_as<Cmd>("CMD a b").command.argv == Strings{"a b"}));
  BOOST_TEST((parse_as<Entrypoint>("ENTRYPOINT [\"a\"]").command.argv == Strings{"a"}));
  BOOST_TEST(!parse_as<Entrypoint>("ENTRYPOINT exec a").command.exec_form);
}

BOOST_AUTO_TEST_CASE(an_empty_array_clears_cmd_and_entrypoint) {
  const Cmd cmd = parse_as<Cmd>("CMD []");
  BOOST_TEST(cmd.command.exec_form);
  BOOST_TEST(cmd.command.argv.empty());
  BOOST_TEST(parse_as<Entrypoint>("ENTRYPOINT [ ]").command.argv.empty());
}

BOOST_AUTO_TEST_CASE(expose_and_volume_are_lists) {
  BOOST_TEST((texts(parse_as<Expose>("EXPOSE 80 53/udp $p 7000-7010").ports) ==
              Strings{"80", "53/udp", "$p", "7000-7010"}));
  BOOST_TEST((texts(parse_as<Volume>("VOLUME /a /b").paths) == Strings{"/a", "/b"}));
  BOOST_TEST((texts(parse_as<Volume>("VOLUME [\"/a b\", \"/c\"]").paths) == Strings{"/a b", "/c"}));
}

BOOST_AUTO_TEST_CASE(a_shell_is_a_list_of_strings) {
  BOOST_TEST((parse_as<Shell>("SHELL [\"/bin/bash\", \"-o\", \"pipefail\", \"-c\"]").argv ==
              Strings{"/bin/bash", "-o", "pipefail", "-c"}));
}

BOOST_AUTO_TEST_CASE(a_health_check_has_times_and_a_command) {
  const HealthCheck check = parse_as<HealthCheck>(
      "HEALTHCHECK --interval=1m30s --timeout=500ms --start-period=10s \\\n"
      "  --start-interval=2s --retries=5 CMD curl -f http://x || exit 1");
  BOOST_TEST(!check.none);
  BOOST_TEST(check.interval == 90'000'000'000);
  BOOST_TEST(check.timeout == 500'000'000);
  BOOST_TEST(check.start_period == 10'000'000'000);
  BOOST_TEST(check.start_interval == 2'000'000'000);
  BOOST_TEST(check.retries == 5);
  BOOST_TEST((check.command.argv == Strings{"curl -f http://x || exit 1"}));
}

BOOST_AUTO_TEST_CASE(a_health_check_may_be_exec_form_or_none) {
  BOOST_TEST(parse_as<HealthCheck>("HEALTHCHECK cmd [\"a\", \"b\"]").command.exec_form);
  BOOST_TEST(parse_as<HealthCheck>("HEALTHCHECK NONE").none);
  BOOST_TEST(parse_as<HealthCheck>("HEALTHCHECK none").none);
}

BOOST_AUTO_TEST_CASE(a_maintainer_is_any_text) {
  BOOST_TEST(parse_as<Maintainer>("MAINTAINER It's \"me <a@b>").name.text == "It's \"me <a@b>");
}

BOOST_AUTO_TEST_CASE(the_backtick_may_be_the_escape_character) {
  const auto file = parse("# escape=`\nFROM a\nCOPY x C:\\dir\\\nENV p=a` b q=1\nRUN c `\n d");
  const auto& instructions = file.stages[0].instructions;
  BOOST_REQUIRE_EQUAL(instructions.size(), 3u);
  BOOST_TEST(std::get<Copy>(instructions[0].body).destination.text == "C:\\dir\\");
  BOOST_TEST((texts(std::get<Env>(instructions[1].body).variables) == Strings{"p=a` b", "q=1"}));
  BOOST_TEST(instructions[2].text == "RUN c  d");
}

BOOST_AUTO_TEST_CASE(a_dockerfile_as_people_write_them_is_read_whole) {
  const auto file = parse(R"(# syntax=docker/dockerfile:1
ARG PYTHON=3.12
FROM python:${PYTHON}-slim AS base
ENV PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=1
# tools
RUN apt-get update && apt-get install -y --no-install-recommends \
      # compiler
      g++ \
      make \
    && rm -rf /var/lib/apt/lists/*

FROM base
ARG PYTHON
LABEL org.opencontainers.image.title="digits trainer"
WORKDIR /app
COPY --from=base --chown=1000:1000 /usr/lib/x /usr/lib/x
COPY requirements.txt .
COPY . .
USER 1000
EXPOSE 8080
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=30s CMD ["true"]
ENTRYPOINT ["python"]
CMD ["train.py"]
)");
  BOOST_REQUIRE_EQUAL(file.stages.size(), 2u);
  BOOST_TEST(file.stages[0].instructions.size() == 2u);
  BOOST_TEST(file.stages[1].instructions.size() == 13u);
  BOOST_TEST(file.stages[0].instructions[1].at.end_line == 11);
  BOOST_TEST(file.blank_continuations.empty());
}

BOOST_AUTO_TEST_CASE(a_here_document_alone_is_the_script) {
  const Run run = parse_as<Run>("RUN <<EOF\necho 1\n  # no comment\n\necho 2 \\\nEOF");
  BOOST_TEST((run.command.argv == Strings{"echo 1\n  # no comment\n\necho 2 \\\n"}));
  BOOST_TEST(!run.script.has_value());
  BOOST_TEST((parse_as<Run>("RUN <<-E\n\t\ta\n \tb\n\tE").command.argv == Strings{"a\n \tb\n"}));
  BOOST_TEST((parse_as<Run>("RUN <<EOF\nEOF").command.argv == Strings{""}));
}

BOOST_AUTO_TEST_CASE(a_here_document_that_names_its_interpreter_is_executed) {
  const Run run = parse_as<Run>("RUN --network=none <<'run me'\n#!/bin/cat\n$x\nrun me");
  BOOST_TEST((run.command.argv == Strings{"/dev/pipes/run me"}));
  BOOST_REQUIRE(run.script.has_value());
  BOOST_TEST(run.script->name == "run me");
  BOOST_TEST(run.script->text == "#!/bin/cat\n$x\n");
}

BOOST_AUTO_TEST_CASE(here_documents_beside_a_command_are_the_shells) {
  BOOST_TEST((parse_as<Run>("RUN cat <<A 3<<-\"B C\" > /x\n1\nA\n\t2\n\tB C").command.argv ==
              Strings{"cat <<A 3<<-\"B C\" > /x\n1\nA\n\t2\nB C"}));
}

BOOST_AUTO_TEST_CASE(what_only_looks_like_a_here_document_is_none) {
  for (const char* text :
       {"cat <<<x", "echo '<<EOF'", "echo a<<EOF", "echo $((1 << 2))", "a <<", "echo \\<<E"})
    BOOST_TEST((parse_as<Run>(std::string("RUN ") + text).command.argv == Strings{text}));
  BOOST_TEST(parse("FROM a\nCMD cat <<EOF\nRUN b").stages[0].instructions.size() == 2u);
}

BOOST_AUTO_TEST_CASE(an_instruction_ends_behind_its_here_documents) {
  const auto file = parse("FROM a\nRUN <<A cat <<B\nFROM x\nA\nB\nWORKDIR /y");
  BOOST_TEST(file.stages.size() == 1u);
  BOOST_REQUIRE_EQUAL(file.stages[0].instructions.size(), 2u);
  BOOST_TEST(file.stages[0].instructions[1].at.line == 6);
}

BOOST_AUTO_TEST_CASE(files_may_stand_in_the_dockerfile) {
  const Copy copy = parse_as<Copy>("COPY a <<one.txt b <<-'two' /d/\n$x\none.txt\n\t$y\n\ttwo");
  BOOST_TEST((texts(copy.sources) == Strings{"a", "b"}));
  BOOST_REQUIRE_EQUAL(copy.inline_files.size(), 2u);
  BOOST_TEST(copy.inline_files[0].name == "one.txt");
  BOOST_TEST(copy.inline_files[0].text == "$x\n");
  BOOST_TEST(copy.inline_files[0].expands);
  BOOST_TEST(copy.inline_files[1].name == "two");
  BOOST_TEST(copy.inline_files[1].text == "$y\n");
  BOOST_TEST(!copy.inline_files[1].expands);
  BOOST_TEST(copy.destination.text == "/d/");
}

BOOST_AUTO_TEST_CASE(copy_and_add_take_their_flags) {
  const Copy copy = parse_as<Copy>("COPY --link --parents=true --exclude=*.o --exclude=$x a/./b c");
  BOOST_TEST(copy.link);
  BOOST_TEST(copy.parents);
  BOOST_TEST((texts(copy.excluded) == Strings{"*.o", "$x"}));
  BOOST_TEST(!parse_as<Copy>("COPY --link=false a b").link);
  const Copy add = parse_as<Copy>(
      "ADD --unpack=false --keep-git-dir --checksum=sha256:ab https://e.org/f.tgz /b");
  BOOST_TEST((add.unpack == std::optional<bool>(false)));
  BOOST_TEST((add.keep_git_dir == std::optional<bool>(true)));
  BOOST_TEST(add.checksum->text == "sha256:ab");
  BOOST_TEST(!parse_as<Copy>("ADD a b").unpack.has_value());
}

BOOST_AUTO_TEST_CASE(a_trigger_is_kept_as_it_is_written) {
  BOOST_TEST(parse_as<OnBuild>("onbuild  RUN  a \\\n  b").trigger == "RUN  a   b");
  BOOST_TEST(parse_as<OnBuild>("ONBUILD COPY <<-E /x\n\t1\n\tE").trigger == "COPY <<-E /x\n\t1\nE");
}

BOOST_AUTO_TEST_CASE(a_trigger_becomes_an_instruction_of_the_from_that_takes_it) {
  auto file = parse("FROM a\n\nFROM b");
  const Instruction run = parse_trigger(file, "RUN <<E\necho\nE", file.stages[1].at);
  BOOST_TEST(run.at.line == 3);
  BOOST_TEST((std::get<Run>(run.body).command.argv == Strings{"echo\n"}));
  BOOST_CHECK_THROW(parse_trigger(file, "FROM c", file.stages[1].at), trainyard::Error);
  BOOST_CHECK_THROW(parse_trigger(file, "RUN a\nRUN b", file.stages[1].at), trainyard::Error);
}

#include "build/planner.hpp"

#include "build_fixture.hpp"

// Plans need no engine: base images are made in the store directly.

using namespace trainyard;
using namespace trainyard::build;
using namespace trainyard::build::testing;

namespace {

struct Fixture : BuildFixture {
  Fixture() {
    oci::ImageConfig config;
    config.platform = oci::host_platform();
    config.config.env = {"PATH=/bin", "BASE=b"};
    config.config.cmd = std::vector<std::string>{"base"};
    store::put_image(store, config, {}, {oci::Reference::parse("base")});
  }
  BuildRequest wanted;
  Plan plan(const std::string& text) {
    wanted.context = context;
    BaseImages images(store, *engine);
    return make_plan(dockerfile::parse_dockerfile(text, "Dockerfile"), wanted, images,
                     oci::host_platform());
  }
  std::string complaint_of(const std::string& text) {
    try {
      plan(text);
    } catch (const Error& error) {
      return error.render();
    }
    return {};
  }
  static const PlannedStage& last(const Plan& plan) { return plan.stages.at(plan.target); }
  template <class Step>
  static const Step& step(const PlannedStage& stage, size_t index) {
    return std::get<Step>(stage.steps.at(index).body);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(planner, Fixture)

BOOST_AUTO_TEST_CASE(stages_that_are_not_needed_are_not_planned) {
  const Plan made =
      plan("FROM base AS one\nRUN 1\nFROM base AS two\nRUN 2\nFROM base\nCOPY --from=one /a /b\n");
  BOOST_TEST(made.stages.size() == 2u);
  BOOST_TEST(made.total == 2);
  BOOST_TEST(!made.stages.contains(1));
  BOOST_TEST(made.stages.at(0).label == "one");
}

BOOST_AUTO_TEST_CASE(a_stage_is_chosen_by_name_or_number) {
  wanted.stage = "ONE";
  BOOST_TEST(plan("FROM base AS one\nFROM base AS two\n").target == 0);
  wanted.stage = "1";
  BOOST_TEST(plan("FROM base AS one\nFROM base AS two\n").target == 1);
  wanted.stage = "tow";
  const std::string text = complaint_of("FROM base AS one\nFROM base AS two\n");
  BOOST_TEST(holds_text(text, "did you mean \"two\""), text);
}

BOOST_AUTO_TEST_CASE(scratch_has_path_and_working_folder) {
  const auto config = last(plan("FROM scratch\n")).config.config;
  BOOST_TEST(config.working_dir == "/");
  BOOST_TEST(config.get_env("PATH").has_value());
}

BOOST_AUTO_TEST_CASE(global_arguments_reach_from_and_stages_only_when_declared) {
  const Plan made = plan("ARG V=base\nARG W=$V\nFROM $W\nARG V\nENV A=$V B=$W\n");
  const auto config = last(made).config.config;
  BOOST_TEST(config.get_env("A").value() == "base");
  BOOST_TEST(config.get_env("B").value() == "");
  BOOST_TEST(config.get_env("BASE").value() == "b");
}

BOOST_AUTO_TEST_CASE(build_arguments_win_over_defaults_and_unused_ones_are_warned_about) {
  wanted.build_args = {{"V", "given"}, {"VERSOIN", "x"}};
  const Plan made = plan("FROM base\nARG V=own\nARG VERSION\nENV A=$V\n");
  BOOST_TEST(last(made).config.config.get_env("A").value() == "given");
  BOOST_REQUIRE(made.warnings.size() == 1u);
  BOOST_TEST(holds_text(made.warnings[0], "did you mean \"VERSION\""), made.warnings[0]);
}

BOOST_AUTO_TEST_CASE(one_instruction_sees_the_environment_at_its_start) {
  const auto config = last(plan("FROM base\nENV A=1\nENV A=2 B=$A\n")).config.config;
  BOOST_TEST(config.get_env("A").value() == "2");
  BOOST_TEST(config.get_env("B").value() == "1");
}

BOOST_AUTO_TEST_CASE(arguments_are_inherited_through_from_stage) {
  const Plan made = plan("FROM base AS one\nARG X=1\nFROM one\nENV A=$X\nRUN true\n");
  BOOST_TEST(last(made).config.config.get_env("A").value() == "1");
  const auto& environment = step<RunStep>(last(made), 0).environment;
  BOOST_TEST((std::find(environment.begin(), environment.end(), "X=1") != environment.end()));
}

BOOST_AUTO_TEST_CASE(entrypoint_clears_an_inherited_command_but_not_one_of_this_stage) {
  BOOST_TEST(!last(plan("FROM base\nENTRYPOINT [\"x\"]\n")).config.config.cmd);
  BOOST_TEST(last(plan("FROM base\nCMD [\"y\"]\nENTRYPOINT [\"x\"]\n")).config.config.cmd->at(0) ==
             "y");
}

BOOST_AUTO_TEST_CASE(run_knows_shell_folder_user_and_network) {
  const Plan made = plan(
      "FROM base\nSHELL [\"/bin/bash\", \"-c\"]\nUSER dev\nWORKDIR /a\nWORKDIR b\n"
      "RUN --network=none make all\nRUN [\"ls\", \"-l\"]\n");
  const RunStep& shell = step<RunStep>(last(made), 2);
  BOOST_TEST((shell.argv == std::vector<std::string>{"/bin/bash", "-c", "make all"}));
  BOOST_TEST(shell.working_directory == "/a/b");
  BOOST_TEST(shell.user == "dev");
  BOOST_TEST((shell.network == engine::Network::none));
  BOOST_TEST((step<RunStep>(last(made), 3).argv == std::vector<std::string>{"ls", "-l"}));
  BOOST_TEST((step<RunStep>(last(made), 3).network == engine::Network::host));
}

BOOST_AUTO_TEST_CASE(metadata_lands_in_the_configuration) {
  const auto config = last(plan("FROM scratch\nEXPOSE 80 90-91/udp\nLABEL a=b \"c d\"='e f'\n"
                                "VOLUME /v\nSTOPSIGNAL SIGINT\nHEALTHCHECK CMD true\n"))
                          .config.config;
  BOOST_TEST((config.exposed_ports == std::set<std::string>{"80/tcp", "90/udp", "91/udp"}));
  BOOST_TEST(config.labels.at("c d") == "e f");
  BOOST_TEST(config.volumes.contains("/v"));
  BOOST_TEST(config.stop_signal == "SIGINT");
  BOOST_TEST((config.healthcheck->test == std::vector<std::string>{"CMD-SHELL", "true"}));
}

BOOST_AUTO_TEST_CASE(copies_resolve_their_destination_and_origin) {
  wanted.contexts["data"] = parse_context_source("/somewhere");
  const Plan made = plan(
      "FROM base AS one\nFROM base\nWORKDIR /w\nCOPY a/../b ../c .\nCOPY --from=0 /x y\n"
      "COPY --from=data . /data\nCOPY --from=base /bin /z/\n");
  const CopyStep& first = step<CopyStep>(last(made), 1);
  BOOST_TEST((first.sources == std::vector<std::string>{"b", "c"}));
  BOOST_TEST(first.destination == "/w/");
  BOOST_TEST(step<CopyStep>(last(made), 2).stage == 0);
  BOOST_TEST(step<CopyStep>(last(made), 2).destination == "/w/y");
  BOOST_TEST(step<CopyStep>(last(made), 3).folder == "/somewhere");
  BOOST_TEST((step<CopyStep>(last(made), 4).from == CopyStep::From::image));
}

BOOST_AUTO_TEST_CASE(mistakes_point_at_their_word) {
  const std::string unknown = complaint_of("FROM bsae\n");
  BOOST_TEST(holds_text(unknown, "Dockerfile:1:6"), unknown);
  const std::string several = complaint_of("FROM base\nCOPY a b c\n");
  BOOST_TEST(holds_text(several, "Dockerfile:2:10"), several);
  const std::string mode = complaint_of("FROM base\nCOPY --chmod=rwx a b\n");
  BOOST_TEST(holds_text(mode, "Dockerfile:2"), mode);
  wanted.stage = "0";
  BOOST_TEST(
      holds_text(complaint_of("FROM base\nCOPY --from=1 a b\nFROM base\n"), "earlier stage"));
  const std::string proc = complaint_of("FROM base\nWORKDIR /proc/x\n");
  BOOST_TEST(holds_text(proc, "/proc"), proc);
  const std::string empty = complaint_of("ARG X\nFROM $X\n");
  BOOST_TEST(holds_text(empty, "expands to nothing"), empty);
}

BOOST_AUTO_TEST_CASE(history_has_the_known_texts) {
  const PlannedStage stage =
      last(plan("FROM base\nARG V=1\nENV A=b\nRUN make\nCOPY --chown=1 x /y\nCMD [\"a b\"]\n"));
  std::vector<std::string> texts;
  for (const auto& entry : stage.history) texts.push_back(entry.created_by);
  BOOST_TEST((texts == std::vector<std::string>{
                           "ARG V=1", "ENV A=b", "RUN |1 V=1 /bin/sh -c make # buildkit",
                           "COPY --chown=1 x /y # buildkit", "CMD [\"a b\"]"}));
}

BOOST_AUTO_TEST_CASE(triggers_of_the_base_are_the_first_instructions_and_are_not_inherited) {
  oci::ImageConfig config;
  config.platform = oci::host_platform();
  config.config.on_build = {"ENV A=1", "RUN <<E\nfirst\nE", "COPY --from=other /a /b"};
  store::put_image(store, config, {}, {oci::Reference::parse("kit")});
  const Plan made = plan("FROM base AS other\nRUN 0\nFROM kit\nRUN second $A\n");
  const PlannedStage& stage = last(made);
  BOOST_REQUIRE_EQUAL(stage.steps.size(), 3u);
  BOOST_TEST(step<RunStep>(stage, 0).argv.back() == "first\n");
  BOOST_TEST(step<CopyStep>(stage, 1).stage == 0);
  BOOST_TEST(stage.steps[0].at.line == 3);
  BOOST_TEST(stage.config.config.on_build.empty());
  BOOST_TEST(stage.config.config.get_env("A").value() == "1");
}

BOOST_AUTO_TEST_CASE(an_onbuild_is_kept_and_writes_no_history) {
  const PlannedStage stage = last(plan("FROM base\nONBUILD RUN a\nONBUILD USER b\n"));
  BOOST_TEST((stage.config.config.on_build == std::vector<std::string>{"RUN a", "USER b"}));
  BOOST_TEST(stage.history.empty());
}

BOOST_AUTO_TEST_CASE(files_in_the_dockerfile_see_the_variables_unless_quoted) {
  const Plan made = plan(
      "FROM base\nENV x=1\nCOPY --parents --chmod=600 a <<one <<'two' /d/\n\"$x\"\none\n$x\ntwo\n");
  const CopyStep& copy = step<CopyStep>(last(made), 0);
  BOOST_TEST(copy.inline_files.at(0).text == "\"1\"\n");
  BOOST_TEST(copy.inline_files.at(1).text == "$x\n");
  BOOST_TEST(copy.sources.at(0) == "/./a");
  BOOST_TEST(last(made).history.back().created_by ==
             "COPY --parents --chmod=600 a <<one <<two /d/ # buildkit");
}

BOOST_AUTO_TEST_CASE(a_checksum_is_for_one_remote_source) {
  const std::string sum = "sha256:" + std::string(64, '0');
  BOOST_TEST(
      holds_text(complaint_of("FROM base\nADD --checksum=" + sum + " a /b\n"), "one source"));
  BOOST_TEST(
      holds_text(complaint_of("FROM base\nADD --checksum=" + sum + " http://a/b http://a/c /b/\n"),
                 "one source"));
  BOOST_TEST(holds_text(complaint_of("FROM base\nADD --checksum=abc http://a/b /b\n"), "2:16"));
  BOOST_TEST(complaint_of("FROM base\nADD --checksum=" + sum + " http://a/b /b\n") == "");
}

BOOST_AUTO_TEST_SUITE_END()

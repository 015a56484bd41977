#include "engine/native/runtime_config.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

using namespace trainyard;
using namespace trainyard::engine;
using namespace trainyard::engine::native;

namespace {

Json config_of(const ContainerSpec& spec, IdMap::Kind map = IdMap::Kind::root, uid_t uid = 0) {
  RuntimeConfigInput input{spec};
  input.map = map;
  input.root = "/r";
  input.user.uid = uid;
  input.argv = spec.argv;
  input.machine_memory = uint64_t{8} << 30;
  return runtime_config(input);
}

std::string options_of(const Json& config, const std::string& target) {
  for (const Json& mount : config.at("mounts"))
    if (mount.at("destination") == target) return mount.at("options").dump();
  return "";
}

/// What the filter answers to a call with any arguments: the action of its first rule.
std::string action_of(const Json& config, const std::string& call) {
  const Json& seccomp = config.at("linux").at("seccomp");
  for (const Json& rule : seccomp.at("syscalls"))
    for (const Json& name : rule.at("names"))
      if (name == call && !rule.contains("args"))
        return rule.at("action").get<std::string>() + " " +
               std::to_string(rule.value("errnoRet", 0));
  return seccomp.at("defaultAction").get<std::string>() + " " +
         std::to_string(seccomp.at("defaultErrnoRet").get<int>());
}

/// Whether a rule allows this call with this first argument.
bool is_allowed(const Json& config, const std::string& call, uint64_t first) {
  for (const Json& rule : config.at("linux").at("seccomp").at("syscalls")) {
    const Json& names = rule.at("names");
    if (rule.at("action") != "SCMP_ACT_ALLOW" ||
        std::find(names.begin(), names.end(), call) == names.end())
      continue;
    if (!rule.contains("args")) return true;
    const Json& argument = rule.at("args").at(0);
    BOOST_TEST(argument.at("index") == 0);
    BOOST_TEST(argument.at("op") == "SCMP_CMP_MASKED_EQ");
    if ((first & argument.at("value").get<uint64_t>()) == argument.at("valueTwo").get<uint64_t>())
      return true;
  }
  return false;
}

}  // namespace

BOOST_AUTO_TEST_CASE(sockets_of_ciphers_and_hypervisors_are_refused_and_all_others_allowed) {
  const Json config = config_of({});
  for (const uint64_t above : {0ULL, 1ULL << 32, 0xffffffffULL << 32})
    for (uint64_t family = 0; family < 64; ++family)
      BOOST_TEST(is_allowed(config, "socket", family | above) == (family != 38 && family != 40),
                 family);
}

BOOST_AUTO_TEST_CASE(training_has_no_capability_and_can_gain_none) {
  ContainerSpec spec;
  spec.profile = Profile::training;
  const Json process = config_of(spec).at("process");
  for (const char* set : {"bounding", "effective", "permitted", "inheritable", "ambient"})
    BOOST_TEST(process.at("capabilities").at(set).empty());
  BOOST_TEST(process.at("noNewPrivileges").get<bool>());
}

BOOST_AUTO_TEST_CASE(a_privileged_container_is_neither_filtered_nor_masked) {
  ContainerSpec spec;
  spec.privileged = true;
  const Json config = config_of(spec);
  for (const char* member : {"seccomp", "maskedPaths", "readonlyPaths"})
    BOOST_TEST(!config.at("linux").contains(member), member);
  // With a single id, changes of owner must succeed there too.
  const Json seccomp = config_of(spec, IdMap::Kind::single).at("linux").at("seccomp");
  BOOST_TEST(seccomp.at("defaultAction") == "SCMP_ACT_ALLOW");
  BOOST_TEST(seccomp.at("syscalls").dump().find("fchown") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_build_step_keeps_what_package_managers_need_and_nothing_over_the_machine) {
  const Json process = config_of({}).at("process");
  const std::string effective = process.at("capabilities").at("effective").dump();
  BOOST_TEST(effective.find("CAP_CHOWN") != std::string::npos);
  BOOST_TEST(effective.find("SYS_ADMIN") == std::string::npos);
  BOOST_TEST(effective.find("MKNOD") == std::string::npos);
  BOOST_TEST(!process.at("noNewPrivileges").get<bool>());
  BOOST_TEST(config_of({}, IdMap::Kind::root, 1000)
                 .at("process")
                 .at("capabilities")
                 .at("effective")
                 .empty());
  BOOST_TEST(config_of({}, IdMap::Kind::single).at("process").at("noNewPrivileges").get<bool>());
}

BOOST_AUTO_TEST_CASE(shared_memory_is_half_of_memory_in_training_unless_it_is_said) {
  ContainerSpec spec;
  BOOST_TEST(options_of(config_of(spec), "/dev/shm").find("size=67108864") != std::string::npos);
  spec.profile = Profile::training;
  BOOST_TEST(options_of(config_of(spec), "/dev/shm").find("size=4294967296") != std::string::npos);
  spec.limits.shm_size = 4096;
  BOOST_TEST(options_of(config_of(spec), "/dev/shm").find("size=4096") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_filter_denies_by_default_and_refuses_what_is_over_the_machine) {
  const Json config = config_of({});
  BOOST_TEST(action_of(config, "openat") == "SCMP_ACT_ALLOW 0");
  BOOST_TEST(action_of(config, "ptrace") == "SCMP_ACT_ALLOW 0");
  for (const char* call :
       {"mount", "umount2", "pivot_root", "bpf", "keyctl", "add_key", "userfaultfd", "setns"})
    BOOST_TEST(action_of(config, call) == "SCMP_ACT_ERRNO 1");
  BOOST_TEST(action_of(config, "clone3") == "SCMP_ACT_ERRNO 38");
  BOOST_TEST(action_of(config, "a_call_of_tomorrow") == "SCMP_ACT_ERRNO 38");
}

BOOST_AUTO_TEST_CASE(with_a_single_id_changes_of_owner_do_nothing_and_succeed) {
  BOOST_TEST(action_of(config_of({}, IdMap::Kind::single), "fchownat") == "SCMP_ACT_ERRNO 0");
  BOOST_TEST(action_of(config_of({}, IdMap::Kind::full), "fchownat") == "SCMP_ACT_ALLOW 0");
  BOOST_TEST(options_of(config_of({}, IdMap::Kind::single), "/dev/pts").find("gid=5") ==
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_image_decides_path_and_the_user_decides_home_unless_they_are_given) {
  ContainerSpec spec;
  spec.environment = {"PATH=/opt/bin"};
  const std::string env = config_of(spec).at("process").at("env").dump();
  BOOST_TEST(env == "[\"PATH=/opt/bin\",\"HOME=/\"]");
}

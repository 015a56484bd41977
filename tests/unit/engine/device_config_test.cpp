#include "engine/native/device_config.hpp"

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "engine/native/runtime_config.hpp"

using namespace trainyard;
using namespace trainyard::engine;
using namespace trainyard::engine::native;

namespace {

devices::Edits edits_in(const std::string& json) {
  return devices::read_edits(parse_json(json, "x"), "x");
}

/// What the edits change in the config.json of a container whose user is `uid`.
Json changed(const devices::Edits& edits, IdMap::Kind map, uid_t uid = 0) {
  ContainerSpec spec;
  spec.environment = {"A=image", "PATH=/bin"};
  RuntimeConfigInput input{spec};
  input.map = map;
  input.root = "/r";
  input.user.uid = uid;
  input.user.gid = uid;
  input.argv = {"x"};
  spec.devices = edits;
  for (const Mount& mount : device_mounts(edits, map))
    input.mounts.push_back({mount, mount.target});
  const Json config = runtime_config(input);
  spec.devices = {};
  input.mounts.clear();
  const Json patch = Json::diff(runtime_config(input), config);
  Json values = Json::array();
  for (const Json& step : patch) values.push_back({step.at("path"), step.value("value", Json())});
  return values;
}

}  // namespace

BOOST_AUTO_TEST_CASE(root_makes_nodes_that_the_containers_user_owns) {
  const devices::Edits edits = edits_in(R"({"deviceNodes": [
      {"path": "/dev/a", "type": "c", "major": 195, "minor": 0, "fileMode": 438},
      {"path": "/dev/b", "type": "b", "major": 8, "minor": 1, "uid": 3, "gid": 4},
      {"path": "/dev/a", "type": "c", "major": 195, "minor": 9}]})");
  BOOST_TEST(changed(edits, IdMap::Kind::root, 1000).dump() ==
             R"([["/linux/devices",[{"gid":1000,"major":195,"minor":9,"path":"/dev/a","type":"c",)"
             R"("uid":1000},{"gid":4,"major":8,"minor":1,"path":"/dev/b","type":"b","uid":3}]]])");
}

BOOST_AUTO_TEST_CASE(in_a_user_namespace_nodes_are_mounted) {
  const devices::Edits edits = edits_in(
      R"({"deviceNodes": [{"path": "/dev/a", "hostPath": "/dev/null", "type": "c", "major": 1}]})");
  for (const IdMap::Kind map : {IdMap::Kind::full, IdMap::Kind::single})
    BOOST_TEST(changed(edits, map).dump() ==
               R"([["/mounts/-",{"destination":"/dev/a","options":["bind","rprivate","nosuid",)"
               R"("noexec"],"source":"/dev/null","type":"bind"}]])");
}

BOOST_AUTO_TEST_CASE(outside_of_dev_nodes_are_mounted_for_root_too) {
  const devices::Edits edits = edits_in(
      R"({"deviceNodes": [{"path": "/srv/a", "hostPath": "/dev/null", "type": "c", "major": 1}]})");
  BOOST_TEST(changed(edits, IdMap::Kind::root).dump().find("linux") == std::string::npos);
  BOOST_TEST(device_mounts(edits, IdMap::Kind::root).at(0).target == "/srv/a");
}

BOOST_AUTO_TEST_CASE(variables_replace_hooks_add_up_and_groups_stand_once) {
  const devices::Edits edits = edits_in(R"({"env": ["A=1", "B=2", "B=3"],
      "hooks": [{"hookName": "createContainer", "path": "/h", "args": ["h", "1"], "timeout": 2},
                {"hookName": "createContainer", "path": "/i", "env": ["K=V"]},
                {"hookName": "poststop", "path": "/j"}],
      "additionalGids": [0, 44, 44]})");
  const Json config = changed(edits, IdMap::Kind::root);
  BOOST_TEST(config.dump() ==
             R"([["/process/env/0","A=1"],["/process/env/-","B=3"],)"
             R"(["/process/user/additionalGids/-",44],["/hooks",{"createContainer":[)"
             R"({"args":["h","1"],"path":"/h","timeout":2},{"env":["K=V"],"path":"/i"}],)"
             R"("poststop":[{"path":"/j"}]}]])");
}

BOOST_AUTO_TEST_CASE(mounts_keep_their_options_and_are_binds_unless_they_say_otherwise) {
  const devices::Edits edits = edits_in(R"({"mounts": [
      {"hostPath": "/l", "containerPath": "/l", "options": ["ro", "nosuid"]},
      {"hostPath": "tmpfs", "containerPath": "/t", "type": "tmpfs", "options": ["size=1m"]},
      {"hostPath": "/m", "containerPath": "/m", "type": "bind", "options": ["bind"]}]})");
  BOOST_TEST(changed(edits, IdMap::Kind::root).dump() ==
             R"([["/mounts/-",{"destination":"/l","options":["ro","nosuid","rbind"],)"
             R"("source":"/l","type":"bind"}],["/mounts/-",{"destination":"/t",)"
             R"("options":["size=1m"],"source":"tmpfs","type":"tmpfs"}],["/mounts/-",)"
             R"({"destination":"/m","options":["bind"],"source":"/m","type":"bind"}]])");
  BOOST_CHECK_THROW(device_mounts(edits_in(R"({"mounts": [{"hostPath": "/p", "containerPath": "/p",
      "type": "proc"}]})"),
                                  IdMap::Kind::root),
                    Error);
}

BOOST_AUTO_TEST_CASE(permissions_are_denials_of_the_rest) {
  const auto denied = [](const std::string& permissions) {
    const auto denials = device_denials(edits_in(
        R"({"deviceNodes": [{"path": "/dev/a", "type": "c", "major": 195, "minor": 2,
            "permissions": ")" +
        permissions + "\"}]}"));
    return denials.empty() ? "" : denials.at(0).access;
  };
  BOOST_TEST(denied("") == "");
  BOOST_TEST(denied("rwm") == "");
  BOOST_TEST(denied("rw") == "");
  BOOST_TEST(denied("r") == "w");
  BOOST_TEST(denied("none") == "rw");
}

BOOST_AUTO_TEST_CASE(what_only_root_can_do_is_said_to_others) {
  const devices::Edits edits = edits_in(R"({"additionalGids": [44], "deviceNodes": [
      {"path": "/dev/a", "type": "c", "major": 195, "permissions": "r"}]})");
  BOOST_TEST(device_warnings(edits, IdMap::Kind::root).empty());
  BOOST_TEST(device_warnings(edits, IdMap::Kind::full).size() == 2U);
}

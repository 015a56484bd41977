#include <stdlib.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"
#include "base/yaml.hpp"
#include "engine/devices/device_name.hpp"
#include "engine/devices/lookup.hpp"
#include "engine/devices/registry.hpp"

using namespace trainyard;
using namespace trainyard::engine::devices;

namespace {

Spec spec_in(const std::string& yaml) {
  return read_spec(parse_yaml(yaml, "a.yaml"), "a.yaml");
}

/// A specification with a version and one device's edits to be put in.
const std::string k_device = R"(cdiVersion: VERSION
kind: vendor.com/class
devices:
- name: one
  containerEdits: PART
)";

std::string refusal(const std::string& part, const std::string& version = "1.1.0",
                    std::string yaml = k_device) {
  for (const auto& [word, text] : {std::pair("VERSION", version), std::pair("PART", part)})
    if (const size_t at = yaml.find(word); at != std::string::npos)
      yaml.replace(at, std::string(word).size(), text);
  try {
    spec_in(yaml);
  } catch (const Error& error) {
    BOOST_TEST((error.code() == ExitCode::usage));
    return error.subject() + ": " + error.cause();
  }
  return "";
}

void check(const std::string& answer, const std::string& part) {
  BOOST_TEST(answer.find(part) != std::string::npos, "\"" << answer << "\" lacks " << part);
}

std::vector<std::string> names(const Registry& registry) {
  std::vector<std::string> list;
  for (const auto& [name, device] : registry.devices())
    list.push_back(name + " " + device.device->edits.environment.at(0));
  return list;
}

std::string one_device(const std::string& kind, const std::string& name, const std::string& value) {
  return "cdiVersion: 0.5.0\nkind: " + kind + "\ndevices: [{name: \"" + name +
         "\", containerEdits: {env: [" + value + "]}}]\n";
}

/// Sets a variable as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

BOOST_AUTO_TEST_CASE(names_follow_the_grammar) {
  for (const char* good :
       {"vendor.com/class=name", "v/c=0", "a-b_c.d/e.f=0:0", "nvidia.com/gpu=all"})
    BOOST_TEST(parse_device_name(good).has_value(), good);
  for (const char* bad : {"", "name", "vendor.com/class", "vendor.com/class=", "vendor.com=x",
                          "/class=x", "vendor/=x", "1vendor/class=x", "vendor/1class=x",
                          "vendor-/class=x", "vendor/class=-x", "vendor/class=x-", "vendor/cl:ss=x",
                          "vendor/class=a b", "vendor/class/b=x", "vendor/class=x=y"})
    BOOST_TEST(!parse_device_name(bad).has_value(), bad);
}

BOOST_AUTO_TEST_CASE(a_specification_with_everything_is_read) {
  const Spec spec = spec_in(R"(
cdiVersion: v0.7.0
kind: vendor.com/class
annotations: {org.mobyproject.buildkit.device.autoallow: true}
containerEdits:
  env: [ALL=1]
devices:
- name: 0:1
  annotations: {a.b: c}
  containerEdits:
    env: [A=B=C, D=]
    additionalGids: [44]
    deviceNodes:
    - {path: /dev/x, hostPath: /dev/null, type: c, major: 1, minor: 3, fileMode: 0660,
       permissions: rw, uid: 7, gid: 8}
    mounts:
    - {hostPath: /lib/x.so, containerPath: /usr/lib/x.so, options: [ro, bind], type: bind}
    hooks:
    - {hookName: createContainer, path: /bin/h, args: [h, "1"], env: [K=V], timeout: 3}
)");
  BOOST_TEST(spec.annotations.at("org.mobyproject.buildkit.device.autoallow") == "true");
  BOOST_REQUIRE_EQUAL(spec.devices.size(), 1U);
  BOOST_TEST(spec.devices[0].name == "0:1");
  const Edits& edits = spec.devices[0].edits;
  BOOST_TEST(edits_to_json(edits).dump() ==
             edits_to_json(edits_from_json(edits_to_json(edits))).dump());
  BOOST_TEST((edits.environment == std::vector<std::string>{"A=B=C", "D="}));
  BOOST_TEST(edits.nodes.at(0).host_path == "/dev/null");
  BOOST_TEST(edits.nodes.at(0).mode.value() == 0660U);
  BOOST_TEST(edits.nodes.at(0).uid.value() == 7U);
  BOOST_TEST(edits.mounts.at(0).options.at(1) == "bind");
  BOOST_TEST(edits.hooks.at(0).timeout.value() == 3);
  BOOST_TEST(edits.additional_gids.at(0) == 44U);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_in_a_specification_is_named) {
  BOOST_TEST(refusal("{env: [A=1]}") == "");
  check(refusal("{env: [A=1]}", "0.2.0"), "no cdiVersion \"0.2.0\"");
  check(refusal("{env: [A=1]}", "1.2.0"), "from 0.3.0 to 1.1.0");
  check(refusal("{}"), "device \"one\": its containerEdits are empty");
  check(refusal("{env: [A]}"), "\"A\", which is not NAME=VALUE");
  check(refusal("{env: [=1]}"), "not NAME=VALUE");
  check(refusal("{environment: [A=1]}"), "unknown member \"environment\"");
  check(refusal("{deviceNodes: [{path: /dev/x, mode: 1}]}"),
        "deviceNodes[0]: unknown member \"mode\"");
  check(refusal("{deviceNodes: [{hostPath: /dev/x}]}"), "\"path\" is missing");
  check(refusal("{deviceNodes: [{path: dev/x}]}"), "absolute path");
  check(refusal("{deviceNodes: [{path: /dev/x, type: q}]}"), "must be b, c, u or p");
  check(refusal("{deviceNodes: [{path: /dev/x, permissions: rx}]}"), "made of r, w and m");
  BOOST_TEST(refusal("{deviceNodes: [{path: /dev/x, permissions: none}]}") == "");
  check(refusal("{mounts: [{hostPath: /x}]}"), "\"containerPath\" is missing");
  check(refusal("{hooks: [{hookName: later, path: /x}]}"), "names no hook: \"later\"");
  check(refusal("{hooks: [{hookName: prestart}]}"), "\"path\" is missing");
  check(refusal("{additionalGids: [-1]}"), "must hold ids");
  check(refusal("{intelRdt: {closId: x}}"), "unknown member \"closId\"");
  check(refusal("{netDevices: [{name: eth0}]}"), "\"hostInterfaceName\" is missing");
  check(refusal("", "1.1.0", "cdiVersion: 0.3.0\nkind: vendor\ndevices: []\n"), "not VENDOR/CLASS");
  check(refusal("", "1.1.0", "cdiVersion: 0.3.0\nkind: a/b\ndevices: []\n"), "it has no devices");
  check(refusal("", "1.1.0", "cdiVersion: 0.3.0\nkind: a/b\nextra: 1\n"),
        "unknown member \"extra\"");
  check(refusal("", "1.1.0",
                "cdiVersion: 0.3.0\nkind: a/b\ndevices: [{name: a, containerEdits: {env: [A=1]}}, "
                "{name: a, containerEdits: {env: [A=1]}}]\n"),
        "device \"a\" stands twice");
}

BOOST_AUTO_TEST_CASE(a_version_has_what_it_has) {
  const std::vector<std::pair<std::string, std::string>> parts{
      {"{mounts: [{hostPath: /a, containerPath: /a, type: bind}]}", "0.4.0"},
      {"{deviceNodes: [{path: /dev/a, hostPath: /dev/b}]}", "0.5.0"},
      {"{additionalGids: [1]}", "0.7.0"},
      {"{intelRdt: {closID: a}}", "0.7.0"},
      {"{netDevices: [{hostInterfaceName: a, name: b}]}", "1.1.0"}};
  const std::vector<std::string> versions{"0.3.0", "0.4.0", "0.5.0", "0.6.0",
                                          "0.7.0", "0.8.0", "1.0.0", "1.1.0"};
  for (const auto& [part, least] : parts)
    for (const std::string& version : versions)
      if (version < least)
        check(refusal(part, version), "came with cdiVersion " + least);
      else
        BOOST_TEST(refusal(part, version) == "", part << " in " << version);
}

BOOST_AUTO_TEST_CASE(later_folders_win_and_broken_files_hide_nothing) {
  const TemporaryDirectory folder;
  const fs::path first = folder.path() / "a", second = folder.path() / "b";
  write_file_atomic(first / "x.yaml", one_device("v.com/c", "x", "FROM=a"));
  write_file_atomic(first / "y.json", Json::parse(R"({"cdiVersion": "0.5.0", "kind": "v.com/c",
      "devices": [{"name": "y", "containerEdits": {"env": ["FROM=a"]}}]})")
                                          .dump());
  write_file_atomic(first / "broken.yaml", "cdiVersion: [\n");
  write_file_atomic(first / "notes.txt", "cdiVersion: [\n");
  write_file_atomic(first / "below/z.yaml", one_device("v.com/c", "z", "FROM=a"));
  write_file_atomic(second / "x.yaml", one_device("v.com/c", "x", "FROM=b"));
  write_file_atomic(second / "t1.yaml", one_device("v.com/c", "twice", "FROM=b"));
  write_file_atomic(second / "t2.yaml", one_device("v.com/c", "twice", "FROM=b"));
  const Registry registry({first, second, folder.path() / "none"});
  BOOST_TEST((names(registry) == std::vector<std::string>{"v.com/c=x FROM=b", "v.com/c=y FROM=a"}));
  BOOST_REQUIRE_EQUAL(registry.problems().size(), 2U);
  check(registry.problems()[0], (first / "broken.yaml").string());
  check(registry.problems()[1], "v.com/c=twice stands in " + (second / "t1.yaml").string());
}

BOOST_AUTO_TEST_CASE(a_request_is_a_name_a_kind_or_a_class) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "a.yaml", R"(cdiVersion: 0.6.0
kind: v.com/c
containerEdits: {env: [COMMON=1]}
devices:
- {name: b, containerEdits: {env: [B=1]}, annotations: {org.mobyproject.buildkit.device.class: fast}}
- {name: a, containerEdits: {env: [A=1]}}
- {name: c, containerEdits: {env: [C=1]}, annotations: {org.mobyproject.buildkit.device.class: fast}}
)");
  const Variable path("TRAINYARD_CDI_PATH", folder.path().string());
  Lookup lookup(folder.path() / "made");
  const auto found = [&](const std::string& request) {
    std::string text;
    for (const Device* device : lookup.find(request)) text += device->device->name;
    return text;
  };
  BOOST_TEST(found("v.com/c=b") == "b");
  BOOST_TEST(found("v.com/c") == "a");
  BOOST_TEST(found("v.com/c=*") == "abc");
  BOOST_TEST(found("fast") == "bc");
  BOOST_TEST(found("v.com/c=d") == "");
  BOOST_TEST(found("c") == "");
  check(lookup.not_found("v.com/c=d").cause(), folder.path().string());
  check(lookup.not_found("v.com/d=a").hint(), "v.com/c=a");
  const Edits edits = edits_of(lookup.find("fast"));
  BOOST_TEST((edits.environment == std::vector<std::string>{"COMMON=1", "B=1", "C=1"}));
}

BOOST_AUTO_TEST_CASE(what_a_device_wants_must_be_there) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "a.yaml", R"(cdiVersion: 1.1.0
kind: v.com/c
devices:
- {name: node, containerEdits: {deviceNodes: [{path: /dev/not-there}]}}
- {name: said, containerEdits: {deviceNodes: [{path: /dev/not-there, type: c, major: 195, minor: 7}]}}
- {name: file, containerEdits: {deviceNodes: [{path: /dev/x, hostPath: /etc/passwd}]}}
- {name: nul, containerEdits: {deviceNodes: [{path: /dev/x, hostPath: /dev/null}]}}
- {name: type, containerEdits: {deviceNodes: [{path: /dev/x, hostPath: /dev/null, type: b}]}}
- {name: mount, containerEdits: {mounts: [{hostPath: /not/there, containerPath: /x}]}}
- {name: net, containerEdits: {netDevices: [{hostInterfaceName: a, name: b}]}}
)");
  const Variable path("TRAINYARD_CDI_PATH", folder.path().string());
  Lookup lookup(folder.path() / "made");
  const auto edits = [&](const std::string& name) {
    return edits_of(lookup.find("v.com/c=" + name));
  };
  BOOST_TEST(edits("said").nodes.at(0).minor == 7);
  const Node node = edits("nul").nodes.at(0);
  BOOST_TEST(node.type == "c");
  BOOST_TEST(node.major == 1);
  BOOST_TEST(node.minor == 3);
  BOOST_TEST(node.mode.value() == 0666U);
  const auto cause = [&](const std::string& name) {
    try {
      edits(name);
    } catch (const Error& error) {
      return error.subject() + ": " + error.cause();
    }
    return std::string();
  };
  check(cause("node"), "/dev/not-there: No such file");
  check(cause("node"), "v.com/c=node (" + (folder.path() / "a.yaml").string());
  check(cause("file"), "not a device node");
  check(cause("type"), "its type is c, and the specification says b");
  check(cause("mount"), "there is no /not/there");
  check(cause("net"), "it asks for netDevices");
}

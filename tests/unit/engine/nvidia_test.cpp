#include "engine/devices/nvidia.hpp"

#include <stdlib.h>

#include <boost/test/unit_test.hpp>

#include "base/error.hpp"

using namespace trainyard;
using namespace trainyard::engine::devices;

namespace {

/// A machine with two GPUs, the second of which is first by its bus.
class FakeMachine {
 public:
  FakeMachine() {
    ::unsetenv("TRAINYARD_NVIDIA_LIBRARIES");
    for (const char* node : {"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "nvidia-uvm-tools"})
      link("/dev/null", std::string("dev/") + node);
    link("/dev/null", "dev/dri/renderD128");
    add_gpu("0000:01:00.0", "1", "GPU-bbbb");
    add_gpu("0000:41:00.0", "0", "GPU-aaaa");
    make_directories(root() / "sys/bus/pci/devices/0000:01:00.0/drm/renderD128");
    make_directories(root() / "sys/bus/pci/devices/0000:01:00.0/drm/card7");  // without a node
    file("usr/local/nvidia/lib64/libcuda.so.580.1.2");
    link("libcuda.so.580.1.2", "usr/local/nvidia/lib64/libcuda.so.1");
    link("libcuda.so.1", "usr/local/nvidia/lib64/libcuda.so");
    file("usr/local/nvidia/lib64/libnvidia-ml.so.580.1.2");
    file("usr/local/nvidia/lib64/libnvidia-ml.so.570.0.0");
    file("usr/local/nvidia/lib64/libother.so.1");
    file("usr/local/nvidia/bin/nvidia-smi");
    file("usr/bin/nvidia-smi");  // as may be: a script that calls the other
    file("usr/bin/nvidia-debugdump");
    file("run/nvidia-persistenced/socket");
  }

  fs::path root() const { return folder_.path(); }
  void file(const std::string& path) const { write_file_atomic(root() / path, "x"); }
  void link(const std::string& target, const std::string& path) const {
    make_directories((root() / path).parent_path());
    fs::create_symlink(target, root() / path);
  }
  void add_gpu(const std::string& bus, const std::string& minor, const std::string& uuid) const {
    write_file_atomic(root() / "proc/driver/nvidia/gpus" / bus / "information",
                      "Model: \t\t X\nGPU UUID: \t " + uuid + "\nDevice Minor: \t " + minor + "\n");
  }

 private:
  TemporaryDirectory folder_;
};

std::string cause_of(const fs::path& root) {
  try {
    discover_nvidia(root);
  } catch (const Error& error) {
    return error.cause() + " / " + error.hint();
  }
  return "";
}

std::string nodes_of(const Spec& spec, const std::string& name) {
  std::string text;
  for (const Spec::Device& device : spec.devices)
    if (device.name == name)
      for (const Node& node : device.edits.nodes) text += node.path + "<" + node.host_path + " ";
  return text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(gpus_count_by_their_bus) {
  const FakeMachine machine;
  const NvidiaMachine found = discover_nvidia(machine.root());
  BOOST_REQUIRE_EQUAL(found.gpus.size(), 2U);
  BOOST_TEST(found.gpus[0].uuid == "GPU-bbbb");
  BOOST_TEST(
      (found.gpus[0].nodes == std::vector<std::string>{"/dev/nvidia1", "/dev/dri/renderD128"}));
  BOOST_TEST((found.gpus[1].nodes == std::vector<std::string>{"/dev/nvidia0"}));
  BOOST_TEST((found.common_nodes == std::vector<std::string>{"/dev/nvidiactl", "/dev/nvidia-uvm",
                                                             "/dev/nvidia-uvm-tools"}));
  BOOST_TEST(found.driver == "580.1.2");
}

BOOST_AUTO_TEST_CASE(libraries_have_the_names_that_programs_ask_for) {
  const FakeMachine machine;
  std::string names;
  const NvidiaMachine found = discover_nvidia(machine.root());
  for (const Library& library : found.libraries) {
    names += library.name + " ";
    BOOST_TEST(library.host_path.ends_with(".so.580.1.2"));
  }
  BOOST_TEST(
      names ==
      "libcuda.so libcuda.so.1 libcuda.so.580.1.2 libnvidia-ml.so.1 libnvidia-ml.so.580.1.2 ");
}

BOOST_AUTO_TEST_CASE(the_specification_has_each_gpu_by_number_and_uuid_and_all) {
  const FakeMachine machine;
  const Spec spec = spec_of(discover_nvidia(machine.root()));
  std::string names;
  for (const Spec::Device& device : spec.devices) names += device.name + " ";
  BOOST_TEST(names == "0 GPU-bbbb 1 GPU-aaaa all ");
  BOOST_TEST(nodes_of(spec, "1") == "/dev/nvidia0</dev/null ");
  BOOST_TEST(nodes_of(spec, "GPU-aaaa") == nodes_of(spec, "1"));
  BOOST_TEST(nodes_of(spec, "all") ==
             "/dev/nvidia1</dev/null /dev/dri/renderD128</dev/null /dev/nvidia0</dev/null ");
  BOOST_REQUIRE_EQUAL(spec.edits.mounts.size(), 3U);
  BOOST_TEST(spec.edits.mounts[0].host_path ==
             (machine.root() / "usr/local/nvidia/bin/nvidia-smi").string());
  BOOST_TEST(spec.edits.mounts[0].container_path == "/usr/bin/nvidia-smi");
  BOOST_TEST(spec.edits.mounts[1].host_path ==
             (machine.root() / "usr/bin/nvidia-debugdump").string());
  BOOST_TEST(spec.edits.mounts[2].container_path == "/run/nvidia-persistenced/socket");
}

BOOST_AUTO_TEST_CASE(another_driver_or_another_gpu_is_another_machine) {
  const FakeMachine machine;
  const std::string before = discover_nvidia(machine.root()).identity();
  BOOST_TEST(discover_nvidia(machine.root()).identity() == before);
  fs::remove(machine.root() / "dev/nvidia0");
  const std::string fewer = discover_nvidia(machine.root()).identity();
  BOOST_TEST(fewer != before);
  fs::remove(machine.root() / "usr/local/nvidia/lib64/libcuda.so.580.1.2");
  machine.file("usr/local/nvidia/lib64/libcuda.so.590.0");
  BOOST_TEST(discover_nvidia(machine.root()).identity() != fewer);
}

BOOST_AUTO_TEST_CASE(without_proc_the_numbers_of_the_nodes_count) {
  const FakeMachine machine;
  fs::remove_all(machine.root() / "proc");
  machine.link("/dev/null", "dev/nvidia10");
  const NvidiaMachine found = discover_nvidia(machine.root());
  BOOST_REQUIRE_EQUAL(found.gpus.size(), 3U);
  BOOST_TEST(found.gpus[2].nodes.at(0) == "/dev/nvidia10");
  BOOST_TEST(found.gpus[2].index == "2");
}

BOOST_AUTO_TEST_CASE(what_is_missing_is_said) {
  const TemporaryDirectory bare;
  BOOST_TEST(cause_of(bare.path()).find("no device /dev/nvidia0") != std::string::npos);
  const FakeMachine machine;
  fs::remove_all(machine.root() / "usr");
  const std::string cause = cause_of(machine.root());
  BOOST_TEST(cause.find("usr/local/nvidia/lib64") != std::string::npos);
  BOOST_TEST(cause.find("TRAINYARD_NVIDIA_LIBRARIES") != std::string::npos);
  machine.file("elsewhere/libcuda.so.1.2.3");
  ::setenv("TRAINYARD_NVIDIA_LIBRARIES", (machine.root() / "elsewhere").c_str(), 1);
  BOOST_TEST(discover_nvidia(machine.root()).driver == "1.2.3");
  ::unsetenv("TRAINYARD_NVIDIA_LIBRARIES");
}

BOOST_AUTO_TEST_CASE(windows_subsystem_has_one_device_and_all_its_libraries) {
  const FakeMachine machine;
  machine.link("/dev/null", "dev/dxg");
  fs::remove_all(machine.root() / "usr/local");
  machine.file("usr/lib/wsl/lib/libcuda.so.1.1");
  machine.file("usr/lib/wsl/lib/libnvidia-ml.so.1");
  machine.file("usr/lib/wsl/lib/libdxcore.so");
  machine.file("usr/lib/wsl/drivers/a.inf/x");
  const Spec spec = spec_of(discover_nvidia(machine.root()));
  BOOST_REQUIRE_EQUAL(spec.devices.size(), 1U);
  BOOST_TEST(spec.devices[0].name == "all");
  BOOST_TEST(spec.edits.nodes.at(0).path == "/dev/dxg");
  BOOST_TEST(spec.edits.libraries.size() == 3U);
  BOOST_TEST(spec.edits.mounts.back().container_path == "/usr/lib/wsl/drivers");
}

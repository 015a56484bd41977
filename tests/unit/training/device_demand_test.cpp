#include "training/device_demand.hpp"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "base/error.hpp"
#include "training/ctest_allotment.hpp"

using namespace trainyard;
using namespace trainyard::training;

namespace {

/// Variables as ctest sets them, for one test.
class CtestVariables {
 public:
  explicit CtestVariables(std::vector<std::pair<std::string, std::string>> variables)
      : variables_(std::move(variables)) {
    for (const auto& [name, value] : variables_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~CtestVariables() {
    for (const auto& [name, value] : variables_) ::unsetenv(name.c_str());
  }

 private:
  std::vector<std::pair<std::string, std::string>> variables_;
};

using Ids = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(device_demands)

BOOST_AUTO_TEST_CASE(a_demand_is_read_as_it_is_written) {
  for (const char* text : {"1", "16", "all", "nvidia.com/gpu:2", "gpu.intel.com/xe:all", "tpu:1"}) {
    const auto demand = parse_device_demand(text);
    BOOST_REQUIRE(demand.has_value());
    BOOST_TEST(demand->str() == text);
    BOOST_TEST(device_demand_from(to_json(*demand)).str() == text);
  }
  BOOST_TEST(parse_device_demand("0")->empty());
  BOOST_TEST(parse_device_demand("")->empty());
  BOOST_TEST(!parse_device_demand("all")->empty());
}

BOOST_AUTO_TEST_CASE(whether_it_can_do_without_and_what_stands_for_gpus_go_with_it) {
  DeviceDemand demand = *parse_device_demand("2");
  demand.need = DeviceDemand::Need::optional;
  demand.slots = "gpu:0";
  const DeviceDemand again = device_demand_from(to_json(demand));
  BOOST_TEST((again.need == DeviceDemand::Need::optional));
  BOOST_TEST(again.slots == "gpu:0");
  BOOST_TEST(device_demand_from(to_json(DeviceDemand())).empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_demand_is_none) {
  for (const char* text : {"two", "-1", "1.5", "+1", " 1", "2:gpu", ":2", "gpu:", "a/b/c:1",
                           "/gpu:1", "nvidia.com/:1", "99999999999999999999"})
    BOOST_TEST(!parse_device_demand(text).has_value(), text);
}

BOOST_AUTO_TEST_CASE(what_ctest_allots_is_gathered_from_all_groups_once) {
  BOOST_TEST(ctest_allotment("gpus").empty());
  const CtestVariables variables({{"CTEST_RESOURCE_GROUP_COUNT", "3"},
                                  {"CTEST_RESOURCE_GROUP_0", "cpus,gpus"},
                                  {"CTEST_RESOURCE_GROUP_0_CPUS", "id:9,slots:1"},
                                  {"CTEST_RESOURCE_GROUP_0_GPUS", "id:1,slots:1;id:1,slots:2"},
                                  {"CTEST_RESOURCE_GROUP_1", "cpus"},
                                  {"CTEST_RESOURCE_GROUP_1_GPUS", "id:5,slots:1"},
                                  {"CTEST_RESOURCE_GROUP_2", "gpus"},
                                  {"CTEST_RESOURCE_GROUP_2_GPUS", "id:mig_0_1,slots:1"}});
  BOOST_TEST(ctest_allotment("gpus") == Ids({"1", "mig_0_1"}), boost::test_tools::per_element());
  BOOST_TEST(ctest_allotment("cpus") == Ids({"9"}), boost::test_tools::per_element());
  BOOST_TEST(ctest_allotment("tpus").empty());
}

BOOST_AUTO_TEST_CASE(what_ctest_does_not_write_is_a_mistake) {
  for (const char* text : {"1", "id:,slots:1", "id:1", "id:1,slots:1;x"}) {
    const CtestVariables variables({{"CTEST_RESOURCE_GROUP_COUNT", "1"},
                                    {"CTEST_RESOURCE_GROUP_0", "gpus"},
                                    {"CTEST_RESOURCE_GROUP_0_GPUS", text}});
    BOOST_CHECK_THROW(ctest_allotment("gpus"), Error);
  }
}

BOOST_AUTO_TEST_CASE(an_id_of_a_resource_specification_means_a_slot) {
  const engine::devices::DeviceSlot gpu{"nvidia.com/gpu=0", "nvidia.com/gpu", {"0", "GPU-5A-b"}};
  for (const char* id : {"0", "gpu_0", "gpu_5a_b"}) BOOST_TEST(is_meant(gpu, id), id);
  for (const char* id : {"1", "gpu", "00", ""}) BOOST_TEST(!is_meant(gpu, id), id);
  BOOST_TEST(is_meant({"nvidia.com/gpu=0:1", "nvidia.com/gpu", {"0:1"}}, "mig_0_1"));
  BOOST_TEST(ctest_resource_type("") == "gpus");
  BOOST_TEST(ctest_resource_type("amd.com/gpu") == "gpus");
  BOOST_TEST(ctest_resource_type("vendor.com/Npu-2") == "npu_2s");
}

BOOST_AUTO_TEST_SUITE_END()

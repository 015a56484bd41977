#include "base/error.hpp"
#include "parsing.hpp"

// RUN --device: every form, every mistake.

using namespace dockerfile_test;
using namespace trainyard::dockerfile;

namespace {

std::string devices_of(const std::string& flags) {
  const Dockerfile file = parse("FROM scratch\nRUN " + flags + " b");
  std::string text;
  for (const DeviceFlag& device : std::get<Run>(file.stages.at(0).instructions.at(0).body).devices)
    text += device.name + (device.required ? " required;" : ";");
  return text;
}

struct Mistake {
  const char* value;
  int column;  ///< behind "RUN --device=" it is 14
  const char* message;
  const char* hint;
};

}  // namespace

BOOST_AUTO_TEST_CASE(a_device_has_a_name_and_may_be_required) {
  for (const char* value : {"v.com/c=x", "name=v.com/c=x", "NAME=v.com/c=x",
                            "v.com/c=x,required=false", "required=0,v.com/c=x", "\"v.com/c=x\""})
    BOOST_TEST(devices_of(std::string("--device=") + value) == "v.com/c=x;", value);
  for (const char* value : {"v.com/c=x,required", "name=v.com/c=x,required", "required,v.com/c=x",
                            "v.com/c=x,Required=T"})
    BOOST_TEST(devices_of(std::string("--device=") + value) == "v.com/c=x required;", value);
  BOOST_TEST(devices_of("--device=v.com/c") == "v.com/c;");
  BOOST_TEST(devices_of("--device=v.com/c=*,required") == "v.com/c=* required;");
  BOOST_TEST(devices_of("--device=class1 --network=none --device=$x") == "class1;$x;");
  BOOST_TEST(devices_of("") == "");
}

BOOST_AUTO_TEST_CASE(mistakes_in_a_device_point_at_it) {
  for (const Mistake& mistake : {
           Mistake{"x,name=y", 16, "--device names \"x\" already", "a --device for each"},
           Mistake{"x,requird", 16, "no option \"requird\"", "\"required\""},
           Mistake{"x,size=1", 16, "no option \"size\"", "--device=NAME,required"},
           Mistake{"x,required=maybe", 16, "true or false, not \"maybe\"", "required=false"},
           Mistake{"required", 14, "--device names no device", "nvidia.com/gpu=all"},
           Mistake{"name=", 14, "--device names no device", "nvidia.com/gpu=all"},
       }) {
    BOOST_TEST_CONTEXT(mistake.value) {
      try {
        devices_of(std::string("--device=") + mistake.value);
        BOOST_ERROR("no error");
      } catch (const trainyard::Error& error) {
        BOOST_TEST(error.subject() == "Dockerfile:2:" + std::to_string(mistake.column));
        BOOST_TEST(error.cause().find(mistake.message) != std::string::npos, error.cause());
        BOOST_TEST(error.hint().find(mistake.hint) != std::string::npos, error.hint());
        BOOST_TEST(error.excerpt().find('^') != std::string::npos);
      }
    }
  }
}

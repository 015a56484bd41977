#include "training/metric_name.hpp"

#include "base/json.hpp"

namespace trainyard::training {

std::string metric_name(const std::string& bytes) {
  return Json::parse(dump_json(bytes)).get<std::string>();
}

}  // namespace trainyard::training

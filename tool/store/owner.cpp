#include "store/owner.hpp"

#include "base/json.hpp"
#include "base/process.hpp"

namespace trainyard::store {

std::string own_owner_text() {
  const ProcessIdentity self = own_identity();
  const Json json{{"boot_id", self.boot_id},
                  {"pid", self.pid},
                  {"start_time", self.start_time},
                  {"pid_namespace", pid_namespace()}};
  return dump_json(json) + "\n";
}

OwnerState owner_state(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return OwnerState::unknown;
  try {
    const ProcessIdentity owner{json.at("boot_id").get<std::string>(), json.at("pid").get<pid_t>(),
                                json.at("start_time").get<uint64_t>()};
    if (owner.boot_id != boot_id()) return OwnerState::dead;
    if (json.at("pid_namespace").get<uint64_t>() != pid_namespace()) return OwnerState::alive;
    return owner.alive() ? OwnerState::alive : OwnerState::dead;
  } catch (const Json::exception&) {
    return OwnerState::unknown;
  }
}

}  // namespace trainyard::store

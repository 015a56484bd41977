#include "engine/native/apt_config.hpp"

#include "base/file.hpp"

namespace trainyard::engine::native {

bool apt_needs_telling(IdMap::Kind map, Profile profile) {
  return map == IdMap::Kind::single && profile != Profile::training;
}

Mount make_apt_config(const fs::path& folder) {
  const fs::path file = folder / "apt.conf";
  write_file_atomic(file, "APT::Sandbox::User \"root\";\n");
  Mount mount;
  mount.source = file;
  mount.target = k_apt_target;
  return mount;
}

}  // namespace trainyard::engine::native

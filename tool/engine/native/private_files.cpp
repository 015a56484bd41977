#include "engine/native/private_files.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/error.hpp"

namespace trainyard::engine::native {

void PrivateFiles::prepare(Mount& mount) {
  if (mount.kind != Mount::Kind::secret && mount.kind != Mount::Kind::agent) return;
  const fs::path path = fresh_path();
  if (mount.kind == Mount::Kind::secret) {
    write_file_atomic(path, mount.content, Durability::cheap, 0600);
    mount.content.clear();
  } else {
    relays_.push_back(std::make_unique<SshRelay>(path, mount));
  }
  give_away(path, mount);
  mount.kind = Mount::Kind::bind;
  mount.source = path;
}

fs::path PrivateFiles::fresh_path() {
  const fs::path folder = scratch_ / "private";
  make_directories(folder, 0700);
  return folder / std::to_string(count_++);
}

void PrivateFiles::give_away(const fs::path& path, const Mount& mount) const {
  const bool given = mount.uid != 0 || mount.gid != 0;
  // With a single id there is nobody else to be: the container's user is the owner.
  if (given && map_ != IdMap::Kind::single && ::chown(path.c_str(), mount.uid, mount.gid) != 0)
    throw system_error("giving to " + std::to_string(mount.uid) + ":" + std::to_string(mount.gid),
                       "what is mounted at " + mount.target)
        .with_hint("an ordinary user has the sub-ids of /etc/subuid and /etc/subgid alone");
  if (::chmod(path.c_str(), mount.mode) != 0)
    throw system_error("setting the mode of", "what is mounted at " + mount.target);
}

}  // namespace trainyard::engine::native

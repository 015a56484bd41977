#pragma once

#include "engine/engine.hpp"
#include "engine/native/helper_process.hpp"

namespace trainyard::engine::native {

/// A socket of our own that leads to an ssh-agent. The agent talks to its own user alone, and its
/// socket belongs to that user; ours may belong to anybody in the container. A process of its own
/// passes the bytes on until the object, or this process, ends. Private keys get an agent of their
/// own, which lives in these namespaces and so never outlives them.
class SshRelay {
 public:
  /// `path` becomes the socket. `mount` says which agent or which keys.
  SshRelay(const fs::path& path, const Mount& mount);

 private:
  void start_agent(const fs::path& socket, const Mount& mount);
  void add_key(const fs::path& socket, const fs::path& key) const;

  HelperProcess agent_;
  HelperProcess relay_;
};

}  // namespace trainyard::engine::native

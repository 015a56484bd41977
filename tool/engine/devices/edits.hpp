#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"

namespace trainyard::engine::devices {

/// A device node that a container gets.
struct Node {
  std::string path;       ///< in the container
  std::string host_path;  ///< on this machine; empty: the same
  std::string type;       ///< "c" (or "u"), "b", "p"; empty: as the machine's
  int64_t major = 0, minor = 0;
  std::optional<unsigned> mode;
  std::string permissions;  ///< of "rwm"; empty: all of them; "none"
  std::optional<uint32_t> uid, gid;
};

struct BindMount {
  std::string host_path, container_path;
  std::string type;  ///< as mount(8); empty: by the options
  std::vector<std::string> options;
};

/// A program of this machine that the OCI runtime starts at a point of a container's life.
struct Hook {
  std::string point;  ///< "createContainer" and the like
  std::string path;
  std::vector<std::string> args, environment;
  std::optional<int64_t> timeout;  ///< seconds
};

/// A file of this machine that a container's loader is to find under a name.
struct Library {
  std::string host_path, name;
};

/// What a device changes in a container: `containerEdits` of the Container Device Interface.
struct Edits {
  std::vector<std::string> environment;  ///< "K=V"
  std::vector<Node> nodes;
  std::vector<BindMount> mounts;
  std::vector<Hook> hooks;
  std::vector<uint32_t> additional_gids;
  /// Where they belong is known when the image is: beside its C library. No specification has them,
  /// our own discovery does (nvidia.hpp).
  std::vector<Library> libraries;
  /// Parts of the specification that are not made here, by name.
  std::vector<std::string> unsupported;

  bool empty() const;
  void append(const Edits& other);
};

/// Reads `containerEdits`; throws a usage error for unknown members and wrong values. A text may
/// stand as a number or a truth value, as YAML has it without quotes.
Edits read_edits(const Json& json, const std::string& where);
/// A text that may stand so.
std::string scalar_text(const Json& value, const std::string& where, const std::string& member);

/// For the way to the supervisor.
Json edits_to_json(const Edits& edits);
Edits edits_from_json(const Json& json);

}  // namespace trainyard::engine::devices

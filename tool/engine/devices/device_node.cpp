#include "engine/devices/device_node.hpp"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/error.hpp"

namespace trainyard::engine::devices {

namespace {

const char* type_of(const struct stat& status) {
  if (S_ISBLK(status.st_mode)) return "b";
  if (S_ISCHR(status.st_mode)) return "c";
  return S_ISFIFO(status.st_mode) ? "p" : "";
}

}  // namespace

void complete_node(Node& node) {
  const std::string action = "handing in the device node";
  if (node.host_path.empty()) node.host_path = node.path;
  if (node.type == "u") node.type = "c";
  const bool said = !node.type.empty() && (node.major != 0 || node.type == "p");
  struct stat status {};
  if (::lstat(node.host_path.c_str(), &status) != 0) {
    if (said) return;
    throw system_error(action, node.host_path);
  }
  const std::string type = type_of(status);
  if (type.empty() && !said) throw Error(action, node.host_path, "it is not a device node");
  if (!node.mode) node.mode = status.st_mode & 07777;
  if (said) return;
  if (node.type.empty()) node.type = type;
  if (node.type != type)
    throw Error(action, node.host_path,
                "its type is " + type + ", and the specification says " + node.type);
  if (type == "p" || node.major != 0) return;
  node.major = major(status.st_rdev);
  node.minor = minor(status.st_rdev);
}

}  // namespace trainyard::engine::devices

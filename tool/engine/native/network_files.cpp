#include "engine/native/network_files.hpp"

#include "engine/native/private_network.hpp"

namespace trainyard::engine::native {

namespace {

constexpr const char* k_local_hosts =
    "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n";

/// What the machine's own file says, without making its absence an error.
std::string machine_file(const char* path, const char* otherwise) {
  try {
    return read_file_if_exists(path).value_or(otherwise);
  } catch (const Error&) {
    return otherwise;
  }
}

std::string name_servers(Network network) {
  if (network == Network::none) return "";
  if (network == Network::private_)
    return std::string("nameserver ") + PrivateNetwork::k_name_server + "\n";
  return machine_file("/etc/resolv.conf", "");
}

}  // namespace

std::vector<Mount> make_network_files(const ContainerSpec& spec, const fs::path& folder) {
  std::string hosts =
      spec.network == Network::host ? machine_file("/etc/hosts", k_local_hosts) : k_local_hosts;
  if (!hosts.empty() && hosts.back() != '\n') hosts += '\n';
  hosts += "127.0.1.1\t" + spec.hostname + "\n";
  for (const auto& [name, address] : spec.hosts) hosts += address + "\t" + name + "\n";
  make_directories(folder);
  write_file_atomic(folder / "hosts", hosts);
  write_file_atomic(folder / "hostname", spec.hostname + "\n");
  write_file_atomic(folder / "resolv.conf", name_servers(spec.network));
  std::vector<Mount> mounts;
  for (const char* name : {"hosts", "hostname", "resolv.conf"}) {
    Mount mount;
    mount.source = folder / name;
    mount.target = std::string("/etc/") + name;
    mount.access = Mount::Access::read_write;
    mounts.push_back(mount);
  }
  return mounts;
}

}  // namespace trainyard::engine::native

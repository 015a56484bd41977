#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/file.hpp"
#include "base/json.hpp"
#include "base/unique_fd.hpp"

namespace trainyard::training {

/// Tools and a run's keeper speak over `runs/<kk>/<key>/socket` (SOCK_SEQPACKET, mode 0600, peers
/// must be of the same user): one packet, one JSON object with a member "type".
///
/// From a tool:
///   attach  first packet: waits for the run, which is stopped when the last such tool has left
///   detach  first packet: the run goes on by itself; the answer is "left"
///   watch   first packet: only looks (`trainyard logs -f`)
///   state   first packet: the answer is "state" (`trainyard ps`)
///   end     first packet: stops the run, whoever waits for it (`trainyard stop`)
///   stop    leaves; when it was the last, waits for "ended"
///
/// From the keeper:
///   hello   `log` is there to be read; member "stopping" says that the run is about to end
///   grew    read `log` on
///   metrics member "values": what the metrics files have by now, all of it to who attaches later
///   note    member "text": something for people
///   left    answer to "stop" and "detach": the run goes on
///   state   members target, seconds since it began, attached (how many tools), detached,
///           waiting_for (what it waits for before it can start, empty when it runs)
///   ended   last packet: "status" is done, failed (with "error", see error_message.hpp) or
///   stopped,
///           then with "asked" when it was by "end"
///
/// The end of the connection before "ended" means that the keeper was killed; before "hello", that
/// it was just ending.
///
/// The tool that starts a keeper takes the lock, binds the socket, connects to it, and only then
/// starts the keeper, which inherits both: no tool can come too early, and a tool that dies at once
/// is seen as one that left.
namespace message {
inline constexpr const char* attach = "attach";
inline constexpr const char* detach = "detach";
inline constexpr const char* watch = "watch";
inline constexpr const char* state = "state";
inline constexpr const char* end = "end";
inline constexpr const char* stop = "stop";
inline constexpr const char* hello = "hello";
inline constexpr const char* grew = "grew";
inline constexpr const char* metrics = "metrics";
inline constexpr const char* note = "note";
inline constexpr const char* left = "left";
inline constexpr const char* ended = "ended";
}  // namespace message

/// A socket's path must fit in 108 bytes: folders are reached through /proc/self/fd. Throws Error.
UniqueFd listen_in(const fs::path& run_folder);
/// Nothing when there is no socket or nobody listens.
std::optional<UniqueFd> connect_in(const fs::path& run_folder);

/// Whether the other end belongs to this user.
bool peer_is_own_user(int fd);

enum class Sending { wait, if_possible };
/// False when the other end is gone, or (if_possible) cannot take it now.
bool send_message(int fd, const Json& message, Sending how = Sending::wait);
/// The next packet; nothing at the end of the connection. Waits.
std::optional<Json> receive_message(int fd);

}  // namespace trainyard::training

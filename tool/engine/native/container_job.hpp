#pragma once

#include "engine/native/channel.hpp"

namespace trainyard::engine::native {

/// Runs one container in this child of the supervisor and serves its channel until it has ended.
///
/// Receives  {"container": ContainerSpec (spec_wire.hpp), "runtime": {...}, "engine_folder": path},
/// with
///           the tool's standard input as descriptor when it is handed in;
/// sends     {"started": true} with the read ends of stdout and stderr, or with the
/// pseudo-terminal's
///           master; throws Error when it cannot be started;
/// receives  {"signal": number} any number of times; the end of the channel kills the container;
/// sends     {"ended": ContainerResult}.
void run_container(Channel& channel, Message&& request);

}  // namespace trainyard::engine::native

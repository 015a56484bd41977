#pragma once

namespace trainyard::engine {

/// `<program> victim STORE LAYER WORK MARKER`: runs containers, one after the other and two at
/// once, until it is killed. MARKER is an argument of everything inside.
bool is_victim_call(int argc, char** argv);
int run_victim(char** argv);

}  // namespace trainyard::engine

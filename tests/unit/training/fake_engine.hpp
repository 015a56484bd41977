#pragma once

#include <memory>

#include "engine/engine.hpp"
#include "store/store.hpp"

namespace trainyard::training::testing {

/// Runs a container's command as a plain process of this machine: its working folder is the folder
/// mounted there, and inputs are copied onto their places. Jobs run in this process. As with the
/// real engine, what it started dies with it.
std::unique_ptr<engine::Engine> make_fake_engine(const store::Store& store);

}  // namespace trainyard::training::testing

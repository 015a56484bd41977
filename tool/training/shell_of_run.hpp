#pragma once

#include "engine/engine.hpp"
#include "store/store.hpp"
#include "store/work_folder.hpp"

namespace trainyard::training {

/// The container in which the run `key` was tried, for `trainyard shell RUN`: same image,
/// environment, mounts and limits, on a terminal, with a shell for a command. Of a failed try it
/// has the working folder as it was left (what is changed there stays); of a finished run a fresh
/// one with the outputs put back. Inputs are those of today. `work` holds what is made for it and
/// must live as long as the container. Throws a usage error when the run is neither.
engine::ContainerSpec shell_of_run(const store::Store& store, engine::Engine& engine,
                                   const std::string& key, const store::WorkFolder& work);

}  // namespace trainyard::training

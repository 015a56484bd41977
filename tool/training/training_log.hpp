#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "store/store.hpp"

namespace trainyard::training {

enum class LogMode { read, follow };

/// The output of the run `key` (store::require_run_key): of its last try. `follow` goes on until
/// the run ends, when it is going on now. Throws a usage error when this run never started.
void show_training_log(const store::Store& store, const std::string& key, LogMode mode,
                       const std::function<void(std::string_view)>& bytes);

}  // namespace trainyard::training

#pragma once

#include "base/lock_file.hpp"
#include "store/store.hpp"

namespace trainyard::cli {

/// The store's lock, which keeps apart those that take things out of it: gc and check, one at a
/// time. Builds and trainings go on beside its holder. Waits, and after a second says on standard
/// error for whom.
LockFile lock_store(const store::Store& store);

}  // namespace trainyard::cli

#pragma once

#include "base/file.hpp"
#include "store/run_records.hpp"
#include "store/store.hpp"

namespace trainyard::training {

/// Puts one output of a finished run at `destination`, moved in whole: a file is made beside it (a
/// reflink where the file system can) and renamed; a folder is made beside it and exchanged.
/// Whatever was there goes. mtimes are now's. Throws Error with a hint to build again when its
/// content is no longer in the store.
void put_output(const store::Store& store, const store::Output& output,
                const fs::path& destination);

}  // namespace trainyard::training

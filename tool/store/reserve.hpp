#pragma once

#include "base/file.hpp"

namespace trainyard::store {

/// Room that is set aside for `gc` and `rmi`: to remove anything safely it needs a few small files itself,
/// and on a disk that is full to the last byte or inode it would get none. `reserve/` is 16
/// files of 16 KiB that go first.

/// Makes what is missing of it. A failure is none: there is no room then, or no need.
void keep_reserve(const fs::path& root);

/// Removes it when the file system of `root` is nearly full.
void spend_reserve(const fs::path& root);

}  // namespace trainyard::store

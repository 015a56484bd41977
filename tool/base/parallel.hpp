#pragma once

#include <cstddef>
#include <functional>

namespace trainyard {

/// Calls `work(i)` for each i below `count`, on as many threads as there are cores (at most eight),
/// on this one alone when there is little to do. Throws the failure with the smallest i among those
/// that happened; after one, no more calls start.
void for_each_in_parallel(size_t count, const std::function<void(size_t)>& work);

}  // namespace trainyard

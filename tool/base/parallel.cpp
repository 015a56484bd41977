#include "base/parallel.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace trainyard {

namespace {

/// Below this a thread's start costs more than it brings.
constexpr size_t k_least = 32;
/// Taken in one go, so that neighbours, which often lie side by side on the disk, stay together.
constexpr size_t k_batch = 16;

struct Work {
  const std::function<void(size_t)>& call;
  const size_t count;
  std::atomic<size_t> next = 0;
  std::atomic<bool> stopped = false;
  std::mutex mutex;  // of what follows
  size_t failed = SIZE_MAX;
  std::exception_ptr failure;

  void run() {
    while (!stopped) {
      const size_t first = next.fetch_add(k_batch);
      if (first >= count) return;
      for (size_t i = first; i < std::min(first + k_batch, count) && !stopped; ++i) run_one(i);
    }
  }

  void run_one(size_t i) {
    try {
      call(i);
    } catch (...) {
      const std::lock_guard lock(mutex);
      stopped = true;
      if (i > failed) return;
      failed = i;
      failure = std::current_exception();
    }
  }
};

}  // namespace

void for_each_in_parallel(size_t count, const std::function<void(size_t)>& call) {
  Work work{call, count};
  std::vector<std::jthread> threads;
  const size_t cores = std::min<size_t>(8, std::max(1U, std::thread::hardware_concurrency()));
  const size_t helpers = count < k_least ? 0 : cores - 1;
  try {
    for (size_t i = 0; i < helpers; ++i) threads.emplace_back([&work] { work.run(); });
  } catch (const std::system_error&) {
    // No more threads are allowed here: the work is done with those that are.
  }
  work.run();
  threads.clear();
  if (work.failure) std::rethrow_exception(work.failure);
}

}  // namespace trainyard

#include "cli/store_lock.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <thread>

#include "base/error.hpp"
#include "base/terminal.hpp"

namespace trainyard::cli {

namespace {

constexpr std::chrono::milliseconds k_silent{1000};
constexpr std::chrono::milliseconds k_between_tries{20};
constexpr int k_shown_columns = 100;

/// "process 4711 (trainyard gc)", as far as it can be told.
std::string holder_of(const fs::path& lock) {
  const auto pid = LockFile::holder(lock);
  if (!pid) return "another process";
  std::string words;
  try {
    words =
        read_file_if_exists("/proc/" + std::to_string(*pid) + "/cmdline").value_or(std::string());
  } catch (const Error&) {
    // It has ended meanwhile.
  }
  while (words.ends_with('\0')) words.pop_back();
  std::replace(words.begin(), words.end(), '\0', ' ');
  const std::string name = "process " + std::to_string(*pid);
  return words.empty() ? name
                       : name + " (" + fit_columns(printable_line(words), k_shown_columns) + ")";
}

}  // namespace

LockFile lock_store(const store::Store& store) {
  const fs::path path = store.root() / "lock";
  const auto end = std::chrono::steady_clock::now() + k_silent;
  for (;;) {
    if (auto lock = LockFile::try_acquire(path)) return std::move(*lock);
    if (std::chrono::steady_clock::now() >= end) break;
    std::this_thread::sleep_for(k_between_tries);
  }
  std::fprintf(stderr, "trainyard: waiting for the store %s: %s holds its lock\n",
               store.root().c_str(), holder_of(path).c_str());
  return LockFile::acquire(path);
}

}  // namespace trainyard::cli

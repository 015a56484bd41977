#include "cli/background_sync.hpp"

#include <fcntl.h>

#include "base/error.hpp"
#include "base/process.hpp"
#include "cli/command.hpp"
#include "store/step_records.hpp"
#include "store/sync_state.hpp"

namespace trainyard::cli {

namespace {

/// So much a disk takes in a moment.
constexpr uint64_t k_little = 32 << 20;

void start_sync(const store::Store& store) {
  const UniqueFd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
  ProcessSpec spec;
  spec.argv = {own_executable().string(), "internal-sync", absolute_normal(store.root()).string()};
  spec.working_directory = "/";
  // Not the build's own streams: Ninja waits for their end.
  spec.in = spec.out = spec.err = nothing.get();
  spec.own_session = true;
  try {
    start_process(spec);
  } catch (const Error&) {
    // The records stay as they are: looked at again after the next boot.
  }
}

}  // namespace

void sync_or_start_sync(const store::Store& store, uint64_t written) {
  if (!store::has_unsynced(store)) return;
  if (written <= k_little)
    store::sync_steps(store);
  else
    start_sync(store);
}

int sync_command(const std::vector<std::string>& words) {
  if (words.size() != 1) return static_cast<int>(ExitCode::usage);
  // A store that was removed meanwhile is not made anew.
  if (fs::is_directory(fs::path(words.front()) / "boots"))
    store::sync_steps(store::Store::open(words.front()));
  return 0;
}

}  // namespace trainyard::cli

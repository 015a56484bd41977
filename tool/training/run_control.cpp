#include "training/run_control.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/folder_listing.hpp"
#include "base/lock_file.hpp"
#include "store/run_records.hpp"
#include "training/keeper_protocol.hpp"

namespace trainyard::training {

namespace {

/// Folders of runs that have a keeper, or somebody else who is at them.
std::vector<fs::path> held_folders(const store::Store& store) {
  std::vector<fs::path> held;
  std::error_code gone;  // another tool may remove what is listed
  for (const auto& group : entries_of(store.runs(), gone))
    for (const auto& folder : entries_of(group.path(), gone))
      if (LockFile::is_held(store::run_lock(folder.path()))) held.push_back(folder.path());
  return held;
}

/// Nothing when it has just ended, or does not answer within seconds.
std::optional<RunningRun> ask(const fs::path& folder) {
  const std::optional<UniqueFd> connection = connect_in(folder);
  if (!connection) return std::nullopt;
  const timeval limit{5, 0};
  ::setsockopt(connection->get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  send_message(connection->get(), {{"type", message::state}});
  try {
    while (const std::optional<Json> told = receive_message(connection->get()))
      if (told->at("type") == message::state)
        return RunningRun{folder.filename().string(),        told->at("target").get<std::string>(),
                          told->at("seconds").get<double>(), told->at("attached").get<int>(),
                          told->at("detached").get<bool>(),  told->value("waiting_for", "")};
  } catch (const Error&) {
    return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

std::vector<RunningRun> list_running(const store::Store& store) {
  std::vector<RunningRun> runs;
  for (const fs::path& folder : held_folders(store))
    if (auto run = ask(folder)) runs.push_back(std::move(*run));
  std::sort(runs.begin(), runs.end(),
            [](const RunningRun& a, const RunningRun& b) { return a.seconds > b.seconds; });
  return runs;
}

bool stop_run(const store::Store& store, const std::string& key) {
  const std::optional<UniqueFd> connection = connect_in(store::run_folder(store, key));
  if (!connection) return false;
  send_message(connection->get(), {{"type", message::end}});
  bool greeted = false;
  while (const std::optional<Json> told = receive_message(connection->get())) {
    greeted = true;
    if (told->at("type") == message::ended) return true;
  }
  return greeted;
}

}  // namespace trainyard::training

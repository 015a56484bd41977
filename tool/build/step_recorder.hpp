#pragma once

#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/json.hpp"
#include "base/lock_file.hpp"
#include "build/build_session.hpp"
#include "build/copy_note.hpp"
#include "build/layer.hpp"
#include "build/repeated_files.hpp"

namespace trainyard::build {

/// What a step that executes hands to its recorder.
struct ExecutedStep {
  std::optional<fs::path> tree;  ///< nothing: the step left no layer
  double seconds = 0;
  std::optional<CopyNote> note;  ///< kept once the layer's digest is known
  RepeatedBytes repeated = {};
};

/// What is known when a step begins to execute.
struct Recording {
  const PlannedStage& stage;
  const PlannedStep& step;
  Json inputs;  ///< see step_inputs
  FileSystem parent;
  std::optional<LockFile> lock;  ///< of the step's key, when the key was known already
};

/// Hashes layers and writes step records beside the steps that follow, a thread for each step that
/// executes. A step whose parent is still being hashed gets its key, and the key's lock, as soon as
/// that is done, so that another process that comes to the same step waits for this one.
class StepRecorder {
 public:
  explicit StepRecorder(BuildSession& session);
  /// Waits for all.
  ~StepRecorder();
  StepRecorder(const StepRecorder&) = delete;
  StepRecorder& operator=(const StepRecorder&) = delete;

  /// Call when the step starts. Give it the outcome through `executed`; a promise without one ends
  /// the recording. The answer becomes ready with the layer's diff-id, or throws what the hashing
  /// threw.
  std::shared_future<StoredLayer> record(Recording recording, std::future<ExecutedStep> executed);
  /// Waits for all so far.
  void finish();
  /// Bytes of the layers that were stored.
  uint64_t written() const { return written_; }

 private:
  void run(Recording recording, std::future<ExecutedStep> executed,
           std::promise<StoredLayer> stored);
  StoredLayer store(const Recording& recording, const fs::path& tree);

  BuildSession& session_;
  std::atomic<uint64_t> written_ = 0;
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

/// The lock of a step's key: one maker per step, across processes too.
fs::path step_lock(const store::Store& store, const std::string& key);

}  // namespace trainyard::build

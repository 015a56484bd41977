#pragma once

#include <future>
#include <map>
#include <semaphore>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "build/build_session.hpp"
#include "build/layer.hpp"
#include "build/rebuild_reason.hpp"
#include "build/step_recorder.hpp"
#include "build/step_source.hpp"

namespace trainyard::build {

/// What a stage came to.
struct StageResult {
  FileSystem base;  ///< what it began with
  FileSystem files;
  std::vector<oci::HistoryEntry> history;  ///< with its base's
};

/// A step by its place in the plan.
using StepPlace = std::pair<int, int>;

/// Thrown when something must execute on a layer of which nothing is left but the record: the step
/// that made it must execute again.
struct LayerGone {
  StepPlace maker;
};

/// Solves the stages of a plan side by side, each a thread, the steps of one in order: a step with
/// a record is passed over; from the first one without on, steps execute, while the layers before
/// them are still being hashed.
class Solver {
 public:
  /// `forced`: steps that execute even though there is a record.
  Solver(BuildSession& session, std::set<StepPlace> forced);

  /// The target stage, all its digests known and all its layers in the store. Throws the first
  /// failure after all stages have ended, or LayerGone.
  StageResult solve();
  int cached() const { return cached_; }
  /// All steps with their keys, in the order of the plan; after solve().
  std::vector<NotedStep> noted_steps() const;
  /// Bytes of the layers that were made.
  uint64_t written() const { return recorder_.written(); }

 private:
  void start_stages();
  void promise_stage(const PlannedStage& stage, std::promise<StageResult>& promise);
  StageResult solve_stage(const PlannedStage& stage);
  StageResult begin_stage(const PlannedStage& stage);
  void solve_step(const PlannedStage& stage, int index, StageResult& result);

  FileSystem files_of(const LayersOrigin& origin) const;
  std::string digest_of(const FileSystem& files, const std::vector<std::string>& paths,
                        const CopyFilter& filter);
  void write_late_facts();

  bool take_record(const PlannedStage& stage, int index, const std::string& key,
                   StageResult& result);
  void report_start(const PlannedStage& stage, int index, const Json& inputs,
                    const StepSource& source, const FileSystem& below);
  void execute(const PlannedStage& stage, int index, Json inputs, std::optional<LockFile> lock,
               StepSource& source, StageResult& result);
  std::vector<fs::path> trees(const FileSystem& files);
  fs::path tree_of(Layer& layer);
  void check_layers(const FileSystem& files);
  void fail();

  BuildSession& session_;
  const std::set<StepPlace> forced_;
  std::counting_semaphore<> width_;
  std::map<int, std::promise<StageResult>> promises_;
  std::map<int, std::shared_future<StageResult>> results_;
  std::vector<std::thread> threads_;
  std::atomic<int> cached_ = 0;
  std::mutex mutex_;
  std::exception_ptr failure_;
  RebuildReasons reasons_;
  /// What the key of each step is made of.
  struct KeyParts {
    Json inputs;
    FileSystem below;
  };
  std::map<StepPlace, KeyParts> key_parts_;
  /// Content digests of file systems whose chain-id was not known yet.
  struct LateFact {
    FileSystem files;
    std::vector<std::string> paths;
    CopyFilter filter;
    std::string digest;
  };
  std::vector<LateFact> late_facts_;
  StepRecorder recorder_;
};

}  // namespace trainyard::build

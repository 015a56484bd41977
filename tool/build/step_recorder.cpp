#include "build/step_recorder.hpp"

#include "build/step_key.hpp"
#include "store/layer_trees.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

fs::path step_lock(const store::Store& store, const std::string& key) {
  return store.locks() / "steps" / key;
}

StepRecorder::StepRecorder(BuildSession& session) : session_(session) {}

StepRecorder::~StepRecorder() {
  finish();
}

void StepRecorder::finish() {
  // A recording never starts another one, so the list does not grow while it is waited for.
  std::vector<std::thread> threads;
  {
    const std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::shared_future<StoredLayer> StepRecorder::record(Recording recording,
                                                     std::future<ExecutedStep> executed) {
  std::promise<StoredLayer> stored;
  std::shared_future<StoredLayer> answer = stored.get_future().share();
  const std::lock_guard lock(mutex_);
  threads_.emplace_back([this, recording = std::move(recording), executed = std::move(executed),
                         stored = std::move(stored)]() mutable {
    run(std::move(recording), std::move(executed), std::move(stored));
  });
  return answer;
}

StoredLayer StepRecorder::store(const Recording& recording, const fs::path& tree) {
  const oci::LayerTar tar =
      store::store_layer(session_.store, session_.engine, tree, session_.fresh("tar"));
  written_ += tar.size;
  session_.reporter.report(StepEvent::Kind::digest_known, recording.stage, recording.step);
  return {tar.diff_id, tar.size};
}

void StepRecorder::run(Recording recording, std::future<ExecutedStep> executed,
                       std::promise<StoredLayer> stored) {
  try {
    const std::string chain =
        is_linked(recording.step) ? std::string() : wait_for_chain(recording.parent);
    const std::string key = step_key(recording.inputs, chain);
    if (!recording.lock) {
      // Somebody else who has it is making the same layer; both results are good.
      recording.lock = LockFile::try_acquire(step_lock(session_.store, key));
    }
    const ExecutedStep done = executed.get();
    store::StepRecord record;
    record.inputs = recording.inputs;
    record.text = recording.step.text;
    record.seconds = done.seconds;
    if (!done.tree) {
      store::put_step(session_.store, key, record);
      return;
    }
    const StoredLayer layer = store(recording, *done.tree);
    if (done.note) keep_copy_note(session_.store, *done.note, layer.diff_id);
    record.diff_id = layer.diff_id;
    record.size = layer.size;
    record.changed = done.repeated.changed;
    record.moved = done.repeated.moved;
    store::put_step(session_.store, key, record);
    stored.set_value(layer);
  } catch (...) {
    stored.set_exception(std::current_exception());
  }
}

}  // namespace trainyard::build

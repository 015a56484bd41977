#include "base/block_pipe.hpp"

namespace trainyard {

BlockPipe::BlockPipe(std::function<void(std::string_view)> consume, size_t blocks)
    : consume_(std::move(consume)), limit_(blocks), thread_([this] { run(); }) {}

BlockPipe::~BlockPipe() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void BlockPipe::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return ended_ || !filled_.empty(); });
    if (ended_) return;
    Filled next = std::move(filled_.front());
    filled_.pop_front();
    lock.unlock();
    std::exception_ptr failure;
    try {
      consume_({next.block.data(), next.used});
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    free_.push_back(std::move(next.block));
    --under_way_;
    if (failure) {
      failure_ = failure;
      ended_ = true;
    }
    changed_.notify_all();
  }
}

void BlockPipe::rethrow() {
  if (failure_) std::rethrow_exception(failure_);
}

BlockPipe::Block BlockPipe::exchange(Block filled, size_t used) {
  const size_t size = filled.size();
  std::unique_lock lock(mutex_);
  rethrow();
  filled_.push_back({std::move(filled), used});
  ++under_way_;
  changed_.notify_all();
  changed_.wait(lock, [this] { return failure_ || under_way_ < limit_; });
  rethrow();
  if (free_.empty()) return Block(size);
  Block block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void BlockPipe::finish() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || under_way_ == 0; });
  rethrow();
}

}  // namespace trainyard

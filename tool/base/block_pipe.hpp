#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <vector>

namespace trainyard {

/// Gives the blocks of one stream to a second thread, in order, so that what it does with them
/// (hash, write) goes on beside the reading of the next ones. For large streams: a thread costs as
/// much as hashing a hundred KiB.
class BlockPipe {
 public:
  using Block = std::vector<char>;
  /// `consume` runs in the second thread. No more than `blocks` blocks are under way.
  explicit BlockPipe(std::function<void(std::string_view)> consume, size_t blocks = 4);
  /// Ends the thread, whether or not all was consumed.
  ~BlockPipe();
  BlockPipe(const BlockPipe&) = delete;
  BlockPipe& operator=(const BlockPipe&) = delete;

  /// Takes a block of which `used` bytes count, and gives one of the same size in exchange. Throws
  /// what `consume` threw.
  Block exchange(Block filled, size_t used);
  /// Waits until all was consumed; throws what `consume` threw.
  void finish();

 private:
  struct Filled {
    Block block;
    size_t used = 0;
  };
  void run();
  void rethrow();

  std::function<void(std::string_view)> consume_;
  const size_t limit_;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_;
  std::deque<Filled> filled_;
  std::vector<Block> free_;
  size_t under_way_ = 0;
  bool ended_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace trainyard

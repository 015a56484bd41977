#pragma once

#include <cstddef>
#include <cstdint>

namespace trainyard {

/// Makes the kernel begin to write a large file to the disk while it is still being made, so that
/// whoever syncs it later finds most of it done. Without effect on small files, and where the file
/// system knows no such thing.
class EarlyWriteback {
 public:
  /// `fd`: the file, written from its start; -1: none.
  explicit EarlyWriteback(int fd) : fd_(fd) {}
  /// After each write of so many bytes. Waits only where the disk has more to do than its queue
  /// holds; never fails.
  void wrote(size_t bytes);

 private:
  int fd_;
  uint64_t written_ = 0;
  uint64_t begun_ = 0;
};

}  // namespace trainyard

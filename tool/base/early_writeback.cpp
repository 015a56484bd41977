#include "base/early_writeback.hpp"

#include <fcntl.h>

namespace trainyard {

namespace {
/// Enough for the disk to write in one go, little enough that little is left at the end.
constexpr uint64_t k_portion = 16 << 20;
}  // namespace

void EarlyWriteback::wrote(size_t bytes) {
  written_ += bytes;
  if (fd_ < 0 || written_ - begun_ < k_portion) return;
  ::sync_file_range(fd_, static_cast<off64_t>(begun_), static_cast<off64_t>(written_ - begun_),
                    SYNC_FILE_RANGE_WRITE);
  begun_ = written_;
}

}  // namespace trainyard

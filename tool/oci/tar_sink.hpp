#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/block_pipe.hpp"
#include "base/early_writeback.hpp"
#include "base/sha256.hpp"
#include "oci/digest.hpp"

namespace trainyard::oci {

/// Where a tar goes: through large blocks into its digest and, when there is one, a descriptor.
/// From the second block on a thread of its own hashes, since that takes longer than all the rest.
class TarSink {
 public:
  /// `out` is not owned; -1: the digest alone. `name` is the subject of errors.
  TarSink(int out, std::string name);

  void append(std::string_view bytes);
  void append_zeros(uint64_t count);
  /// Free space of the buffer to fill directly, never empty; `commit` says how much of it was
  /// filled.
  std::span<char> space();
  void commit(size_t filled);

  uint64_t size() const { return size_; }
  /// Writes what is left and gives the digest of all bytes. Call once.
  Digest finish();

 private:
  void write_block();
  void hash_beside();

  int out_;
  std::string name_;
  std::vector<char> buffer_;
  EarlyWriteback writeback_;
  size_t used_ = 0;
  uint64_t size_ = 0;
  Sha256 hash_;
  std::unique_ptr<BlockPipe> hasher_;  ///< uses hash_
};

}  // namespace trainyard::oci

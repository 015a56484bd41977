#include "oci/tar_sink.hpp"

#include <algorithm>
#include <cstring>

#include "base/file.hpp"

namespace trainyard::oci {

namespace {
/// Large enough that system calls do not count, small enough to stay in the second-level cache.
constexpr size_t k_buffer = 512 << 10;
}  // namespace

TarSink::TarSink(int out, std::string name)
    : out_(out), name_(std::move(name)), buffer_(k_buffer), writeback_(out) {}

void TarSink::append(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::span<char> free = space();
    const size_t part = std::min(free.size(), bytes.size());
    std::memcpy(free.data(), bytes.data(), part);
    commit(part);
    bytes.remove_prefix(part);
  }
}

void TarSink::append_zeros(uint64_t count) {
  while (count > 0) {
    const std::span<char> free = space();
    const size_t part = std::min<uint64_t>(free.size(), count);
    std::memset(free.data(), 0, part);
    commit(part);
    count -= part;
  }
}

std::span<char> TarSink::space() {
  if (used_ == buffer_.size()) {
    write_block();
    hash_beside();
  }
  return std::span(buffer_).subspan(used_);
}

void TarSink::commit(size_t filled) {
  used_ += filled;
  size_ += filled;
}

void TarSink::write_block() {
  if (out_ < 0) return;
  write_all(out_, {buffer_.data(), used_}, name_);
  writeback_.wrote(used_);
}

void TarSink::hash_beside() {
  if (!hasher_)
    hasher_ = std::make_unique<BlockPipe>([this](std::string_view block) { hash_.update(block); });
  buffer_ = hasher_->exchange(std::move(buffer_), used_);
  used_ = 0;
}

Digest TarSink::finish() {
  write_block();
  if (hasher_) hasher_->finish();
  hash_.update({buffer_.data(), used_});
  used_ = 0;
  return Digest::from_hex(hash_.hex());
}

}  // namespace trainyard::oci

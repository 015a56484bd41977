#include "build/file_copy.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <vector>

#include "base/block_pipe.hpp"
#include "base/early_writeback.hpp"
#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard::build {

namespace {

constexpr uint64_t k_block = 256 * 1024;
/// From here on reading and writing go on side by side.
constexpr uint64_t k_large = 8 << 20;

/// Shared extents where the file system can; false: not possible here.
bool clone_data(int in, int out, const std::string& target, uint64_t size) {
  uint64_t done = 0;
  while (done < size) {
    const ssize_t n = ::copy_file_range(in, nullptr, out, nullptr, size - done, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && done == 0) return false;
    if (n < 0) throw system_error("writing", target);
    if (n == 0) return done != 0;
    done += static_cast<uint64_t>(n);
  }
  return true;
}

/// Copies through memory and says what it was.
class Copying {
 public:
  Copying(int in, int out, const std::string& source, const std::string& target, uint64_t size)
      : in_(in), out_(out), source_(source), target_(target), expected_(size) {}

  ExpectedData run() {
    // One more byte than there should be: the end of a small file shows in its first reading.
    const uint64_t block = std::clamp<uint64_t>(expected_ + 1, 1, k_block);
    if (expected_ < k_large) return read_all(block, nullptr);
    EarlyWriteback writeback(out_);
    BlockPipe writer([&](std::string_view bytes) {
      write_all(out_, bytes, target_);
      writeback.wrote(bytes.size());
    });
    const ExpectedData seen = read_all(block, &writer);
    writer.finish();
    return seen;
  }

 private:
  ExpectedData read_all(uint64_t block, BlockPipe* writer) {
    std::vector<char> buffer(block);
    FingerprintStream xxh3;
    ExpectedData seen;
    while (true) {
      const ssize_t n = ::read(in_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) throw system_error("reading", source_);
      if (n == 0) break;
      const auto size = static_cast<size_t>(n);
      xxh3.update({buffer.data(), size});
      if (writer != nullptr)
        buffer = writer->exchange(std::move(buffer), size);
      else
        write_all(out_, {buffer.data(), size}, target_);
      seen.size += size;
      if (size < block && seen.size == expected_) break;
    }
    seen.xxh3 = xxh3.finish();
    return seen;
  }

  int in_, out_;
  const std::string& source_;
  const std::string& target_;
  uint64_t expected_;
};

}  // namespace

void copy_data(int in, int out, const std::string& source, const std::string& target,
               const ExpectedData& expected) {
  if (!expected.xxh3 && clone_data(in, out, target, expected.size)) return;
  const ExpectedData seen = Copying(in, out, source, target, expected.size).run();
  if (expected.xxh3 && (seen.size != expected.size || seen.xxh3 != expected.xxh3))
    throw Error("copying", source, "it changed while the image was being built",
                "build again when nothing writes to it any more", ExitCode::failed);
}

}  // namespace trainyard::build

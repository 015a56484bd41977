#include "store/fingerprint_index.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/block_pipe.hpp"
#include "base/error.hpp"
#include "store/fingerprint_rows.hpp"
#include "store/last_use.hpp"

namespace trainyard::store {

namespace {

constexpr int64_t k_second = 1'000'000'000;
constexpr int64_t k_day = 86400 * k_second;
constexpr int64_t k_forget_after = 30 * k_day;
constexpr size_t k_block = 1 << 18;
/// From here on a second thread is worth its start.
constexpr int64_t k_large = 8 << 20;

bool describes(const FingerprintRow& row, const struct stat& status) {
  return row.size == static_cast<uint64_t>(status.st_size) && row.inode == status.st_ino &&
         row.mtime == nanoseconds(status.st_mtim) && row.ctime == nanoseconds(status.st_ctim) &&
         row.mode == status.st_mode;
}

/// Whether the file could have changed after it was read without any of its times showing it. A
/// file system that keeps whole seconds (or two, as FAT) gives itself away by times without
/// nanoseconds.
bool is_racy(const FingerprintRow& row) {
  const int64_t changed = std::max(row.mtime, row.ctime);
  const int64_t tick = row.mtime % k_second == 0 && row.ctime % k_second == 0 ? 2 * k_second : 0;
  return changed + tick >= row.stamp;
}

/// One open file, read from its start as often as needed.
class Content {
 public:
  Content(const std::string& path, const struct stat& expected)
      : path_(path), fd_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)) {
    if (!fd_) throw system_error("reading", path_);
    status_ = current();
    if (!S_ISREG(status_.st_mode) || differs(expected)) fail();
  }

  /// Calls `sink(block, used)` for each; it may put another block of the same size in its place.
  template <class Sink>
  void for_each_block(Sink sink) const {
    // One more byte than there should be: the end of a small file shows in its first reading.
    const auto size = std::clamp<uint64_t>(expected_size() + 1, 1, k_block);
    std::vector<char> block(size);
    uint64_t offset = 0;
    while (true) {
      const ssize_t got = ::pread(fd_.get(), block.data(), size, static_cast<off_t>(offset));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw system_error("reading", path_);
      if (got > 0) sink(block, static_cast<size_t>(got));
      offset += static_cast<uint64_t>(got);
      if (got == 0 || (static_cast<uint64_t>(got) < size && offset == expected_size())) break;
    }
    if (offset != expected_size() || differs(current())) fail();
  }

  const struct stat& status() const { return status_; }
  uint64_t expected_size() const { return static_cast<uint64_t>(status_.st_size); }

 private:
  struct stat current() const {
    struct stat status {};
    if (::fstat(fd_.get(), &status) != 0) throw system_error("reading", path_);
    return status;
  }
  bool differs(const struct stat& other) const {
    return status_.st_ino != other.st_ino || status_.st_size != other.st_size ||
           nanoseconds(status_.st_mtim) != nanoseconds(other.st_mtim) ||
           nanoseconds(status_.st_ctim) != nanoseconds(other.st_ctim);
  }
  [[noreturn]] void fail() const {
    throw Error("reading", path_, "it changed meanwhile", "build again when nothing writes to it",
                ExitCode::failed);
  }

  const std::string& path_;
  UniqueFd fd_;
  struct stat status_ {};
};

void hash_both(const Content& content, FingerprintRow& row) {
  FingerprintStream xxh3;
  Sha256 sha256;
  if (content.status().st_size < k_large) {
    content.for_each_block([&](const std::vector<char>& block, size_t used) {
      xxh3.update({block.data(), used});
      sha256.update({block.data(), used});
    });
  } else {
    // SHA-256 is the slow one: the other and the reading go on beside it.
    BlockPipe pipe([&sha256](std::string_view block) { sha256.update(block); });
    content.for_each_block([&](std::vector<char>& block, size_t used) {
      xxh3.update({block.data(), used});
      block = pipe.exchange(std::move(block), used);
    });
    pipe.finish();
  }
  row.xxh3 = xxh3.finish();
  row.sha256 = sha256.bytes();
}

Fingerprint hash_fast(const Content& content) {
  FingerprintStream xxh3;
  content.for_each_block([&](const std::vector<char>& block, size_t used) {
    xxh3.update({block.data(), used});
  });
  return xxh3.finish();
}

}  // namespace

struct FingerprintIndex::State {
  fs::path file;
  std::string folder;
  std::mutex mutex;  // of what follows
  FingerprintRows rows;
  bool changed = false;
  std::atomic<size_t> by_stat = 0, by_xxh3 = 0, anew = 0;

  /// A row's name: relative to the folder, so that it is short.
  std::string_view name_of(std::string_view path) const {
    std::string_view name = path;
    if (name.size() > folder.size() + 1 && name.starts_with(folder) && name[folder.size()] == '/')
      name.remove_prefix(folder.size() + 1);
    return name;
  }

  std::optional<FingerprintRow> find(std::string_view name, int64_t now) {
    const std::lock_guard lock(mutex);
    FingerprintRow* row = rows.find(name);
    if (row == nullptr) return std::nullopt;
    // Not a change worth a rewrite by itself: a row that is forgotten too early is only read again.
    row->used = std::max(row->used, now);
    return *row;
  }

  void put(std::string_view name, const FingerprintRow& row) {
    const std::lock_guard lock(mutex);
    rows.put(name, row);
    changed = true;
  }

  /// The row of a file that must be read. XXH3 first and SHA-256 only if that differs reads a
  /// changed file of the same size twice, the second time from memory, at a fraction of SHA-256's
  /// own cost; one pass for both would make every touch and checkout pay for SHA-256. Where the
  /// size differs, so does the content: one pass.
  FingerprintRow read(const std::string& path, const struct stat& status,
                      const std::optional<FingerprintRow>& old) {
    FingerprintRow row;
    row.stamp = file_clock_now();
    const Content content(path, status);
    row.size = static_cast<uint64_t>(content.status().st_size);
    row.inode = content.status().st_ino;
    row.mtime = nanoseconds(content.status().st_mtim);
    row.ctime = nanoseconds(content.status().st_ctim);
    row.mode = content.status().st_mode;
    row.used = row.stamp;
    if (old && old->size == row.size && hash_fast(content) == old->xxh3) {
      row.xxh3 = old->xxh3;
      row.sha256 = old->sha256;
      ++by_xxh3;
    } else {
      hash_both(content, row);
      ++anew;
    }
    return row;
  }
};

FingerprintIndex::FingerprintIndex(const Store& store, const fs::path& folder)
    : state_(std::make_unique<State>()) {
  state_->folder = absolute_normal(folder).string();
  state_->file = store.fingerprints() / fingerprint(state_->folder).hex();
  note_use(state_->file);
  state_->rows = FingerprintRows::load(state_->file, state_->folder);
}

FingerprintIndex::~FingerprintIndex() {
  if (!state_->changed) return;
  try {
    state_->rows.save(state_->file, state_->folder, file_clock_now() - k_forget_after);
  } catch (const std::exception&) {
    // A cache: the next build reads the files again.
  }
}

std::optional<FileContent> FingerprintIndex::known(std::string_view path,
                                                   const struct stat& status) {
  const auto row = state_->find(state_->name_of(path), file_clock_now());
  if (!row || !describes(*row, status) || is_racy(*row)) return std::nullopt;
  ++state_->by_stat;
  return FileContent{row->sha256, row->xxh3};
}

FileContent FingerprintIndex::content(const std::string& path, const struct stat& status) {
  if (const auto content = known(path, status)) return *content;
  const std::string_view name = state_->name_of(path);
  const FingerprintRow fresh = state_->read(path, status, state_->find(name, file_clock_now()));
  state_->put(name, fresh);
  return {fresh.sha256, fresh.xxh3};
}

std::string FingerprintIndex::sha256(const fs::path& path, const struct stat& status) {
  return to_hex(content(path.native(), status).sha256);
}

FingerprintIndex::Counts FingerprintIndex::counts() const {
  return {state_->by_stat.load(), state_->by_xxh3.load(), state_->anew.load()};
}

}  // namespace trainyard::store

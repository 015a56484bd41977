#include "training/event_file.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <vector>

#include "base/crc32c.hpp"
#include "base/error.hpp"

namespace trainyard::training {

namespace {

/// What holds a scalar has some hundred bytes; larger ones are images, graphs and histograms.
constexpr uint64_t k_largest_parsed = 1 << 20;
constexpr size_t k_header = 12;
constexpr size_t k_checksum = 4;

template <class Number>
Number little_endian(const char* bytes) {
  static_assert(std::endian::native == std::endian::little);
  Number value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

/// TFRecord masks its checksums, so that one of bytes that hold checksums is a good one too.
uint32_t masked(uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

/// The bytes of a file one after the other, through a buffer.
class FileBytes {
 public:
  FileBytes(int fd, uint64_t offset, const std::string& name)
      : fd_(fd), at_(offset), name_(name), buffer_(k_buffer) {
    struct stat status {};
    if (::fstat(fd_, &status) != 0) throw system_error("reading", name_);
    size_ = static_cast<uint64_t>(status.st_size);
  }

  uint64_t left() const { return size_ > at_ ? size_ - at_ : 0; }
  uint64_t offset() const { return at_; }

  /// At most `wanted` bytes, until the next call; none at the end of the file.
  std::string_view take(uint64_t wanted) {
    if (begin_ == end_) fill();
    const size_t n = static_cast<size_t>(std::min<uint64_t>(wanted, end_ - begin_));
    const std::string_view bytes(buffer_.data() + begin_, n);
    begin_ += n;
    at_ += n;
    return bytes;
  }

  /// False when the file has become shorter meanwhile.
  bool take_all(uint64_t wanted, std::string& bytes) {
    bytes.clear();
    while (bytes.size() < wanted) {
      const std::string_view some = take(wanted - bytes.size());
      if (some.empty()) return false;
      bytes += some;
    }
    return true;
  }

 private:
  static constexpr size_t k_buffer = 1 << 18;

  void fill() {
    ssize_t n = 0;
    do {
      n = ::pread(fd_, buffer_.data(), buffer_.size(), static_cast<off_t>(at_));
    } while (n < 0 && errno == EINTR);
    if (n < 0) throw system_error("reading", name_);
    begin_ = 0;
    end_ = static_cast<size_t>(n);
  }

  int fd_;
  uint64_t at_;
  const std::string& name_;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
  uint64_t size_ = 0;
};

/// The record's content when it is small enough for one with scalars, and whether it is what was
/// written. False when it ends early.
bool take_record(FileBytes& file, uint64_t length, std::string& content, bool& sound) {
  uint32_t crc = 0;
  if (length <= k_largest_parsed) {
    if (!file.take_all(length, content)) return false;
    crc = crc32c(content);
  } else {
    content.clear();
    for (uint64_t left = length; left > 0;) {
      const std::string_view some = file.take(left);
      if (some.empty()) return false;
      crc = crc32c(some, crc);
      left -= some.size();
    }
  }
  std::string checksum;
  if (!file.take_all(k_checksum, checksum)) return false;
  sound = little_endian<uint32_t>(checksum.data()) == masked(crc);
  return true;
}

EventFileEnd cut_short(EventFileEnd end) {
  end.complaint = "its last record is cut off";
  end.is_cut_short = true;
  return end;
}

}  // namespace

bool is_event_file(const std::string& path) {
  return path.find("tfevents", path.rfind('/') + 1) != std::string::npos;
}

EventFileEnd read_events(int fd, uint64_t offset, const std::string& name,
                         const std::function<void(const ScalarEvent&)>& sink) {
  FileBytes file(fd, offset, name);
  EventFileEnd end;
  end.offset = offset;
  std::string header, content;
  while (file.left() > 0) {
    if (!file.take_all(k_header, header)) return cut_short(end);
    const auto length = little_endian<uint64_t>(header.data());
    if (little_endian<uint32_t>(header.data() + 8) !=
        masked(crc32c(std::string_view(header).substr(0, 8)))) {
      end.complaint = "no record begins at byte " + std::to_string(end.offset);
      return end;
    }
    if (file.left() < k_checksum || length > file.left() - k_checksum) return cut_short(end);
    bool sound = false;
    if (!take_record(file, length, content, sound)) return cut_short(end);
    end.offset = file.offset();
    const auto events = sound ? parse_scalar_events(content) : std::nullopt;
    if (!events) ++end.passed_over;
    for (const ScalarEvent& event : events.value_or(std::vector<ScalarEvent>())) sink(event);
  }
  return end;
}

}  // namespace trainyard::training

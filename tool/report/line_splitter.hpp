#pragma once

#include <string>
#include <string_view>

namespace trainyard::report {

/// Cuts a stream into lines; the rest waits for its newline.
class LineSplitter {
 public:
  template <typename Receiver>
  void add(std::string_view bytes, Receiver&& receiver) {
    for (const char c : bytes) {
      if (c == '\n' || c == '\r') {
        if (!line_.empty()) receiver(std::string_view(line_));
        line_.clear();
      } else if (line_.size() < 4096) {
        line_ += c;
      }
    }
  }
  /// What the stream ended with when that is not a newline.
  template <typename Receiver>
  void finish(Receiver&& receiver) {
    add("\n", receiver);
  }

 private:
  std::string line_;
};

}  // namespace trainyard::report

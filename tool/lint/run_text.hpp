#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.hpp"

namespace trainyard::lint {

/// The text of a RUN as a shell gets it, continuations joined and here-documents behind it, each
/// character with its place in the file.
class RunText {
 public:
  RunText(const dockerfile::Dockerfile& file, const dockerfile::Location& at);

  /// Behind the keyword and the flags.
  std::string_view command() const { return std::string_view(text_).substr(command_); }
  /// The flags, as written.
  std::string_view flags() const { return std::string_view(text_).substr(0, command_); }
  /// Where a character of command() stands.
  dockerfile::Location at(size_t offset) const;

 private:
  struct Segment {
    size_t offset;
    int line;
    int column;
  };
  void append(std::string_view part, int line, int column);
  void find_command();

  std::string text_;
  std::vector<Segment> segments_;
  size_t command_ = 0;
  int end_line_ = 0;
};

}  // namespace trainyard::lint

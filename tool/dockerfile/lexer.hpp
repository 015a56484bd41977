#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/heredoc.hpp"

namespace trainyard::dockerfile {

/// One instruction as a single line of text: continuations joined, comment lines inside them gone,
/// no white space at its ends. Remembers where each part of it stood.
class LogicalLine {
 public:
  const std::string& text() const { return text_; }
  /// Where the character at `offset` stands in the file; the end of the text has a place too.
  Location location(size_t offset) const;
  Location location() const { return location(0); }
  /// The same text, all of it at one place of another file.
  LogicalLine placed_at(const Location& place) const;

 private:
  friend class Lexer;
  /// Text from `offset` on comes from this line and column.
  struct Segment {
    size_t offset;
    int line;
    int column;
  };
  void append(std::string_view part, int line, int column);
  void trim();

  std::string text_;
  std::vector<Segment> segments_;
  int end_line_ = 0;
  std::optional<Location> place_;
};

/// Splits text into lines (LF or CRLF, a UTF-8 byte order mark is dropped).
std::vector<std::string> split_lines(std::string_view text);

/// Reads `file.lines` instruction by instruction. Takes the parser directives first: `escape` and
/// `check` are put into `file`, `syntax` is accepted. It stands on a physical line between two
/// instructions, so what follows an instruction's own lines can be taken from there.
class Lexer {
 public:
  explicit Lexer(Dockerfile& file);
  /// The next instruction, or nothing at the end.
  std::optional<LogicalLine> next();
  /// The lines of a here-document that `line` opens, each with its end; the line that ends it is
  /// taken too. Throws when there is none; `at` is what opened it.
  std::string take_heredoc(LogicalLine& line, const HeredocOpening& opening, const Location& at);

 private:
  void read_directives();
  void take_directive(const std::string& name, std::string_view value, Location at);
  void take_check(std::string_view value, Location at);
  /// The part of a line before its continuation character, or nothing when it does not continue.
  std::optional<std::string_view> continued(std::string_view line) const;
  void check_bytes(std::string_view text, const std::function<Location(size_t)>& location) const;

  Dockerfile& file_;
  size_t next_line_ = 0;  ///< index into file_.lines
};

}  // namespace trainyard::dockerfile

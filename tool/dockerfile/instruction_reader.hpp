#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/lexer.hpp"

namespace trainyard::dockerfile {

/// A part of an instruction's joined text: [begin, end).
struct Span {
  size_t begin = 0;
  size_t end = 0;
  size_t size() const { return end - begin; }
  bool empty() const { return begin == end; }
};

/// A flag that an instruction knows.
struct FlagRule {
  enum class Kind {
    value,   ///< --name=VALUE, once
    values,  ///< as often as one likes
    truth    ///< --name, --name=true, --name=false
  };
  const char* name;
  Kind kind = Kind::value;
};

/// `--name=value` as written in front of an instruction's arguments; quotes and escapes removed.
struct Flag {
  std::string name;
  std::string value;
  bool has_value = false;
  Span span;        ///< all of it
  Span value_span;  ///< behind the `=`
};

/// One string of a JSON array and the place of its first character behind the quote.
struct JsonString {
  std::string text;
  Span span;
};

/// A here-document of an instruction: the word that opens it, and its lines as they stand.
struct Heredoc {
  HeredocOpening opening;
  Span span;
  std::string text;
};

/// One instruction taken apart as every instruction is: keyword, flags, rest. Gives the rest in the
/// forms that instructions need, and errors that point at the line a part stands in.
class InstructionReader {
 public:
  /// All must outlive the reader.
  InstructionReader(Dockerfile& file, const LogicalLine& line);

  const std::string& keyword() const { return keyword_; }  ///< upper case
  std::string_view written_keyword() const { return view(keyword_span_); }
  Span keyword_span() const { return keyword_span_; }
  Span rest() const { return rest_; }  ///< behind keyword and flags, trimmed
  std::string_view view(Span span) const;
  Dockerfile& file() const { return file_; }
  const LogicalLine& line() const { return line_; }

  /// Refuses unknown flags, repeated ones and empty values.
  void check_flags(std::initializer_list<FlagRule> rules) const;
  const Flag* flag(std::string_view name) const;
  /// All flags of that name, in order.
  std::vector<const Flag*> flags(std::string_view name) const;
  /// A flag's value as a word that is expanded later.
  std::optional<Word> flag_word(std::string_view name) const;

  /// The rest, or an error that the instruction needs `what`.
  Span require_rest(const std::string& what, const std::string& hint) const;
  /// Words between white space; quotes mean nothing.
  std::vector<Span> blank_words(Span span) const;
  /// Words between white space outside of quotes; escaped white space does not separate. Quotes and
  /// escapes stay.
  std::vector<Span> shell_words(Span span) const;
  /// The strings of a JSON array; nothing when the text is not a valid JSON array, which the
  /// language takes for ordinary words. Throws for a valid array that holds something else than
  /// strings.
  std::optional<std::vector<JsonString>> json_strings(Span span) const;
  /// Exec form if it is JSON, shell form otherwise.
  CommandLine command_line(Span span) const;
  /// A flag without a value, or with "true" or "false"; nothing when it does not stand there.
  std::optional<bool> switch_flag(std::string_view name) const;
  /// All values of a flag that may stand more than once.
  std::vector<Word> flag_words(std::string_view name) const;

  /// The here-documents that the rest opens, in order; the parser has put their texts there.
  const std::vector<Heredoc>& heredocs() const { return heredocs_; }
  void set_heredocs(std::vector<Heredoc> heredocs) { heredocs_ = std::move(heredocs); }

  /// The text of a span with its place. Throws when variables in it are malformed.
  Word word(Span span) const;
  Word word(const JsonString& string) const;

  Error error(Span span, std::string message, std::string hint = {}) const;

 private:
  void take_flags(size_t begin);
  void check_expansion(std::string_view text, size_t offset) const;

  Dockerfile& file_;
  const LogicalLine& line_;
  std::string keyword_;
  Span keyword_span_;
  Span rest_;
  std::vector<Flag> flags_;
  std::vector<Heredoc> heredocs_;
};

}  // namespace trainyard::dockerfile

#include "dockerfile/expansion.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/shell_pattern.hpp"

namespace trainyard::dockerfile {

namespace {

constexpr int k_deepest = 32;
/// A process takes 128 KiB in one variable or argument; lines that each double what they name would
/// soon take all memory.
constexpr size_t k_longest = 1 << 20;

/// Text of which each character knows whether it was quoted.
struct Marked {
  std::string text;
  std::string quoted;  ///< 'q' or ' ', one for each character of `text`

  void add(char c, bool quote) {
    make_room_for(1);
    text += c;
    quoted += quote ? 'q' : ' ';
  }
  void add(std::string_view more, bool quote) {
    make_room_for(more.size());
    text += more;
    quoted.append(more.size(), quote ? 'q' : ' ');
  }
  void add(const Marked& more, bool quote) {
    make_room_for(more.text.size());
    text += more.text;
    quoted += quote ? std::string(more.text.size(), 'q') : more.quoted;
  }

 private:
  void make_room_for(size_t bytes) const {
    if (text.size() + bytes > k_longest)
      throw ExpansionProblem{"it becomes longer than 1 MiB",
                             "put a text of this size into a file, and copy that", 0, 1};
  }
};

bool names_special_parameter(char c) {
  return c == '@' || c == '*' || c == '#' || c == '?' || c == '-' || c == '$' || c == '!';
}

/// One pass over one text. `live_` is false where only the grammar is of interest: in a whole text
/// that is being checked, and in the word of `${x:-word}` that is not used.
class Expander {
 public:
  enum class Quotes { removed, kept };
  Expander(std::string_view text, char escape, const Lookup* lookup,
           Quotes quotes = Quotes::removed)
      : text_(text),
        escape_(escape),
        lookup_(lookup),
        live_(lookup != nullptr),
        keeps_quotes_(quotes == Quotes::kept) {}

  Marked run() { return until_end_or('\0'); }
  std::set<std::string> unset;

 private:
  bool at_end() const { return place_ >= text_.size(); }
  char peek() const { return text_[place_]; }

  [[noreturn]] void fail(size_t from, std::string cause, std::string hint = {}) const {
    const size_t to = std::max(place_, from + 1);
    throw ExpansionProblem{std::move(cause), std::move(hint), from, to - from};
  }

  /// Up to the end, or to an unquoted `stop`, which is taken. `stop` of 0 is the end only.
  Marked until_end_or(char stop);
  void single_quoted(Marked& out);
  void double_quoted(Marked& out);
  void dollar(Marked& out, bool quote);
  void braced(Marked& out, bool quote, size_t from);
  std::string_view take_name();
  std::optional<std::string> value_of(std::string_view name);
  void note_unset(std::string_view name) { unset.emplace(name); }
  enum class Escapes { taken, kept };  ///< patterns have escapes of their own
  Marked word_of_substitution(bool used, size_t from, char stop = '}',
                              Escapes escapes = Escapes::taken);
  void chosen(Marked& out, bool quote, size_t from, std::string_view name, char kind,
              bool empty_is_unset);
  void trimmed(Marked& out, bool quote, size_t from, std::string_view name, char kind);
  void replaced(Marked& out, bool quote, size_t from, std::string_view name);
  bool takes(char c);

  std::string_view text_;
  char escape_;
  const Lookup* lookup_;
  bool live_;
  const bool keeps_quotes_;
  bool keeps_escapes_ = false;
  size_t place_ = 0;
  int depth_ = 0;
};

Marked Expander::until_end_or(char stop) {
  Marked out;
  while (!at_end()) {
    const char c = peek();
    if (stop != '\0' && c == stop) {
      ++place_;
      return out;
    }
    if (c == '\'' && !keeps_quotes_) {
      single_quoted(out);
    } else if (c == '"' && !keeps_quotes_) {
      double_quoted(out);
    } else if (c == '$') {
      dollar(out, false);
    } else if (c == escape_) {
      // The next character stands for itself; at the very end there is none.
      if (keeps_escapes_) out.add(c, true);
      if (++place_ < text_.size()) out.add(text_[place_++], true);
    } else {
      out.add(c, false);
      ++place_;
    }
  }
  if (stop != '\0') throw ExpansionProblem{"", "", place_, 1};
  return out;
}

void Expander::single_quoted(Marked& out) {
  const size_t from = place_++;
  const size_t end = text_.find('\'', place_);
  if (end == std::string_view::npos)
    fail(from, "this single quote is not closed",
         std::string("write ") + escape_ + "' for the character itself");
  out.add(text_.substr(place_, end - place_), true);
  place_ = end + 1;
}

void Expander::double_quoted(Marked& out) {
  const size_t from = place_++;
  while (!at_end()) {
    const char c = peek();
    if (c == '"') {
      ++place_;
      return;
    }
    if (c == '$') {
      dollar(out, true);
      continue;
    }
    ++place_;
    if (c == escape_) {
      if (keeps_escapes_) out.add(c, true);
      if (at_end()) break;
      // Before any other character it is an ordinary one here.
      const char next = peek();
      if (next == '"' || next == '$' || next == escape_) {
        out.add(next, true);
        ++place_;
        continue;
      }
    }
    out.add(c, true);
  }
  place_ = from + 1;
  fail(from, "this double quote is not closed",
       std::string("write ") + escape_ + "\" for the character itself");
}

std::string_view Expander::take_name() {
  const size_t from = place_;
  if (at_end()) return {};
  if (names_special_parameter(peek())) {
    ++place_;
  } else if (is_digit(peek())) {
    while (!at_end() && is_digit(peek())) ++place_;
  } else {
    while (!at_end() && (is_letter(peek()) || is_digit(peek()) || peek() == '_')) ++place_;
  }
  return text_.substr(from, place_ - from);
}

std::optional<std::string> Expander::value_of(std::string_view name) {
  return live_ ? (*lookup_)(name) : std::nullopt;
}

void Expander::dollar(Marked& out, bool quote) {
  const size_t from = place_++;
  if (!at_end() && peek() == '{') {
    ++place_;
    if (++depth_ > k_deepest) fail(from, "variables are nested too deeply here");
    braced(out, quote, from);
    --depth_;
    return;
  }
  const std::string_view name = take_name();
  if (name.empty()) {
    out.add('$', quote);
    return;
  }
  const std::optional<std::string> value = value_of(name);
  if (value) out.add(*value, quote);
  if (!value && live_) note_unset(name);
}

Marked Expander::word_of_substitution(bool used, size_t from, char stop, Escapes escapes) {
  const bool outer = live_;
  const bool kept = keeps_escapes_;
  live_ = live_ && used;
  keeps_escapes_ = escapes == Escapes::kept;
  Marked word;
  try {
    word = until_end_or(stop);
  } catch (const ExpansionProblem& problem) {
    // Nameless: the text ended before the brace. Before a slash that is missing, the quote that
    // closes all of it seems to open one.
    const bool seems_open = stop == '/' && problem.cause.ends_with("quote is not closed");
    if (!problem.cause.empty() && !seems_open) throw;
    if (stop == '/')
      fail(from, "this replacement has no second \"/\"",
           "write ${variable/pattern/text}; a \"/\" in the pattern as \\/");
    fail(from, "\"${\" has no closing \"}\"");
  }
  live_ = outer;
  keeps_escapes_ = kept;
  return word;
}

bool Expander::takes(char c) {
  if (at_end() || peek() != c) return false;
  ++place_;
  return true;
}

void Expander::braced(Marked& out, bool quote, size_t from) {
  const std::string_view name = take_name();
  if (at_end()) fail(from, "\"${\" has no closing \"}\"");
  if (name.empty()) fail(from, "\"${\" is not followed by a variable's name");
  char kind = text_[place_++];
  if (kind == '}') {
    const std::optional<std::string> value = value_of(name);
    if (value) out.add(*value, quote);
    if (!value && live_) note_unset(name);
    return;
  }
  if (kind == '#' || kind == '%') return trimmed(out, quote, from, name, kind);
  if (kind == '/') return replaced(out, quote, from, name);
  const bool empty_is_unset = kind == ':';
  if (empty_is_unset) {
    if (at_end()) fail(from, "\"${\" has no closing \"}\"");
    kind = text_[place_++];
  }
  if (kind != '-' && kind != '+' && kind != '?')
    fail(from,
         "\"" + std::string(text_.substr(from, place_ - from)) + "\" has no meaning as a variable",
         "after the name may stand }, :- - :+ + :? ? # ## % %% / or //");
  chosen(out, quote, from, name, kind, empty_is_unset);
}

/// ${x-word} ${x+word} ${x?word}, and with a colon.
void Expander::chosen(Marked& out, bool quote, size_t from, std::string_view name, char kind,
                      bool empty_is_unset) {
  const std::optional<std::string> value = value_of(name);
  const bool given = value.has_value() && !(empty_is_unset && value->empty());
  const Marked word = word_of_substitution(kind == '+' ? given : !given, from);
  if (!live_) return;
  if (kind == '+') {
    if (given) out.add(word, quote);
  } else if (given) {
    out.add(*value, quote);
  } else if (kind == '-') {
    out.add(word, quote);
  } else {
    const std::string message = !word.text.empty() ? word.text
                                : value            ? "it must not be empty"
                                                   : "it must be set";
    fail(from, "variable \"" + std::string(name) + "\": " + message,
         "give it a value with ARG, ENV or --build-arg " + std::string(name) + "=VALUE");
  }
}

/// ${x#pattern} ${x##pattern} ${x%pattern} ${x%%pattern}
void Expander::trimmed(Marked& out, bool quote, size_t from, std::string_view name, char kind) {
  using Length = ShellPattern::Length;
  const Length length = takes(kind) ? Length::longest : Length::shortest;
  const Marked pattern = word_of_substitution(true, from, '}', Escapes::kept);
  const std::optional<std::string> value = value_of(name);
  if (!value && live_) note_unset(name);
  if (!value) return;
  try {
    const ShellPattern compiled(pattern.text);
    out.add(kind == '#' ? compiled.without_prefix(*value, length)
                        : compiled.without_suffix(*value, length),
            quote);
  } catch (const Error& error) {
    fail(from, error.subject() + ": " + error.cause(), error.hint());
  }
}

/// ${x/pattern/text} ${x//pattern/text}
void Expander::replaced(Marked& out, bool quote, size_t from, std::string_view name) {
  using Which = ShellPattern::Which;
  const Which which = takes('/') ? Which::all : Which::first;
  const Marked pattern = word_of_substitution(true, from, '/', Escapes::kept);
  const Marked text = word_of_substitution(true, from, '}', Escapes::kept);
  const std::optional<std::string> value = value_of(name);
  if (!value && live_) note_unset(name);
  if (!value) return;
  try {
    out.add(ShellPattern(pattern.text).replaced(*value, text.text, which), quote);
  } catch (const Error& error) {
    fail(from, error.subject() + ": " + error.cause(), error.hint());
  }
}

Marked expand_marked(std::string_view text, char escape, const Lookup& lookup,
                     std::set<std::string>& unset) {
  Expander expander(text, escape, &lookup);
  try {
    Marked result = expander.run();
    unset = std::move(expander.unset);
    return result;
  } catch (const ExpansionProblem& problem) {
    throw usage_error("expanding", "\"" + std::string(text.substr(0, 200)) + "\"", problem.cause,
                      problem.hint);
  }
}

}  // namespace

Expanded expand(std::string_view text, char escape, const Lookup& lookup) {
  Expanded result;
  result.text = expand_marked(text, escape, lookup, result.unset).text;
  return result;
}

Expanded expand_heredoc(std::string_view text, const Lookup& lookup) {
  Expander expander(text, '\\', &lookup, Expander::Quotes::kept);
  try {
    std::string expanded = expander.run().text;
    return {std::move(expanded), std::move(expander.unset)};
  } catch (const ExpansionProblem& problem) {
    const auto line =
        std::count(text.begin(),
                   text.begin() + static_cast<ptrdiff_t>(std::min(problem.offset, text.size())),
                   '\n') +
        1;
    throw usage_error(
        "expanding", "a here-document",
        "in its line " + std::to_string(line) + ": " + problem.cause,
        problem.hint.empty() ? "write <<\"EOF\" to take the text as it is" : problem.hint);
  }
}

std::vector<std::string> expand_words(std::string_view text, char escape, const Lookup& lookup) {
  std::set<std::string> unset;
  const Marked marked = expand_marked(text, escape, lookup, unset);
  std::vector<std::string> words;
  bool open = false;
  for (size_t i = 0; i < marked.text.size(); ++i) {
    if (marked.quoted[i] == ' ' && is_blank(marked.text[i])) {
      open = false;
      continue;
    }
    if (!open) words.emplace_back();
    open = true;
    words.back() += marked.text[i];
  }
  return words;
}

std::optional<ExpansionProblem> find_expansion_problem(std::string_view text, char escape) {
  try {
    Expander(text, escape, nullptr).run();
    return std::nullopt;
  } catch (const ExpansionProblem& problem) {
    return problem;
  }
}

}  // namespace trainyard::dockerfile

#include "lint/shell_commands.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include "dockerfile/characters.hpp"

namespace trainyard::lint {

namespace {

bool separates(char c) {
  return c == ';' || c == '&' || c == '|' || c == '\n' || c == '(' || c == ')';
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  std::vector<ShellCommand> run() {
    while (place_ < text_.size()) {
      const char c = text_[place_];
      if (separates(c)) {
        end_command();
        ++place_;
      } else if (dockerfile::is_blank(c)) {
        ++place_;
      } else if (c == '\\' && text_.substr(place_ + 1).starts_with('\n')) {
        place_ += 2;
      } else if (c == '#') {
        place_ = std::min(text_.find('\n', place_), text_.size());
      } else {
        word();
      }
    }
    end_command();
    return std::move(commands_);
  }

 private:
  void word() {
    ShellWord word{{}, place_, 0};
    bool redirects = false;
    while (place_ < text_.size()) {
      const char c = text_[place_];
      if (dockerfile::is_blank(c) || (separates(c) && !redirects)) break;
      redirects = c == '<' || c == '>';  // `>&2`, `2>&1`, `>|`
      if (c == '\'' || c == '"') {
        quoted(word, c);
      } else if (c == '\\') {
        if (++place_ < text_.size() && text_[place_] != '\n') word.text += text_[place_];
        ++place_;
      } else if (c == '$' && text_.substr(place_ + 1).starts_with('(')) {
        substitution(word);
      } else {
        word.text += c;
        ++place_;
      }
    }
    place_ = std::min(place_, text_.size());
    word.length = place_ - word.offset;
    add(std::move(word));
  }

  void quoted(ShellWord& word, char quote) {
    for (++place_; place_ < text_.size() && text_[place_] != quote; ++place_) {
      if (quote == '"' && text_[place_] == '\\' && place_ + 1 < text_.size()) ++place_;
      word.text += text_[place_];
    }
    ++place_;
  }

  /// `$(…)`, as it stands.
  void substitution(ShellWord& word) {
    int depth = 0;
    for (; place_ < text_.size(); ++place_) {
      word.text += text_[place_];
      if (text_[place_] == '(') ++depth;
      if (text_[place_] == ')' && --depth == 0) {
        ++place_;
        return;
      }
    }
  }

  static bool stands_before_programs(const std::string& text) {
    for (const std::string_view word :
         {"sudo", "env", "exec", "time", "!", "{", "if", "then", "else", "elif", "do", "while",
          "until", "nice", "command", "eatmydata"})
      if (text == word) return true;
    return false;
  }

  static bool is_assignment(const std::string& text) {
    const size_t equals = text.find('=');
    return equals != std::string::npos && equals > 0 &&
           std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals),
                       [](char c) {
                         return dockerfile::is_letter(c) || dockerfile::is_digit(c) || c == '_';
                       });
  }

  void add(ShellWord word) {
    const size_t sign = word.text.find_first_not_of("0123456789&");
    const bool redirection =
        sign != std::string::npos && (word.text[sign] == '>' || word.text[sign] == '<');
    if (redirection) {
      skip_next_ = word.text.back() == '>' || word.text.back() == '<';
      return;
    }
    if (std::exchange(skip_next_, false)) return;
    if (words_.empty() && (stands_before_programs(word.text) || is_assignment(word.text))) return;
    words_.push_back(std::move(word));
  }

  void end_command() {
    skip_next_ = false;
    if (!words_.empty()) commands_.push_back({std::exchange(words_, {})});
  }

  std::string_view text_;
  size_t place_ = 0;
  bool skip_next_ = false;
  std::vector<ShellWord> words_;
  std::vector<ShellCommand> commands_;
};

}  // namespace

bool ShellCommand::has_word(std::string_view word) const {
  return std::any_of(words.begin(), words.end(),
                     [word](const ShellWord& each) { return each.text == word; });
}

std::vector<ShellCommand> shell_commands(std::string_view text) {
  return Reader(text).run();
}

}  // namespace trainyard::lint

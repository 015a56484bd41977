#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::lint {

/// A word of a shell command without its quotes, and where it stands in the text.
struct ShellWord {
  std::string text;
  size_t offset = 0;
  size_t length = 0;
};

/// One simple command: its words, without assignments before it, redirections, and words such as
/// `sudo` or `then` that stand in front of the program.
struct ShellCommand {
  std::vector<ShellWord> words;  ///< at least one

  const std::string& program() const { return words.front().text; }
  bool has_word(std::string_view word) const;
};

/// The simple commands of a shell's text, in order. A reading for advice: quotes, escapes, comments
/// and separators are understood, here-documents and what stands in `$(…)` are taken for text.
std::vector<ShellCommand> shell_commands(std::string_view text);

}  // namespace trainyard::lint

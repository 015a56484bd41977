#pragma once

#include <string>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/expansion.hpp"

namespace trainyard::build {

/// Expands a word of a Dockerfile; a mistake becomes an error with line and caret.
std::string expand_word(const dockerfile::Dockerfile& source, const dockerfile::Word& word,
                        const dockerfile::Lookup& lookup);
/// The text of a here-document in the Dockerfile.
std::string expand_heredoc(const dockerfile::Dockerfile& source, const dockerfile::InlineFile& file,
                           const dockerfile::Lookup& lookup);
std::vector<std::string> expand_words(const dockerfile::Dockerfile& source,
                                      const dockerfile::Word& word,
                                      const dockerfile::Lookup& lookup);

/// Errors about a word's meaning point to it.
template <class Function>
auto at_word(const dockerfile::Dockerfile& source, const dockerfile::Word& word, Function function)
    -> decltype(function()) {
  try {
    return function();
  } catch (const Error& error) {
    const std::string what = error.action() + " " + error.subject() + ": " + error.cause();
    throw source.error(word.at, what, error.hint(), static_cast<int>(word.text.size()));
  }
}

}  // namespace trainyard::build

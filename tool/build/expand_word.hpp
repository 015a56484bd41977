#pragma once

#include <string>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/expansion.hpp"

namespace trainyard::build {

/// Expands a word of a Dockerfile; a mistake becomes an error with line and caret.
std::string expand_word(const dockerfile::Dockerfile& source, const dockerfile::Word& word,
                        const dockerfile::Lookup& lookup);
std::vector<std::string> expand_words(const dockerfile::Dockerfile& source,
                                      const dockerfile::Word& word,
                                      const dockerfile::Lookup& lookup);

}  // namespace trainyard::build

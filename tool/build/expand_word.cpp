#include "build/expand_word.hpp"

namespace trainyard::build {

namespace {
Error placed(const dockerfile::Dockerfile& source, const dockerfile::Word& word,
             const Error& error) {
  return source.error(word.at, error.cause(), error.hint(), static_cast<int>(word.text.size()));
}
}  // namespace

std::string expand_word(const dockerfile::Dockerfile& source, const dockerfile::Word& word,
                        const dockerfile::Lookup& lookup) {
  try {
    return dockerfile::expand(word.text, source.escape, lookup).text;
  } catch (const Error& error) {
    throw placed(source, word, error);
  }
}

std::string expand_heredoc(const dockerfile::Dockerfile& source, const dockerfile::InlineFile& file,
                           const dockerfile::Lookup& lookup) {
  if (!file.expands) return file.text;
  try {
    return dockerfile::expand_heredoc(file.text, lookup).text;
  } catch (const Error& error) {
    throw source.error(file.at, error.cause(), error.hint(),
                       static_cast<int>(file.name.size()) + 2);
  }
}

std::vector<std::string> expand_words(const dockerfile::Dockerfile& source,
                                      const dockerfile::Word& word,
                                      const dockerfile::Lookup& lookup) {
  try {
    return dockerfile::expand_words(word.text, source.escape, lookup);
  } catch (const Error& error) {
    throw placed(source, word, error);
  }
}

}  // namespace trainyard::build

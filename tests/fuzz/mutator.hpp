#pragma once

#include <random>
#include <string>
#include <vector>

namespace fuzz {

/// Texts that come of others by a few edits; the same seed gives the same texts.
class Mutator {
 public:
  /// `fragments` are inserted now and then: what has a meaning in the language.
  Mutator(unsigned seed, std::vector<std::string> seeds, std::vector<std::string> fragments)
      : random_(seed), seeds_(std::move(seeds)), fragments_(std::move(fragments)) {}

  std::string next() {
    std::string text = one_of(seeds_);
    for (size_t edits = 1 + below(6); edits > 0; --edits) edit(text);
    return text;
  }

 private:
  size_t below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }
  const std::string& one_of(const std::vector<std::string>& texts) {
    return texts[below(texts.size())];
  }

  void edit(std::string& text) {
    const size_t place = below(text.size() + 1);
    const size_t length = below(12);
    switch (below(6)) {
      case 0:
        text.erase(place, length);
        break;
      case 1:
        text.insert(place, one_of(fragments_));
        break;
      case 2:
        text.insert(place, text.substr(below(text.size() + 1), length * 4));
        break;
      case 3:
        if (place < text.size()) text[place] = static_cast<char>(below(256));
        break;
      case 4: {  // a part of another text
        const std::string& other = one_of(seeds_);
        text.insert(place, other.substr(below(other.size() + 1), length * 8));
        break;
      }
      default:
        text.resize(place);
    }
  }

  std::mt19937 random_;
  std::vector<std::string> seeds_, fragments_;
};

}  // namespace fuzz

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "mutator.hpp"
#include "properties.hpp"

// What the fuzzers look for, without them: each text of the corpora, which holds what once went
// wrong too, and some thousand texts that come of these by chance, always the same. More and others
// with TRAINYARD_FUZZ_ROUNDS and TRAINYARD_TEST_SEED.

namespace {

using Property = std::optional<std::string> (*)(std::string_view, bool&);

std::vector<std::string> read_corpus(const std::string& name) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(CORPUS "/" + name))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return texts;
}

size_t number_from(const char* variable, size_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

void replay(const std::string& corpus, Property property) {
  bool accepted = false;
  for (const std::string& text : read_corpus(corpus))
    if (const auto broken = property(text, accepted)) BOOST_ERROR(*broken + "\nof\n" + text);
}

void mutate(const std::string& corpus, const std::vector<std::string>& fragments, unsigned seed,
            size_t usual_rounds, Property property) {
  const size_t rounds = number_from("TRAINYARD_FUZZ_ROUNDS", usual_rounds);
  fuzz::Mutator mutator(static_cast<unsigned>(number_from("TRAINYARD_TEST_SEED", seed)),
                        read_corpus(corpus), fragments);
  size_t taken = 0;
  for (size_t i = 0; i < rounds; ++i) {
    const std::string text = mutator.next();
    bool accepted = false;
    if (const auto broken = property(text, accepted)) {
      BOOST_ERROR("round " << i << ": " << *broken << "\nof\n" << text);
      return;
    }
    taken += accepted ? 1 : 0;
  }
  // Both ways must have been taken for the test to mean something.
  BOOST_TEST(taken > rounds / 20);
  BOOST_TEST(taken < rounds - rounds / 20);
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_corpus_of_dockerfiles_holds) {
  replay("dockerfile", fuzz::broken_by_dockerfile);
}

BOOST_AUTO_TEST_CASE(the_corpus_of_ignore_files_holds) {
  replay("ignore_file", fuzz::broken_by_ignore_file);
}

BOOST_AUTO_TEST_CASE(mutilated_dockerfiles_are_read_or_refused) {
  mutate("dockerfile", {"\\\n",     "\\",       "`",        "\"",
                        "'",        "$",        "${",       "}",
                        "${x:-",    "[",        "]",        ",",
                        "\n",       "#",        " ",        "=",
                        "--from=",  "--mount=", "<<EOF",    "\nEOF\n",
                        "FROM ",    "RUN ",     "COPY ",    "ENV ",
                        "ONBUILD ", "\r",       "\t",       "\xff",
                        "\xc3\xa9", "{",        ":",        "!",
                        "\"]",      "# check=", "null",     std::string(1, '\0'),
                        "[[[[[[[[", "/tcp",     "apt-get ", "pip install ",
                        "&& ",      "$(",       "<<-'X'",   "#!"},
         20261, 30000, fuzz::broken_by_dockerfile);
}

BOOST_AUTO_TEST_CASE(mutilated_ignore_files_are_read_or_refused) {
  mutate("ignore_file",
         {"*", "?", "[", "]", "^", "-", "!", "\\", "/", "#", ".", "..", "\n", "a", "b", "**", " "},
         20262, 30000, fuzz::broken_by_ignore_file);
}

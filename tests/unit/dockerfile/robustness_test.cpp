#include <random>

#include "base/error.hpp"
#include "dockerfile/ignore_file.hpp"
#include "parsing.hpp"

using namespace dockerfile_test;

namespace {

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> texts{
      "# escape=`\nFROM a AS b\nRUN x `\n  y\nCOPY [\"a b\", \"c\"]\n",
      "ARG v=1\nFROM --platform=$P ${v:-x} AS b\nENV a=1 b=\"${c:-d e}\" \\\n  # note\n  c='x'\n"
      "LABEL \"k\"=\"v w\" x=y\nEXPOSE 80 $p/udp\nVOLUME [\"/a\", \"/b\"]\n",
      "FROM a\r\nRUN [\"sh\", \"-c\", \"echo \\u00e9\"]\r\nSHELL [\"/bin/sh\", \"-c\"]\r\nCMD "
      "[]\r\n",
      "FROM a\nHEALTHCHECK --interval=1m --retries=3 CMD [\"x\"]\nUSER $u\nWORKDIR /a/${b+c}\n"
      "ADD --chown=1:2 --chmod=u+x x.tar /y\nCOPY --from=b /a* /c/\nSTOPSIGNAL 9\nMAINTAINER m\n"};
  return texts;
}

const std::vector<std::string>& fragments() {
  static const std::vector<std::string> texts{"\\\n",     "\\",      "`",
                                              "\"",       "'",       "$",
                                              "${",       "}",       "${x:-",
                                              "[",        "]",       ",",
                                              "\n",       "#",       " ",
                                              "=",        "--from=", "--mount",
                                              "<<EOF",    "FROM ",   "RUN ",
                                              "ONBUILD ", "\r",      "\t",
                                              "\xff",     "é",       "{",
                                              ":",        "!",       "\"]",
                                              "# check=", "null",    std::string(1, '\0'),
                                              "[[[[[[[["};
  return texts;
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string next() {
    std::string text = seeds()[below(seeds().size())];
    for (size_t edits = 1 + below(6); edits > 0; --edits) edit(text);
    return text;
  }

 private:
  size_t below(size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random_);
  }

  void edit(std::string& text) {
    const size_t place = below(text.size() + 1);
    const size_t length = below(12);
    switch (below(5)) {
      case 0:
        text.erase(place, length);
        break;
      case 1:
        text.insert(place, fragments()[below(fragments().size())]);
        break;
      case 2:
        text.insert(place, text.substr(below(text.size() + 1), length * 4));
        break;
      case 3:
        if (place < text.size()) text[place] = static_cast<char>(below(256));
        break;
      default:
        text.resize(place);
    }
  }

  std::mt19937 random_;
};

/// Reads `text`; whatever is wrong with it must come out as an error in the input.
template <class Read>
void must_not_fall_over(unsigned seed, const std::string& text, Read read, size_t& refused) {
  try {
    read(text);
  } catch (const trainyard::Error& error) {
    ++refused;
    if (error.code() != trainyard::ExitCode::usage || error.cause().empty())
      BOOST_ERROR("seed " << seed << ": not an error in the input: " << error.render() << "\nof\n"
                          << text);
  } catch (const std::exception& error) {
    BOOST_ERROR("seed " << seed << ": fell over: " << error.what() << "\nof\n" << text);
  }
}

}  // namespace

BOOST_AUTO_TEST_CASE(mutilated_dockerfiles_are_read_or_refused) {
  constexpr unsigned k_seed = 20261;
  constexpr size_t k_rounds = 20000;
  Mutator mutator(k_seed);
  size_t refused = 0;
  for (size_t i = 0; i < k_rounds; ++i)
    must_not_fall_over(
        k_seed, mutator.next(), [](const std::string& text) { parse(text); }, refused);
  // Both ways must have been taken for the test to mean something.
  BOOST_TEST(refused > k_rounds / 20);
  BOOST_TEST(refused < k_rounds - k_rounds / 20);
}

BOOST_AUTO_TEST_CASE(mutilated_ignore_files_are_read_or_refused) {
  constexpr unsigned k_seed = 20262;
  std::mt19937 random(k_seed);
  const std::string letters = "ab/*?[]^-!\\#. \n\n";
  size_t refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (size_t length = random() % 24; length > 0; --length)
      text += letters[random() % letters.size()];
    must_not_fall_over(
        k_seed, text,
        [](const std::string& lines) {
          const auto file = trainyard::dockerfile::IgnoreFile::parse(lines, "ignore");
          for (const char* path : {"a", "a/b", "b/a/b"}) {
            if (file.prunes(path)) BOOST_TEST(file.ignores(path));
            if (file.prunes("b") && !file.ignores("b/a/b"))
              BOOST_ERROR("pruned what is kept:\n" + lines);
          }
        },
        refused);
  }
  BOOST_TEST(refused > 1000u);
  BOOST_TEST(refused < 19000u);
}

BOOST_AUTO_TEST_CASE(large_files_are_read) {
  std::string text = "FROM a\nENV x=1";
  for (int i = 0; i < 20000; ++i) text += " \\\n  v" + std::to_string(i) + "=$x";
  const auto file =
      parse(text + "\nRUN " + std::string(1'000'000, 'y') + "\nCMD " + std::string(100'000, '['));
  BOOST_TEST(
      std::get<trainyard::dockerfile::Env>(file.stages[0].instructions[0].body).variables.size() ==
      20001u);
}

#include "lint/secrets.hpp"

#include <algorithm>
#include <array>

#include "dockerfile/characters.hpp"

namespace trainyard::lint {

namespace {

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_word(char c) {
  return dockerfile::is_letter(c) || dockerfile::is_digit(c);
}

/// Tokens that begin with a word of their issuer: what follows, and how much of it at least.
struct Form {
  std::string_view prefix;
  size_t least;      ///< characters behind the prefix
  const char* more;  ///< which may stand there beside letters and digits
  const char* kind;
};

constexpr std::array k_forms{
    Form{"AKIA", 16, "", "an access key of AWS"},
    Form{"ASIA", 16, "", "an access key of AWS"},
    Form{"ghp_", 36, "", "a token of GitHub"},
    Form{"gho_", 36, "", "a token of GitHub"},
    Form{"ghs_", 36, "", "a token of GitHub"},
    Form{"github_pat_", 40, "_", "a token of GitHub"},
    Form{"glpat-", 20, "-_", "a token of GitLab"},
    Form{"hf_", 30, "", "a token of Hugging Face"},
    Form{"sk-ant-", 40, "-_", "a key of Anthropic"},
    Form{"sk-proj-", 40, "-_", "a key of OpenAI"},
    Form{"npm_", 36, "", "a token of npm"},
    Form{"pypi-AgEI", 50, "-_", "a token of PyPI"},
    Form{"xoxb-", 30, "-", "a token of Slack"},
    Form{"xoxp-", 30, "-", "a token of Slack"},
    Form{"AIza", 35, "-_", "a key of Google"},
    Form{"dckr_pat_", 24, "-_", "a token of Docker Hub"},
};

size_t run_length(std::string_view text, std::string_view more) {
  size_t length = 0;
  while (length < text.size() &&
         (is_word(text[length]) || more.find(text[length]) != std::string_view::npos))
    ++length;
  return length;
}

/// Placeholders in manuals are of one letter: xxxxxxxx.
bool is_varied(std::string_view text) {
  std::string letters(text);
  std::sort(letters.begin(), letters.end());
  return std::unique(letters.begin(), letters.end()) - letters.begin() > 6;
}

std::optional<SecretText> token_at(std::string_view text, size_t place) {
  for (const Form& form : k_forms) {
    const std::string_view rest = text.substr(place);
    if (!rest.starts_with(form.prefix)) continue;
    const size_t length = run_length(rest.substr(form.prefix.size()), form.more);
    if (length >= form.least && is_varied(rest.substr(form.prefix.size(), length)))
      return SecretText{place, form.prefix.size() + length, form.kind};
  }
  return std::nullopt;
}

std::optional<SecretText> private_key_at(std::string_view text, size_t place) {
  const std::string_view rest = text.substr(place);
  if (!rest.starts_with("-----BEGIN ")) return std::nullopt;
  const size_t end = rest.find("PRIVATE KEY-----");
  if (end == std::string_view::npos || end > 40) return std::nullopt;
  return SecretText{place, end + 16, "a private key"};
}

/// `https://user:password@host`
std::optional<SecretText> password_at(std::string_view text, size_t place) {
  if (!text.substr(place).starts_with("://")) return std::nullopt;
  const size_t begin = place + 3;
  const size_t end = std::min(text.find_first_of(" \t\"'/\n\\;&|<>", begin), text.size());
  const std::string_view host = text.substr(begin, end - begin);
  const size_t at = host.rfind('@');
  if (at == std::string_view::npos) return std::nullopt;
  const size_t colon = host.find(':');
  if (colon == std::string_view::npos || colon > at) return std::nullopt;
  const std::string_view password = host.substr(colon + 1, at - colon - 1);
  if (password.empty() || password.find_first_of("$`{<*") != std::string_view::npos)
    return std::nullopt;
  return SecretText{begin, end - begin, "a password in an address"};
}

}  // namespace

bool names_a_secret(std::string_view name) {
  const std::string text = dockerfile::lowered(name);
  bool secret = false;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find('_', begin), text.size());
    const std::string_view part = std::string_view(text).substr(begin, end - begin);
    if (is_any_of(part, {"public", "file", "version"})) return false;
    secret = secret || is_any_of(part, {"apikey", "auth", "credential", "credentials", "key",
                                        "password", "pword", "passwd", "secret", "token"});
    begin = end + 1;
  }
  return secret;
}

std::optional<SecretText> find_secret(std::string_view text, size_t from) {
  for (size_t i = from; i < text.size(); ++i) {
    if (text[i] == ':')
      if (auto found = password_at(text, i)) return found;
    if (i > 0 && is_word(text[i - 1])) continue;
    if (auto found = token_at(text, i)) return found;
    if (auto found = private_key_at(text, i)) return found;
  }
  return std::nullopt;
}

}  // namespace trainyard::lint

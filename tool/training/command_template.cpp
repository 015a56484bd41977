#include "training/command_template.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace trainyard::training {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

[[noreturn]] void fail_unknown(const std::string& name,
                               const std::vector<std::pair<std::string, std::string>>& parameters,
                               const std::string& where) {
  std::vector<std::string> names;
  for (const auto& [parameter, value] : parameters) names.push_back(parameter);
  const std::string near = suggestion(name, names);
  throw usage_error("expanding", where, "{" + name + "} names no parameter",
                    (near.empty() ? "" : near + " ") + "Declare it in PARAMETERS, or write {{" +
                        name + "}} for the text itself");
}

}  // namespace

bool is_parameter_name(std::string_view name) {
  return !name.empty() && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '.'; });
}

std::string variable_of_parameter(std::string name) {
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return name;
}

std::string expand_parameters(std::string_view text,
                              const std::vector<std::pair<std::string, std::string>>& parameters,
                              const std::string& where) {
  enum class Brace { plain, escaped };
  std::vector<Brace> open;
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const bool doubled = i + 1 < text.size() && text[i + 1] == text[i];
    if (text[i] == '{') {
      const size_t end = text.find('}', i);
      const std::string_view name =
          end == std::string_view::npos ? std::string_view() : text.substr(i + 1, end - i - 1);
      if (doubled) {
        open.push_back(Brace::escaped);
        out += '{';
        i += 2;
      } else if (is_parameter_name(name)) {
        const auto found =
            std::find_if(parameters.begin(), parameters.end(),
                         [&](const auto& parameter) { return parameter.first == name; });
        if (found == parameters.end()) fail_unknown(std::string(name), parameters, where);
        out += found->second;
        i = end + 1;
      } else {
        open.push_back(Brace::plain);
        out += '{';
        ++i;
      }
    } else if (text[i] == '}') {
      // A plain group ends at its own brace: `{"a":{"b":1}}` keeps both.
      const bool escaped = open.empty() || open.back() == Brace::escaped;
      if (!open.empty()) open.pop_back();
      out += '}';
      i += escaped && doubled ? 2 : 1;
    } else {
      out += text[i++];
    }
  }
  return out;
}

}  // namespace trainyard::training

#include "base/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/text_position.hpp"

namespace trainyard {

namespace {

constexpr int k_deepest = 64;
constexpr size_t k_most_values =
    500'000;  // an alias costs a few bytes and may stand for any number

class Converter {
 public:
  Converter(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Json document() const {
    try {
      const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text_));
      if (documents.empty()) return nullptr;
      if (documents.size() > 1) throw error(documents[1].Mark(), "a second document begins here");
      return convert(documents[0], 0);
    } catch (const YAML::Exception& problem) {
      throw error(problem.mark, "this is not valid YAML: " + problem.msg);
    }
  }

 private:
  Error error(const YAML::Mark& mark, const std::string& message) const {
    if (mark.is_null()) return usage_error("reading", name_, message);
    return source_error(position_in(text_, name_, mark.line + 1, mark.column + 1), message);
  }

  Json convert(const YAML::Node& node, int depth) const {
    if (depth > k_deepest) throw error(node.Mark(), "nested more than 64 levels deep");
    if (++values_ > k_most_values) throw error(node.Mark(), "it holds too many values");
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return scalar(node);
      case YAML::NodeType::Sequence: {
        Json list = Json::array();
        for (const YAML::Node& element : node) list.push_back(convert(element, depth + 1));
        return list;
      }
      case YAML::NodeType::Map: {
        Json object = Json::object();
        for (auto member = node.begin(); member != node.end(); ++member) {
          const YAML::Node key = member->first;
          if (!key.IsScalar()) throw error(key.Mark(), "a key must be a text");
          if (!object.emplace(key.Scalar(), convert(member->second, depth + 1)).second)
            throw error(key.Mark(), "key \"" + key.Scalar().substr(0, 100) + "\" stands twice");
        }
        return object;
      }
      default:
        return nullptr;
    }
  }

  /// A quoted scalar has the tag "!", and one with a tag of its own is what that says: a text.
  static Json scalar(const YAML::Node& node) {
    const std::string& text = node.Scalar();
    if (node.Tag() != "?" && !node.Tag().empty()) return text;
    for (const char* word : {"true", "True", "TRUE"})
      if (text == word) return true;
    for (const char* word : {"false", "False", "FALSE"})
      if (text == word) return false;
    for (const char* word : {"~", "null", "Null", "NULL", ""})
      if (text == word) return nullptr;
    return number(text);
  }

  static Json number(const std::string& text) {
    const char* end = text.data() + text.size();
    const bool negative = text[0] == '-';
    const char* digits = text.data() + (negative || text[0] == '+' ? 1 : 0);
    int base = 10;
    if (end - digits > 1 && digits[0] == '0') {
      const char letter = digits[1];
      base = letter == 'x' ? 16 : letter == 'b' ? 2 : 8;
      digits += letter == 'x' || letter == 'b' || letter == 'o' ? 2 : 1;
    }
    uint64_t value = 0;
    if (const auto [stop, failure] = std::from_chars(digits, end, value, base);
        failure == std::errc() && stop == end && digits != end) {
      if (!negative) return value;
      if (value <= INT64_MAX) return -static_cast<int64_t>(value);
    }
    double real = 0;
    if (text.find_first_not_of("0123456789.+-eE") == std::string::npos &&
        text.find_first_of("0123456789") != std::string::npos)
      if (const auto [stop, failure] = std::from_chars(text.data() + (text[0] == '+'), end, real);
          failure == std::errc() && stop == end && std::isfinite(real))
        return real;
    return text;
  }

  const std::string_view text_;
  const std::string& name_;
  mutable size_t values_ = 0;
};

}  // namespace

std::string dump_yaml(const Json& value) {
  std::string text;
  if (value.is_structured()) {
    for (const auto& [key, member] : value.items())
      text += (text.empty() ? "" : ", ") + (value.is_object() ? Json(key).dump() + ": " : "") +
              dump_yaml(member);
    return value.is_object() ? "{" + text + "}" : "[" + text + "]";
  }
  text = value.dump();
  const size_t exponent = value.is_number_float() ? text.find('e') : std::string::npos;
  if (exponent != std::string::npos && text.find('.') == std::string::npos)
    text.insert(exponent, ".0");
  return text;
}

Json parse_yaml(std::string_view text, const std::string& name) {
  return Converter(text, name).document();
}

}  // namespace trainyard

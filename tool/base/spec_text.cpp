#include "base/spec_text.hpp"

#include "base/error.hpp"

namespace trainyard {

namespace {
constexpr std::string_view k_open = "\"~ty(";
constexpr std::string_view k_close = ")ty~\"";
}  // namespace

std::vector<std::string> split_cmake_list(std::string_view list) {
  std::vector<std::string> elements;
  std::string current;
  int brackets = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const char c = list[i];
    if (c == '\\' && i + 1 < list.size() && list[i + 1] == ';') {
      current += ';';
      ++i;
    } else if (c == ';' && brackets == 0) {
      if (!current.empty()) elements.push_back(std::move(current));
      current.clear();
    } else {
      if (c == '[') ++brackets;
      if (c == ']' && brackets > 0) --brackets;
      current += c;
    }
  }
  if (!current.empty()) elements.push_back(std::move(current));
  return elements;
}

Json parse_spec_text(std::string_view text, const std::string& name) {
  std::string json;
  json.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if ((c == 'R' || c == 'L') && text.substr(i + 1).starts_with(k_open)) {
      const size_t start = i + 1 + k_open.size();
      const size_t end = text.find(k_close, start);
      if (end == std::string_view::npos)
        throw usage_error("reading", name, "a raw string has no closing )ty~\"");
      const std::string_view raw = text.substr(start, end - start);
      json += c == 'R' ? canonical_json(raw) : canonical_json(split_cmake_list(raw));
      i = end + k_close.size();
    } else if (c == '"') {
      // An ordinary string: copied to its end, so that nothing inside looks like a raw one.
      size_t end = i + 1;
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
      json += text.substr(i, end - i);
      i = end;
    } else {
      json += c;
      ++i;
    }
  }
  return parse_json(json, name);
}

}  // namespace trainyard

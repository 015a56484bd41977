#include "training/metrics_file.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace trainyard::training {

namespace {

using Metrics = std::map<std::string, double>;

[[noreturn]] void fail(const std::string& name, int line, std::string_view text,
                       const std::string& cause) {
  SourcePosition at;
  at.file = name;
  at.line = line;
  at.text = std::string(text.substr(0, 200));
  throw Error(
      "reading metrics", name + ":" + std::to_string(line), cause,
      "a metrics file holds a JSON object of numbers, one such object a line, or CSV with a header",
      ExitCode::failed)
      .with_excerpt(render_excerpt(at));
}

/// Marks of values that JSON lacks but Python's json module writes. U+0001 cannot stand raw in JSON
/// text.
constexpr const char* k_nan = "\\u0001nan";
constexpr const char* k_infinity = "\\u0001inf";
constexpr const char* k_minus_infinity = "\\u0001-inf";

std::string with_marked_numbers(std::string_view text) {
  std::string out;
  bool quoted = false;
  for (size_t i = 0; i < text.size();) {
    const auto take = [&](std::string_view word, const char* mark) {
      if (!text.substr(i).starts_with(word)) return false;
      out += '"';
      out += mark;
      out += '"';
      i += word.size();
      return true;
    };
    if (!quoted &&
        (take("NaN", k_nan) || take("Infinity", k_infinity) || take("-Infinity", k_minus_infinity)))
      continue;
    if (quoted && text[i] == '\\' && i + 1 < text.size())
      out += text[i++];
    else if (text[i] == '"')
      quoted = !quoted;
    out += text[i++];
  }
  return out;
}

std::optional<double> number_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value == "\x01nan") return std::numeric_limits<double>::quiet_NaN();
  if (value == "\x01inf") return std::numeric_limits<double>::infinity();
  if (value == "\x01-inf") return -std::numeric_limits<double>::infinity();
  return std::nullopt;
}

void flatten(const Json& object, const std::string& prefix, Metrics& metrics) {
  for (const auto& [member, value] : object.items()) {
    if (value.is_object())
      flatten(value, prefix + member + ".", metrics);
    else if (const auto number = number_of(value))
      metrics[prefix + member] = *number;
  }
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    std::string_view line = text.substr(start, end - start);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(line);
    start = end + 1;
  }
  return lines;
}

Metrics parse_json_lines(std::string_view text, const std::string& name) {
  Metrics metrics;
  int number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    Json json;
    try {
      json = parse_json(with_marked_numbers(line), name);
    } catch (const Error& error) {
      fail(name, number, line, "this is not valid JSON");
    }
    if (!json.is_object()) fail(name, number, line, "expected an object of numbers");
    flatten(json, "", metrics);
  }
  return metrics;
}

std::vector<std::string> split_csv(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    if (quoted && line[i] == '"' && i + 1 < line.size() && line[i + 1] == '"')
      fields.back() += line[i++];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += line[i];
  }
  for (std::string& field : fields) {
    const size_t first = field.find_first_not_of(" \t");
    field = first == std::string::npos
                ? ""
                : field.substr(first, field.find_last_not_of(" \t") - first + 1);
  }
  return fields;
}

std::optional<double> csv_number(const std::string& field) {
  double value = 0;
  const char* end = field.data() + field.size();
  const auto result = std::from_chars(field.data(), end, value);
  if (field.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

Metrics parse_csv(std::string_view text, const std::string& name) {
  Metrics metrics;
  std::vector<std::string> header;
  int number = 0;
  for (const std::string_view line : lines_of(text)) {
    ++number;
    if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
    const std::vector<std::string> fields = split_csv(line);
    if (header.empty()) {
      header = fields;
      continue;
    }
    if (fields.size() != header.size())
      fail(name, number, line,
           "it has " + std::to_string(fields.size()) + " fields where the header has " +
               std::to_string(header.size()));
    for (size_t i = 0; i < fields.size(); ++i)
      if (const auto value = csv_number(fields[i])) metrics[header[i]] = *value;
  }
  return metrics;
}

/// Whether the whole text is one JSON object; a broken text over several lines is one that went
/// wrong, not JSON lines.
std::optional<Json> whole_object(std::string_view text, const std::string& name) {
  try {
    Json json = parse_json(with_marked_numbers(text), name);
    if (!json.is_object()) fail(name, 1, lines_of(text).front(), "expected an object of numbers");
    return json;
  } catch (const Error& error) {
    if (error.code() == ExitCode::failed) throw;
    const std::vector<std::string_view> lines = lines_of(text);
    const std::string_view first = lines.empty() ? std::string_view() : lines.front();
    if (first.starts_with('{') && first.find('}') != std::string_view::npos) return std::nullopt;
    throw Error("reading metrics", name, error.cause(),
                "a metrics file holds a JSON object of numbers, one such "
                "object a line, or CSV with a header",
                ExitCode::failed)
        .with_excerpt(error.excerpt());
  }
}

}  // namespace

std::map<std::string, double> parse_metrics(std::string_view text, const std::string& name) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    fail(name, 1, "", "the file is empty");
  if (name.ends_with(".csv")) return parse_csv(text, name);
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson")) return parse_json_lines(text, name);
  const std::optional<Json> object = whole_object(text, name);
  if (!object) return parse_json_lines(text, name);
  Metrics metrics;
  flatten(*object, "", metrics);
  return metrics;
}

}  // namespace trainyard::training

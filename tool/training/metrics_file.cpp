#include "training/metrics_file.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"
#include "training/metric_name.hpp"

namespace trainyard::training {

namespace {

using Metrics = std::map<std::string, double>;

/// What a file of a training may cost to read: a JSON document takes many times its bytes when it
/// is parsed, and each name is kept with the run.
constexpr uint64_t k_largest_file = 64 << 20;
constexpr size_t k_largest_object = 2 << 20;
constexpr size_t k_most_names = 10'000;
constexpr size_t k_longest_name = 1000;
constexpr const char* k_purpose_hint =
    "metrics are a few numbers that describe a model; write the rest to another output";

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

/// Marks of values that JSON lacks but Python's json module writes, and C++ streams in their way.
/// U+0001 cannot stand raw in JSON text.
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
    if (!quoted && (take("NaN", k_nan) || take("nan", k_nan) || take("-nan", k_nan) ||
                    take("Infinity", k_infinity) || take("-Infinity", k_minus_infinity) ||
                    take("inf", k_infinity) || take("-inf", k_minus_infinity)))
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

/// The numbers of `object`, those of nested objects behind the names of these.
void flatten(const Json& object, const std::string& prefix, MetricRow& row) {
  for (const auto& [member, value] : object.items()) {
    if (value.is_object())
      flatten(value, prefix + member + ".", row);
    else if (const auto number = number_of(value))
      row.emplace_back(prefix + member, *number);
  }
}

/// The lines one after the other: a large file has too many of them to list.
class Lines {
 public:
  explicit Lines(std::string_view text) : left_(text) {}

  std::optional<std::string_view> next() {
    if (left_.empty()) return std::nullopt;
    const size_t end = std::min(left_.find('\n'), left_.size());
    std::string_view line = left_.substr(0, end);
    left_.remove_prefix(std::min(end + 1, left_.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    return line;
  }
  int number() const { return number_; }

 private:
  std::string_view left_;
  int number_ = 0;
};

std::string_view first_line_of(std::string_view text) {
  return Lines(text).next().value_or("");
}

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t") == std::string_view::npos;
}

void check_length(std::string_view text, const std::string& name, int line) {
  if (text.size() > k_largest_object)
    fail(name, line, text, "a JSON object or a line of more than 2 MiB");
}

void read_json_lines(std::string_view text, const std::string& name, const MetricRowSink& sink) {
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (is_blank(*line)) continue;
    check_length(*line, name, lines.number());
    Json json;
    try {
      json = parse_json(with_marked_numbers(*line), name);
    } catch (const Error& error) {
      fail(name, lines.number(), *line, "this is not valid JSON");
    }
    if (!json.is_object()) fail(name, lines.number(), *line, "expected an object of numbers");
    MetricRow row;
    flatten(json, "", row);
    sink(row);
  }
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

void read_csv(std::string_view text, const std::string& name, const MetricRowSink& sink) {
  std::vector<std::string> header;
  Lines lines(text);
  while (const auto line = lines.next()) {
    if (is_blank(*line)) continue;
    check_length(*line, name, lines.number());
    const std::vector<std::string> fields = split_csv(*line);
    if (header.empty()) {
      header = fields;
      for (std::string& column : header) column = metric_name(column);
      continue;
    }
    if (fields.size() != header.size())
      fail(name, lines.number(), *line,
           "it has " + std::to_string(fields.size()) + " fields where the header has " +
               std::to_string(header.size()));
    MetricRow row;
    for (size_t i = 0; i < fields.size(); ++i)
      if (const auto value = csv_number(fields[i])) row.emplace_back(header[i], *value);
    sink(row);
  }
}

/// Whether the whole text is one JSON object; a broken text over several lines is one that went
/// wrong, not JSON lines.
std::optional<Json> whole_object(std::string_view text, const std::string& name) {
  try {
    // What is longer can only be lines.
    if (text.size() > k_largest_object)
      throw usage_error("", "", "a JSON object of more than 2 MiB");
    Json json = parse_json(with_marked_numbers(text), name);
    if (!json.is_object()) fail(name, 1, first_line_of(text), "expected an object of numbers");
    return json;
  } catch (const Error& error) {
    if (error.code() == ExitCode::failed) throw;
    const std::string_view first = first_line_of(text);
    if (first.starts_with('{') && first.find('}') != std::string_view::npos) return std::nullopt;
    throw Error("reading metrics", name, error.cause(),
                "a metrics file holds a JSON object of numbers, one such "
                "object a line, or CSV with a header",
                ExitCode::failed)
        .with_excerpt(error.excerpt());
  }
}

}  // namespace

void check_metrics_size(uint64_t size, const std::string& name) {
  if (size > k_largest_file)
    throw Error("reading metrics", name, "the file is larger than 64 MiB", k_purpose_hint,
                ExitCode::failed);
}

void check_metric_name(const std::string& name, size_t others, const std::string& file) {
  if (name.size() > k_longest_name)
    throw Error("reading metrics", file,
                "a name in it has more than 1000 bytes: \"" + name.substr(0, 60) + "…\"",
                k_purpose_hint, ExitCode::failed);
  if (others >= k_most_names)
    throw Error("reading metrics", file, "it has more than 10000 of them", k_purpose_hint,
                ExitCode::failed);
}

void read_metric_rows(std::string_view text, const std::string& name, const MetricRowSink& sink) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos)
    fail(name, 1, "", "the file is empty");
  if (name.ends_with(".csv")) return read_csv(text, name, sink);
  if (name.ends_with(".jsonl") || name.ends_with(".ndjson"))
    return read_json_lines(text, name, sink);
  const std::optional<Json> object = whole_object(text, name);
  if (!object) return read_json_lines(text, name, sink);
  MetricRow row;
  flatten(*object, "", row);
  sink(row);
}

std::map<std::string, double> parse_metrics(std::string_view text, const std::string& name) {
  Metrics metrics;
  read_metric_rows(text, name, [&](const MetricRow& row) {
    for (const auto& [metric, value] : row) {
      if (!metrics.contains(metric)) check_metric_name(metric, metrics.size(), name);
      metrics[metric] = value;
    }
  });
  return metrics;
}

}  // namespace trainyard::training

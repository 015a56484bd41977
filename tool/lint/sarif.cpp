#include <map>

#include "lint/finding_text.hpp"

namespace trainyard::lint {

namespace {

/// Characters that a URI may hold as they are; a relative path stays one.
std::string as_uri(const std::string& path) {
  static constexpr const char* digits = "0123456789ABCDEF";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= 'a' && byte <= 'z') ||
                       std::string_view("/-._~").find(c) != std::string_view::npos;
    if (plain) {
      uri += c;
    } else {
      uri += '%';
      uri += digits[byte >> 4];
      uri += digits[byte & 15];
    }
  }
  return uri;
}

/// Columns count bytes here, and UTF-16 units there.
int utf16_column(const std::string& line, int column) {
  int units = 0;
  for (size_t i = 0; i + 1 < static_cast<size_t>(column); ++i) {
    const auto byte = i < line.size() ? static_cast<unsigned char>(line[i]) : 0U;
    if ((byte & 0xC0U) != 0x80U) units += byte >= 0xF0U ? 2 : 1;
  }
  return units + 1;
}

const char* level_of(Severity severity) {
  return severity == Severity::warning ? "warning" : "note";
}

Json rule_entry(const Rule& rule) {
  Json entry = {{"id", rule.name},
                {"name", rule.name},
                {"shortDescription", {{"text", rule.summary}}},
                {"defaultConfiguration", {{"level", level_of(rule.severity)}}}};
  if (const std::string page = page_of(rule); !page.empty()) entry["helpUri"] = page;
  return entry;
}

Json result_entry(const dockerfile::Dockerfile& file, const std::string& uri,
                  const Finding& finding, size_t rule_index) {
  const std::string& line = file.lines.at(static_cast<size_t>(finding.at.line) - 1);
  const std::string mend = finding.mend.empty() ? "" : " Mend: " + finding.mend;
  const Json region = {{"startLine", finding.at.line},
                       {"startColumn", utf16_column(line, finding.at.column)},
                       {"endLine", finding.at.line},
                       {"endColumn", utf16_column(line, finding.at.column + finding.length)}};
  return {
      {"ruleId", finding.rule->name},
      {"ruleIndex", rule_index},
      {"level", level_of(finding.severity)},
      {"message", {{"text", finding.message + "." + mend}}},
      {"locations", Json::array({{{"physicalLocation",
                                   {{"artifactLocation", {{"uri", uri}}}, {"region", region}}}}})}};
}

}  // namespace

Json as_sarif(const dockerfile::Dockerfile& file, const Report& report,
              const std::string& version) {
  Json rules = Json::array();
  std::map<std::string, size_t> places;
  for (const Rule& rule : all_rules()) {
    places[rule.name] = rules.size();
    rules.push_back(rule_entry(rule));
  }
  const std::string uri = as_uri(file.name);
  Json results = Json::array();
  for (const Finding& finding : report.findings)
    results.push_back(result_entry(file, uri, finding, places.at(finding.rule->name)));
  const Json driver = {{"name", "trainyard"}, {"version", version}, {"rules", std::move(rules)}};
  const Json run = {{"tool", {{"driver", driver}}},
                    {"columnKind", "utf16CodeUnits"},
                    {"results", std::move(results)}};
  return {{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
          {"version", "2.1.0"},
          {"runs", Json::array({run})}};
}

}  // namespace trainyard::lint

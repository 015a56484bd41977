#include "lint/finding_text.hpp"

#include "base/terminal.hpp"

namespace trainyard::lint {

namespace {

const char* severity_word(Severity severity) {
  return severity == Severity::warning ? "warning" : "note";
}

std::string line_of(const dockerfile::Dockerfile& file, int line) {
  const auto index = static_cast<size_t>(line);
  return index >= 1 && index <= file.lines.size() ? file.lines[index - 1] : std::string();
}

}  // namespace

std::string as_text(const dockerfile::Dockerfile& file, const Finding& finding) {
  const Error shown = file.error(finding.at, finding.message, {}, finding.length);
  std::string text = shown.subject() + ": " + severity_word(finding.severity) + ": " +
                     finding.message + " [" + finding.rule->name + "]\n";
  text = printable_line(text.substr(0, text.size() - 1)) + "\n" + printable(shown.excerpt());
  if (!finding.mend.empty()) text += "  mend: " + printable_line(finding.mend) + "\n";
  return text;
}

Json as_json(const dockerfile::Dockerfile& file, const Report& report) {
  Json findings = Json::array();
  for (const Finding& finding : report.findings) {
    Json entry = {{"rule", finding.rule->name}, {"severity", severity_word(finding.severity)},
                  {"message", finding.message}, {"mend", finding.mend},
                  {"line", finding.at.line},    {"column", finding.at.column},
                  {"length", finding.length},   {"text", line_of(file, finding.at.line)}};
    if (const std::string page = page_of(*finding.rule); !page.empty()) entry["page"] = page;
    findings.push_back(std::move(entry));
  }
  return {{"schema", 1}, {"file", file.name}, {"findings", std::move(findings)}};
}

}  // namespace trainyard::lint

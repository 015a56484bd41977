#include "cli/manual_page.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "cli/option_table.hpp"
#include "cli/version.hpp"

namespace trainyard::cli {

namespace {

/// What many commands take; it is explained once.
bool is_common(const OptionRow& row) {
  const auto has = [&row](const char* name) {
    return std::find(row.names.begin(), row.names.end(), name) != row.names.end();
  };
  return has("--store") || has("--runtime") || has("--help");
}

/// Text that roff prints as it is: no escape, no macro at a line's beginning, real minus signs.
std::string escaped(const std::string& text) {
  std::string result;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) result += "\\&";
    line_begins = c == '\n';
    if (c == '\\')
      result += "\\e";
    else if (c == '-')
      result += "\\-";
    else
      result += c;
  }
  return result;
}

std::string bold(const std::string& text) {
  return "\\fB" + escaped(text) + "\\fR";
}

std::string joined_names(const OptionRow& row) {
  std::string text;
  for (const std::string& name : row.names) text += (text.empty() ? "" : ", ") + bold(name);
  return text;
}

std::string entry(const OptionRow& row) {
  const std::string value = row.value.empty() ? "" : "\\fI" + escaped(row.value) + "\\fR";
  const std::string names = joined_names(row);
  return ".TP\n" + names + (names.empty() || value.empty() ? "" : " ") + value + "\n" +
         escaped(row.help) + ".\n";
}

std::string section(const Command& command, const OptionTable& table) {
  std::string text =
      ".SS \"trainyard " + escaped(command.name) + " " + escaped(table.usage) + "\"\n";
  text += escaped(table.description) + "\n";
  if (!table.footer.empty()) text += escaped(table.footer) + "\n";
  for (const OptionRow& row : table.operands) text += entry(row);
  std::string common;
  for (const OptionRow& row : table.options) {
    if (is_common(row))
      common += (common.empty() ? "" : ", ") + joined_names(row);
    else
      text += entry(row);
  }
  if (!common.empty()) text += ".PP\nAlso: " + common + ".\n";
  return text;
}

std::string common_options(const std::vector<OptionTable>& tables) {
  std::string text = ".SS \"Options of many commands\"\n";
  std::vector<std::string> seen;
  for (const OptionTable& table : tables)
    for (const OptionRow& row : table.options) {
      if (!is_common(row) || std::find(seen.begin(), seen.end(), row.names.back()) != seen.end())
        continue;
      seen.push_back(row.names.back());
      text += entry(row);
    }
  return text;
}

std::string commands() {
  std::string text;
  std::vector<OptionTable> tables;
  for (const Command& command : all_commands()) {
    if (*command.summary == '\0') continue;
    tables.push_back(option_table(command));
    text += section(command, tables.back());
  }
  return text + common_options(tables);
}

std::string with(std::string text, const std::string& mark, const std::string& value) {
  const size_t at = text.find(mark);
  if (at == std::string::npos)
    throw usage_error("making the manual page", mark, "the text does not hold this mark");
  return text.replace(at, mark.size(), value);
}

}  // namespace

std::string manual_page(const std::string& text) {
  return with(with(text, "@VERSION@", k_version), "@COMMANDS@\n", commands());
}

}  // namespace trainyard::cli

#include "cli/option_table.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "cli/arguments.hpp"

namespace trainyard::cli {

namespace {

OptionRow row_of(const CLI::Option& option) {
  OptionRow row;
  for (const std::string& name : option.get_snames()) row.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) row.names.push_back("--" + name);
  if (option.get_items_expected_max() > 0) row.value = option.get_type_name();
  row.help = option.get_description();
  return row;
}

/// From the operands; for a command that hands words on unread, from its help.
std::string usage_of(const CLI::App& app, const OptionTable& table) {
  std::string usage = "[OPTIONS]";
  for (const OptionRow& operand : table.operands) usage += " " + operand.value;
  if (!app.get_prefix_command()) return usage;
  const std::string help = app.help("trainyard");
  const std::string start = "Usage: trainyard " + app.get_name() + " ";
  const size_t at = help.find(start);
  if (at == std::string::npos) return usage;
  const size_t from = at + start.size();
  return help.substr(from, help.find('\n', from) - from);
}

OptionTable table_of(const CLI::App& app) {
  OptionTable table;
  table.description = app.get_description();
  table.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options())
    (option->get_positional() ? table.operands : table.options).push_back(row_of(*option));
  table.usage = usage_of(app, table);
  return table;
}

}  // namespace

OptionTable option_table(const Command& command) {
  OptionTable table;
  const ParseObserver observer([&table](const CLI::App& app) { table = table_of(app); });
  command.run({});
  return table;
}

const OptionRow* find_option(const OptionTable& table, const std::string& name) {
  const auto found =
      std::find_if(table.options.begin(), table.options.end(), [&name](const OptionRow& row) {
        return std::find(row.names.begin(), row.names.end(), name) != row.names.end();
      });
  return found == table.options.end() ? nullptr : &*found;
}

}  // namespace trainyard::cli

#pragma once

#include <string>
#include <vector>

#include "cli/command.hpp"

namespace trainyard::cli {

/// One option, or one operand (then `names` is empty), of a command.
struct OptionRow {
  std::vector<std::string> names;  ///< as they are typed: "-f", "--file"
  std::string value;  ///< what its value is called: "FILE"; "a|b" are the words it may be; empty
                      ///< for a flag
  std::string help;
};

/// What a command takes, read from the table that the command itself parses with. The manual page
/// and the completion are made from it, so they cannot say anything else than the command does.
struct OptionTable {
  std::string usage;  ///< behind the command's name: "[OPTIONS] CONTEXT"
  std::string description;
  std::string footer;
  std::vector<OptionRow> options;
  std::vector<OptionRow> operands;
};

OptionTable option_table(const Command& command);

/// The row of an option by one of its names; null when there is none.
const OptionRow* find_option(const OptionTable& table, const std::string& name);

}  // namespace trainyard::cli

#pragma once

#include <string>
#include <vector>

namespace trainyard::report {

/// A table of text for people: columns aligned, two blanks between them, the last one not padded.
class Table {
 public:
  explicit Table(std::vector<std::string> headings);
  void add(std::vector<std::string> row);
  /// Ends in a newline. A table without rows is its headings.
  std::string render() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace trainyard::report

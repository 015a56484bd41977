#include "cli/result_file.hpp"

#include "base/error.hpp"

namespace trainyard::cli {

void write_result_file(const fs::path& file, const store::RunRecord& record) {
  write_file_if_changed(file, record.key + "\n" + store::result_digest(record).str() + "\n");
}

std::string key_of_result_file(const fs::path& file) {
  const auto text = read_file_if_exists(file);
  const size_t end = text ? text->find('\n') : std::string::npos;
  if (end == std::string::npos || end == 0)
    throw Error("reading", file.string(),
                text ? "it does not hold a run's key" : "there is no such file",
                "build the run's target first");
  return text->substr(0, end);
}

}  // namespace trainyard::cli

#include "training/result_file.hpp"

#include "base/error.hpp"

namespace trainyard::training {

bool write_result_file(const fs::path& path, const store::RunRecord& record) {
  return write_file_if_changed(path, record.key + "\n" + store::result_digest(record).str() + "\n");
}

ResultFile read_result_file(const fs::path& path) {
  const std::optional<std::string> text = read_file_if_exists(path);
  if (!text)
    throw usage_error("reading", path.string(), "there is no such result file",
                      "build the run's target first");
  const size_t line = text->find('\n');
  const size_t end = line == std::string::npos ? line : text->find('\n', line + 1);
  if (end == std::string::npos || end + 1 != text->size())
    throw usage_error("reading", path.string(), "it does not hold a key and a digest, one a line",
                      "build the run again");
  return {oci::Digest::from_hex(text->substr(0, line)).hex(),
          oci::Digest::parse(text->substr(line + 1, end - line - 1))};
}

}  // namespace trainyard::training

#include "dockerfile/characters.hpp"
#include "lint/checks.hpp"
#include "lint/secrets.hpp"

namespace trainyard::lint {

void check_secret_values(const dockerfile::Dockerfile& file, Findings& findings) {
  for (size_t i = 0; i < file.lines.size(); ++i) {
    const std::string& line = file.lines[i];
    const int number = static_cast<int>(i) + 1;
    for (auto found = find_secret(line); found;
         found = find_secret(line, found->offset + found->length))
      findings.add("SecretValue", {number, static_cast<int>(found->offset) + 1, number},
                   found->length, "this looks like " + found->kind + ", for everyone to read",
                   "revoke it, and hand a new one over while a step runs: RUN "
                   "--mount=type=secret,id=NAME");
  }
}

}  // namespace trainyard::lint

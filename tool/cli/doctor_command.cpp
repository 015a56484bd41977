#include <algorithm>
#include <cstdio>

#include "base/error.hpp"
#include "base/json.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/slot_findings.hpp"
#include "engine/native/doctor.hpp"

namespace trainyard::cli {

namespace {
using engine::native::Finding;

const char* grade_name(Finding::Grade grade) {
  switch (grade) {
    case Finding::Grade::good:
      return "good";
    case Finding::Grade::warning:
      return "warning";
    case Finding::Grade::bad:
      return "bad";
  }
  return "";
}

void print(const std::vector<Finding>& findings) {
  for (const Finding& finding : findings) {
    const char* mark = finding.grade == Finding::Grade::good  ? "ok  "
                       : finding.grade == Finding::Grade::bad ? "BAD "
                                                              : "warn";
    std::printf("%s  %s: %s\n", mark, finding.subject.c_str(), finding.found.c_str());
    if (!finding.mend.empty()) std::printf("      mend: %s\n", finding.mend.c_str());
  }
}
}  // namespace

int doctor_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Tries what containers need on this machine and says how to mend what does not work. Exit "
      "code 3 when "
      "containers cannot run.",
      "doctor");
  bool json = false;
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  std::vector<Finding> findings = engine::native::examine(store.root());
  for (Finding& finding : slot_findings(store)) findings.push_back(std::move(finding));
  if (json) {
    Json list = Json::array();
    for (const Finding& finding : findings)
      list.push_back({{"grade", grade_name(finding.grade)},
                      {"subject", finding.subject},
                      {"found", finding.found},
                      {"mend", finding.mend}});
    std::printf("%s\n", dump_json(list, 2).c_str());
  } else {
    print(findings);
  }
  const bool bad = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.grade == Finding::Grade::bad;
  });
  return static_cast<int>(bad ? ExitCode::machine : ExitCode::done);
}

}  // namespace trainyard::cli

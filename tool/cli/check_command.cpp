#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/terminal.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/store_lock.hpp"
#include "store/check.hpp"

namespace trainyard::cli {

namespace {

Json to_json(const store::CheckReport& report) {
  Json findings = Json::array();
  for (const store::Finding& finding : report.findings)
    findings.push_back(
        {{"subject", finding.subject}, {"what", finding.what}, {"outcome", finding.outcome}});
  return {{"findings", std::move(findings)}, {"blobs", report.blobs},     {"bytes", report.bytes},
          {"trees", report.trees},           {"records", report.records}, {"runs", report.runs},
          {"images", report.images}};
}

void print(const store::CheckReport& report) {
  for (const store::Finding& finding : report.findings)
    // Names of files in outputs come from trainings.
    std::printf("%s: %s\n  %s\n", printable_line(finding.subject).c_str(),
                printable_line(finding.what).c_str(), printable_line(finding.outcome).c_str());
  std::printf(
      "%llu blobs (%s), %llu layer trees, %llu records, %llu runs, %llu images: %s\n",
      static_cast<unsigned long long>(report.blobs), format_bytes(report.bytes).c_str(),
      static_cast<unsigned long long>(report.trees),
      static_cast<unsigned long long>(report.records), static_cast<unsigned long long>(report.runs),
      static_cast<unsigned long long>(report.images),
      report.findings.empty() ? "nothing is wrong"
                              : (std::to_string(report.findings.size()) + " found wrong").c_str());
}

}  // namespace

int check_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Reads the whole store again: digests, seals, and whether what is named is there. Mends what "
      "it can and names the rest. Exit code 1 when something was wrong.",
      "check");
  bool dry_run = false;
  bool json = false;
  app.add_flag("--dry-run", dry_run, "Change nothing, only name what is wrong");
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  const LockFile lock = lock_store(store);
  const store::CheckReport report =
      store::check_store(store, *engine, dry_run ? store::Mending::no : store::Mending::yes);
  if (json)
    std::printf("%s\n", dump_json(to_json(report), 2).c_str());
  else
    print(report);
  return report.findings.empty() ? 0 : 1;
}

}  // namespace trainyard::cli

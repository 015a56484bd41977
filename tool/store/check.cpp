#include "store/check.hpp"

#include "base/error.hpp"
#include "store/check_pass.hpp"
#include "store/work_folder.hpp"

namespace trainyard::store {

void CheckPass::found(const std::string& subject, const std::string& what,
                      const std::function<std::string()>& mend, const std::string& otherwise) {
  std::string outcome = otherwise;
  try {
    if (mending == Mending::yes) outcome = mend();
  } catch (const Error& error) {
    outcome = std::string("could not be mended: ") + error.what() +
              (error.hint().empty() ? "" : "; " + error.hint());
  }
  report.findings.push_back({subject, what, std::move(outcome)});
}

void CheckPass::found(const std::string& subject, const std::string& what,
                      const std::string& outcome) {
  report.findings.push_back({subject, what, outcome});
}

CheckReport check_store(const Store& store, JobRunner& runner, Mending mending) {
  CheckPass pass{store, runner, mending, {}, {}};
  // What a killed process left is nothing wrong: every build sweeps it.
  if (mending == Mending::yes) sweep(store, runner);
  check_blobs(pass);
  check_trees(pass);
  check_records(pass);
  check_runs(pass);
  check_images(pass);
  return std::move(pass.report);
}

}  // namespace trainyard::store

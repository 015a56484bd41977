#include "build/repeated_remark.hpp"

#include "base/quantity.hpp"

namespace trainyard::build {

namespace {

constexpr uint64_t k_worth_a_remark = 1024 * 1024;

}  // namespace

void remark_on_repeated(BuildSession& session, const PlannedStep& step,
                        const RepeatedBytes& repeated) {
  const auto say = [&](uint64_t bytes, const char* what, const char* hint) {
    if (bytes < k_worth_a_remark) return;
    session.warn("warning: " + session.plan.source.name + ":" + std::to_string(step.at.line) +
                 ": " + format_bytes(bytes) +
                 " of this step's layer are files of earlier layers once more: " + what + "\n  " +
                 step.text + "\nhint: " + hint + "\n");
  };
  say(repeated.changed, "only their owner or mode changed",
      "give both where they are made: COPY --chown=… --chmod=…, or chown in the RUN that makes "
      "them");
  say(repeated.moved, "they were moved", "put them where they belong in the step that makes them");
}

}  // namespace trainyard::build

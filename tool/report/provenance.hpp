#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "store/store.hpp"

namespace trainyard::report {

/// All that is known of where a finished run's outputs come from, as `trainyard provenance --json`
/// prints it (the members are listed in docs/manual.md). What a run of an earlier version did not
/// note is null or missing. Throws a usage error when there is no record of the run.
Json provenance_of(const store::Store& store, const std::string& key);

/// The keys of the runs that made its inputs, and of the one whose checkpoints it began with.
std::vector<std::string> runs_before(const Json& provenance);

/// For people.
std::string provenance_text(const Json& provenance);

/// An in-toto Statement v1 (https://in-toto.io/Statement/v1) with the predicate SLSA Provenance v1
/// (https://slsa.dev/provenance/v1). Subjects are the files among the outputs. `builder` is the URI
/// of who answers for it. Host paths are not in it. Throws a usage error for a run whose outputs
/// hold no file: a statement is about something.
Json provenance_statement(const Json& provenance, const std::string& builder);

/// The URI of a run among the dependencies of another, and in docs/manual.md.
std::string run_uri(const std::string& key);

}  // namespace trainyard::report

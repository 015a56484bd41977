#pragma once

#include <string>

#include "base/json.hpp"
#include "lint/lint.hpp"

namespace trainyard::lint {

/// As a compiler would put it:
///
///     Dockerfile:3:1: warning: the message [RuleName]
///       3 | CMD run
///         | ^~~
///       mend: what to write
std::string as_text(const dockerfile::Dockerfile& file, const Finding& finding);

/// {"schema": 1, "file": …, "findings": [{"rule", "severity", "message", "mend", "line", "column",
/// "length", "text", "page"?}, …]}; docs/manual.md describes it.
Json as_json(const dockerfile::Dockerfile& file, const Report& report);

/// A log of one run, in version 2.1.0 of the OASIS standard SARIF: what code hosts read.
Json as_sarif(const dockerfile::Dockerfile& file, const Report& report, const std::string& version);

}  // namespace trainyard::lint

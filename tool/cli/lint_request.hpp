#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/build_image.hpp"
#include "build/plan.hpp"
#include "cli/arguments.hpp"
#include "lint/lint.hpp"
#include "store/store.hpp"

namespace trainyard::cli {

/// Checks the Dockerfile that `request` names, all its stages unless it names one. Base images are
/// looked for in its contexts and in the store; nothing is brought in.
lint::Checked check_file(const build::BuildRequest& request, std::optional<store::Store> store,
                         lint::RuleSet rules);

/// The same for what a command was given: a context that lies elsewhere is fetched.
lint::Checked check_request(const build::BuildRequest& request, const StoreArguments& arguments,
                            lint::RuleSet rules);

/// Checks what is going to be built, by the rules of a build, and adds the findings to `remarks`.
/// Throws a usage error when there are some and the file wants that.
void review_plan(const build::Plan& plan, const build::BuildRequest& request,
                 std::vector<std::string>& remarks);

}  // namespace trainyard::cli

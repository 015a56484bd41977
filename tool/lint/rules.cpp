#include "lint/rules.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace trainyard::lint {

namespace {

using When = Rule::When;
constexpr Severity k_warning = Severity::warning;
constexpr Severity k_note = Severity::note;

constexpr Rule k_rules[] = {
    // Published.
    {"StageNameCasing", k_warning, When::build, "The name of a stage is not lower case.",
     "stage-name-casing"},
    {"FromAsCasing", k_warning, When::build, "FROM and AS are written in different case.",
     "from-as-casing"},
    {"NoEmptyContinuation", k_warning, When::build,
     "An empty line stands inside a continued instruction.", "no-empty-continuation"},
    {"ConsistentInstructionCasing", k_warning, When::build,
     "An instruction is not in the case of most others.", "consistent-instruction-casing"},
    {"DuplicateStageName", k_warning, When::build, "Two stages have the same name.",
     "duplicate-stage-name"},
    {"ReservedStageName", k_warning, When::build, "A stage is called scratch or context.",
     "reserved-stage-name"},
    {"JSONArgsRecommended", k_warning, When::build,
     "CMD or ENTRYPOINT in shell form: the program does not get the container's signals.",
     "json-args-recommended"},
    {"MaintainerDeprecated", k_warning, When::build, "MAINTAINER instead of a label.",
     "maintainer-deprecated"},
    {"UndefinedArgInFrom", k_warning, When::build,
     "FROM names a variable that no ARG before the first FROM declares.", "undefined-arg-in-from"},
    {"WorkdirRelativePath", k_warning, When::build,
     "A relative WORKDIR depends on the base image's.", "workdir-relative-path"},
    {"UndefinedVar", k_warning, When::build, "A variable is used that nothing has set.",
     "undefined-var"},
    {"MultipleInstructionsDisallowed", k_warning, When::build,
     "Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage only the last has an effect.",
     "multiple-instructions-disallowed"},
    {"LegacyKeyValueFormat", k_warning, When::build, "ENV or LABEL with a blank instead of \"=\".",
     "legacy-key-value-format"},
    {"InvalidBaseImagePlatform", k_warning, When::build,
     "The base image is of another platform than the build."},
    {"RedundantTargetPlatform", k_warning, When::build,
     "FROM --platform=$TARGETPLATFORM says what holds anyway.", "redundant-target-platform"},
    {"SecretsUsedInArgOrEnv", k_warning, When::build,
     "The name of an ARG or ENV says that it holds a secret, which then stays in the image.",
     "secrets-used-in-arg-or-env"},
    {"InvalidDefaultArgInFrom", k_warning, When::build,
     "FROM has no valid image unless build arguments are given.", "invalid-default-arg-in-from"},
    {"FromPlatformFlagConstDisallowed", k_warning, When::build,
     "FROM --platform has a constant value.", "from-platform-flag-const-disallowed"},
    {"CopyIgnoredFile", k_warning, When::build,
     "COPY or ADD of a file that the ignore file leaves out.", "copy-ignored-file"},
    {"InvalidDefinitionDescription", k_warning, When::experimental,
     "The comment above an ARG or FROM does not begin with the name that it describes.",
     "invalid-definition-description"},
    {"ExposeProtoCasing", k_warning, When::build, "The protocol in EXPOSE is not lower case.",
     "expose-proto-casing"},
    {"ExposeInvalidFormat", k_warning, When::build, "EXPOSE with an address or a port of the host.",
     "expose-invalid-format"},
    // Ours.
    {"SecretValue", k_warning, When::build,
     "A text of the form of a password, token or private key stands in the file."},
    {"HeredocWithoutErrexit", k_warning, When::build,
     "A RUN of several lines goes on after a command that failed."},
    {"LatestBaseImage", k_warning, When::lint,
     "The base image has no tag, or \"latest\": every build may get another one."},
    {"BaseImageWithoutDigest", k_note, When::lint,
     "The base image has a tag, which may move, and no digest."},
    {"FatBaseImage", k_note, When::lint,
     "The last stage stands on a large base image of which there is a small one."},
    {"UnpinnedPipPackage", k_warning, When::lint,
     "pip installs whatever version is the newest that day."},
    {"UnpinnedAptPackage", k_note, When::lint,
     "apt installs whatever version is the newest that day."},
    {"AptListsLeft", k_warning, When::lint, "The package lists of apt stay in the layer."},
    {"AptUpdateAlone", k_warning, When::lint,
     "apt-get update in a step of its own: later installs use lists that a cache has kept."},
    {"AptWithoutYes", k_warning, When::lint,
     "apt-get install asks a question that nobody answers."},
    {"PipCacheLeft", k_note, When::lint, "The files that pip has downloaded stay in the layer."},
    {"PermissionsAfterCopy", k_warning, When::lint,
     "RUN chmod or chown of what COPY brought stores the files a second time."},
    {"CopyBeforeInstall", k_note, When::lint,
     "Packages are installed anew after each change of any file."},
    {"UnknownCheck", k_note, When::lint, "# check= names a rule that there is not."},
};

}  // namespace

std::span<const Rule> all_rules() {
  return k_rules;
}

const Rule& rule_called(std::string_view name) {
  for (const Rule& rule : k_rules)
    if (name == rule.name) return rule;
  throw Error("looking for the rule", std::string(name), "there is none");
}

std::string page_of(const Rule& rule) {
  if (rule.page == nullptr) return {};
  return std::string("https://docs.docker.com/reference/build-checks/") + rule.page + "/";
}

}  // namespace trainyard::lint

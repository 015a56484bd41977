#pragma once

#include "build/build_arguments.hpp"
#include "build/stage_state.hpp"
#include "lint/finding.hpp"
#include "lint/lint.hpp"

namespace trainyard::lint {

// The checks, by what they need to know.

/// How the file is written: nothing but the file itself.
void check_spelling(const dockerfile::Dockerfile& file, Findings& findings);
/// One stage's instructions that are written in an old way, or have no effect.
void check_forms(const dockerfile::Stage& stage, Findings& findings);
/// FROM: what it names, with and without build arguments.
void check_bases(const dockerfile::Dockerfile& file, const Surroundings& surroundings,
                 const build::BuildArguments& arguments, Findings& findings);

/// A stage while its instructions are gone through.
struct StageScope {
  build::StageState state;
  bool base_known = true;          ///< its environment is what it will be in the build
  std::string base_name;           ///< the image that it stands on in the end
  bool workdir_set = false;        ///< by this file
  std::set<std::string> declared;  ///< by ARG, with a value or without
};

/// One instruction, before `scope` has taken it in: variables, paths, ports, names of secrets.
void check_values(const dockerfile::Instruction& instruction, const StageScope& scope,
                  const Surroundings& surroundings, const build::BuildArguments& arguments,
                  Findings& findings);

/// What the commands of a stage's RUN steps do to its layers.
void check_commands(const dockerfile::Stage& stage, Findings& findings);
/// Texts that look like secrets, wherever they stand.
void check_secret_values(const dockerfile::Dockerfile& file, Findings& findings);

}  // namespace trainyard::lint

#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "build/build_arguments.hpp"
#include "build/plan.hpp"
#include "dockerfile/dockerfile.hpp"

namespace trainyard::build {

inline constexpr const char* k_default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What the instructions of a stage have said so far: environment, ARGs, configuration, history. A
/// stage that starts FROM another one starts with a copy of its state.
class StageState {
 public:
  /// `base` null: scratch.
  static StageState begin(const BaseImage* base, const oci::Platform& platform);
  /// FROM another stage: everything is inherited but "CMD was set here" and the history.
  static StageState inherit(const StageState& parent);

  /// An instruction that changes configuration only (not RUN, COPY, ADD, WORKDIR). Throws source
  /// errors.
  void apply(const dockerfile::Dockerfile& source, const dockerfile::Instruction& instruction,
             const BuildArguments& arguments);
  /// Sets the working folder; returns its absolute, clean path.
  std::string change_directory(const dockerfile::Dockerfile& source,
                               const dockerfile::Workdir& workdir);

  /// The ONBUILD triggers that the base brings: they are this stage's first instructions.
  std::vector<std::string> take_triggers() { return std::exchange(image_.config.on_build, {}); }

  /// Value of a variable for expansion, as things stand.
  std::optional<std::string> lookup(std::string_view name) const;
  /// ENV and ARG in the order in which they were set, "K=V", with a PATH in any case.
  std::vector<std::string> run_environment() const;
  /// Declared ARGs with their values, "K=V", for history.
  std::vector<std::string> declared_arguments() const;
  std::vector<std::string> shell() const;
  std::string working_directory() const;
  const oci::ImageConfig& image() const { return image_; }

  /// Adds an entry; returns its place.
  size_t add_history(std::string created_by, bool empty_layer);
  const std::vector<oci::HistoryEntry>& history() const { return history_; }

 private:
  void set_variable(const std::string& name, const std::string& value);
  void apply_env(const dockerfile::Dockerfile& source, const dockerfile::Env& env);
  void apply_arg(const dockerfile::Dockerfile& source, const dockerfile::Arg& arg,
                 const BuildArguments& arguments);
  void apply_expose(const dockerfile::Dockerfile& source, const dockerfile::Expose& expose);
  void apply_health_check(const dockerfile::HealthCheck& check);
  std::vector<std::string> command_line(const dockerfile::CommandLine& command) const;

  oci::ImageConfig image_;
  std::vector<std::pair<std::string, std::string>> variables_;  ///< ENV and ARG
  std::vector<std::string> arguments_;
  std::vector<oci::HistoryEntry> history_;
  bool cmd_set_here_ = false;
};

}  // namespace trainyard::build

#pragma once

#include <span>
#include <string>
#include <vector>

namespace trainyard::cli {

/// One subcommand. `run` gets the words behind its name and returns the exit code; it throws Error,
/// which main() prints.
struct Command {
  const char* name;
  const char* summary;  ///< one line for `trainyard --help`; empty for those that only the tool
                        ///< itself calls
  int (*run)(const std::vector<std::string>& words);
};

/// All of them, in the order in which help shows them.
std::span<const Command> all_commands();

int ps_command(const std::vector<std::string>& words);
int stop_command(const std::vector<std::string>& words);
int runs_command(const std::vector<std::string>& words);
int metrics_command(const std::vector<std::string>& words);
int plot_command(const std::vector<std::string>& words);
int build_command(const std::vector<std::string>& words);
int run_command(const std::vector<std::string>& words);
int restore_command(const std::vector<std::string>& words);
int sweep_command(const std::vector<std::string>& words);
int assert_command(const std::vector<std::string>& words);
int provenance_command(const std::vector<std::string>& words);
int import_command(const std::vector<std::string>& words);
int images_command(const std::vector<std::string>& words);
int lint_command(const std::vector<std::string>& words);
int history_command(const std::vector<std::string>& words);
int inspect_command(const std::vector<std::string>& words);
int gc_command(const std::vector<std::string>& words);
int df_command(const std::vector<std::string>& words);
int cache_command(const std::vector<std::string>& words);
int check_command(const std::vector<std::string>& words);
int rmi_command(const std::vector<std::string>& words);
int verify_command(const std::vector<std::string>& words);
int why_command(const std::vector<std::string>& words);
int shell_command(const std::vector<std::string>& words);
int logs_command(const std::vector<std::string>& words);
int doctor_command(const std::vector<std::string>& words);
int init_command(const std::vector<std::string>& words);
int supervisor_command(const std::vector<std::string>& words);
int keeper_command(const std::vector<std::string>& words);
int note_traces_command(const std::vector<std::string>& words);
int complete_command(const std::vector<std::string>& words);
int manual_command(const std::vector<std::string>& words);
int sync_command(const std::vector<std::string>& words);

}  // namespace trainyard::cli

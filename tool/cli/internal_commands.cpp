#include <cstdio>

#include "base/error.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/completion.hpp"
#include "cli/jobs.hpp"
#include "cli/manual_page.hpp"
#include "engine/native/hook_traces.hpp"
#include "engine/native/native_engine.hpp"
#include "training/training_run.hpp"

namespace trainyard::cli {

int supervisor_command(const std::vector<std::string>&) {
  return engine::native::serve_supervisor(all_jobs());
}

int keeper_command(const std::vector<std::string>& words) {
  std::vector<std::string> arguments{"trainyard", "internal-keeper"};
  arguments.insert(arguments.end(), words.begin(), words.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  return training::serve_keeper(make_native_engine_for, static_cast<int>(arguments.size()),
                                argv.data());
}

int note_traces_command(const std::vector<std::string>& words) {
  if (words.size() != 2)
    throw usage_error("", "internal-note-traces", "it takes an upper folder and the file to write",
                      "an OCI runtime calls it");
  engine::native::note_hook_traces(words[0], words[1]);
  return 0;
}

int complete_command(const std::vector<std::string>& words) {
  if (words.size() != 2)
    throw usage_error("", "internal-complete", "it takes word breaks and a line",
                      "the shell's completion calls it");
  const Completion completion = complete(words[1], words[0]);
  const char* otherwise = "nothing";
  if (completion.otherwise == Completion::Otherwise::files) otherwise = "files";
  if (completion.otherwise == Completion::Otherwise::folders) otherwise = "folders";
  std::printf("%s\n", completion.words.empty() ? otherwise : "words");
  for (const std::string& word : completion.words) std::printf("%s\n", word.c_str());
  return 0;
}

int manual_command(const std::vector<std::string>& words) {
  if (words.size() != 2)
    throw usage_error("", "internal-manual", "it takes a text and the file to write",
                      "the project's build calls it");
  write_file_if_changed(words[1], manual_page(read_file(words[0])));
  return 0;
}

}  // namespace trainyard::cli

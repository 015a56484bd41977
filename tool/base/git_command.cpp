#include "base/git_command.hpp"

namespace trainyard {

std::vector<std::string> git_command(const std::vector<std::string>& variables) {
  std::vector<std::string> words = {"env"};
  for (const char* name : {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"}) {
    words.emplace_back("-u");
    words.emplace_back(name);
  }
  words.insert(words.end(), {"LC_ALL=C", "GIT_TERMINAL_PROMPT=0"});
  words.insert(words.end(), variables.begin(), variables.end());
  words.emplace_back("git");
  return words;
}

}  // namespace trainyard

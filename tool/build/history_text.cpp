#include "build/history_text.hpp"

namespace trainyard::build {

std::string bracket_list(const std::vector<std::string>& words) {
  std::string text = "[";
  for (const std::string& word : words) {
    if (text.size() > 1) text += ' ';
    text += '"';
    for (const char c : word) {
      if (c == '"' || c == '\\') text += '\\';
      if (c == '\n')
        text += "\\n";
      else if (c == '\t')
        text += "\\t";
      else
        text += c;
    }
    text += '"';
  }
  return text + "]";
}

std::string run_history(const std::vector<std::string>& arguments,
                        const std::vector<std::string>& argv) {
  std::string text = "RUN";
  if (!arguments.empty()) text += " |" + std::to_string(arguments.size());
  for (const std::string& argument : arguments) text += " " + argument;
  for (const std::string& word : argv) text += " " + word;
  return text + " # buildkit";
}

std::string copy_history(bool add, const std::vector<std::string>& sources,
                         const std::string& destination, const std::string& chown,
                         const std::string& chmod) {
  std::string text = add ? "ADD" : "COPY";
  if (!chown.empty()) text += " --chown=" + chown;
  if (!chmod.empty()) text += " --chmod=" + chmod;
  for (const std::string& source : sources) text += " " + source;
  return text + " " + destination + " # buildkit";
}

}  // namespace trainyard::build

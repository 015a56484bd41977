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

std::string copy_history(const CopyStep& copy, const std::vector<std::string>& sources,
                         const std::string& destination) {
  std::string text = copy.add ? "ADD" : "COPY";
  if (copy.filter.parents) text += " --parents";
  if (!copy.chown.empty()) text += " --chown=" + copy.chown;
  if (!copy.chmod.empty()) text += " --chmod=" + copy.chmod;
  for (const std::string& source : sources) text += " " + source;
  for (const dockerfile::InlineFile& file : copy.inline_files) text += " <<" + file.name;
  return text + " " + destination + " # buildkit";
}

}  // namespace trainyard::build

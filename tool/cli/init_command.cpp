#include <algorithm>
#include <cctype>
#include <cstdio>

#include "base/error.hpp"
#include "base/process.hpp"
#include "base/spelling.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/templates.hpp"

namespace trainyard::cli {

namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// A name that project() takes, from the folder's.
std::string project_name(const fs::path& folder) {
  std::string name = folder.filename().string();
  for (char& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_') c = '_';
  return name.empty() ? "project" : name;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
  return text;
}

/// As it has to be typed, for a command that people copy.
std::string shell_word(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return c >= 0x80 || std::isalnum(c) != 0 ||
           std::string_view("+,-./:=@_").find(static_cast<char>(c)) != std::string_view::npos;
  });
  return plain ? text : "'" + replaced(text, "'", "'\\''") + "'";
}

/// What CMake has to be told when this tool is in no prefix that it looks in by itself.
std::string prefix_argument() {
  const fs::path prefix = own_executable().parent_path().parent_path();
  if (prefix == "/usr" || prefix == "/usr/local") return {};
  return " -DCMAKE_PREFIX_PATH=" + shell_word(prefix.string());
}

/// A script stays executable; an installed template's other permissions are no matter of the copy.
unsigned mode_of_copy(const fs::directory_entry& entry) {
  const bool executable = (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
  return executable ? 0755 : 0644;
}

void copy_template(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / fs::relative(entry.path(), from);
    if (entry.is_directory())
      make_directories(target);
    else
      write_file_atomic(target, replaced(read_file(entry.path()), "@PROJECT@", project_name(to)),
                        Durability::cheap, mode_of_copy(entry));
  }
}

}  // namespace

int init_command(const std::vector<std::string>& words) {
  CLI::App app("Starts a project that configures, builds and trains as it stands.", "init");
  std::string name, folder;
  bool list = false;
  app.add_option("template", name, "Which template")->type_name("TEMPLATE");
  app.add_option("folder", folder, "New folder")->type_name("DIR");
  app.add_flag("--list", list, "List the templates");
  if (!parse(app, words)) return 0;

  const fs::path templates = templates_folder();
  const std::vector<std::string> names = template_names(templates);
  if (list) {
    for (const std::string& known : names) std::printf("%s\n", known.c_str());
    return 0;
  }
  if (name.empty() || folder.empty())
    throw usage_error("reading", "the arguments of \"trainyard init\"",
                      "a template and a folder are needed",
                      "trainyard init TEMPLATE DIR; templates: " + joined(names));
  if (std::find(names.begin(), names.end(), name) == names.end())
    throw usage_error("starting a project from", "\"" + name + "\"", "there is no such template",
                      "templates: " + joined(names));
  const fs::path target = absolute_normal(folder);
  if (fs::exists(target) && (!fs::is_directory(target) || !fs::is_empty(target)))
    throw usage_error("starting a project in", target.string(), "it is there already and not empty",
                      "name a new folder; nothing was written");
  copy_template(templates / name, target);
  const std::string build = shell_word(folder + "/build");
  std::printf("%s is ready. Train it:\n  cmake -S %s -B %s -G Ninja%s\n", target.c_str(),
              shell_word(folder).c_str(), build.c_str(), prefix_argument().c_str());
  std::printf("  cmake --build %s --target train_model\n", build.c_str());
  return 0;
}

}  // namespace trainyard::cli

#include "cli/completion.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <sstream>

#include "cli/option_table.hpp"
#include "cli/templates.hpp"
#include "store/images.hpp"
#include "store/roots.hpp"

namespace trainyard::cli {

namespace {

struct TypedLine {
  std::vector<std::string> words;  ///< whole ones, without quotes
  std::string current;             ///< the one at the cursor
  size_t done = 0;                 ///< how much of it the shell takes for another word
};

/// Quotes and backslashes as a shell reads them; nothing is expanded.
TypedLine split(const std::string& line, const std::string& breaks) {
  TypedLine typed;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool blank = c == ' ' || c == '\t' || c == '\n';
    if (quote == 0 && blank) {
      if (in_word) typed.words.push_back(std::move(typed.current));
      typed.current.clear();
      typed.done = 0;
      in_word = false;
      continue;
    }
    in_word = true;
    if (quote != 0 && c == quote) {
      quote = 0;
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == '\\' && quote != '\'' && i + 1 < line.size()) {
      typed.current += line[++i];
    } else {
      typed.current += c;
      if (quote == 0 && breaks.find(c) != std::string::npos) typed.done = typed.current.size();
    }
  }
  return typed;
}

std::optional<store::Store> existing_store(const TypedLine& typed) {
  fs::path folder = store::Store::default_folder();
  for (size_t i = 0; i < typed.words.size(); ++i) {
    if (typed.words[i] == "--store" && i + 1 < typed.words.size()) folder = typed.words[i + 1];
    if (typed.words[i].starts_with("--store=")) folder = typed.words[i].substr(8);
  }
  if (!fs::exists(folder / "oci-layout")) return std::nullopt;
  return store::Store::open(absolute_normal(folder));
}

/// Targets of one kind; with their build tree where several have one.
std::vector<std::string> target_names(const store::Store& store, store::TargetKind kind) {
  std::vector<store::RootedTarget> targets = store::list_roots(store);
  std::erase_if(targets, [kind](const store::RootedTarget& root) { return root.kind != kind; });
  std::vector<std::string> names;
  for (const store::RootedTarget& root : targets) {
    const auto same = std::count_if(
        targets.begin(), targets.end(),
        [&root](const store::RootedTarget& other) { return other.target == root.target; });
    names.push_back(same == 1 ? root.target : root.target + "@" + root.build_dir.string());
  }
  return names;
}

std::vector<std::string> image_names(const store::Store& store) {
  std::vector<std::string> names = target_names(store, store::TargetKind::image);
  for (const store::TaggedImage& entry : store::list_images(store))
    names.insert(names.end(), entry.tags.begin(), entry.tags.end());
  return names;
}

bool is_plain_word(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::islower(c) != 0 || c == '-';
  });
}

/// What a value may be, by what the command's help calls it.
Completion candidates_of(const std::string& value, const TypedLine& typed) {
  Completion candidates;
  const auto add = [&candidates](const std::vector<std::string>& words) {
    candidates.words.insert(candidates.words.end(), words.begin(), words.end());
  };
  std::istringstream names(value);
  for (std::string name; std::getline(names, name, '|');) {
    if (is_plain_word(name)) {
      add({name});
    } else if (name == "IMAGE" || name == "RUN") {
      if (const auto store = existing_store(typed))
        add(name == "IMAGE" ? image_names(*store) : target_names(*store, store::TargetKind::run));
      // A run is also named by the path of an output.
      if (name == "RUN") candidates.otherwise = Completion::Otherwise::files;
    } else if (name == "TEMPLATE") {
      add(template_names(templates_folder()));
    } else if (name == "DIR" || name == "CONTEXT") {
      candidates.otherwise = Completion::Otherwise::folders;
    } else if (name == "FILE" || name == "PATH" || name.find("SOURCE") != std::string::npos) {
      candidates.otherwise = Completion::Otherwise::files;
    }
  }
  return candidates;
}

std::vector<std::string> option_names(const OptionTable& table) {
  std::vector<std::string> names;
  for (const OptionRow& row : table.options)
    names.insert(names.end(), row.names.begin(), row.names.end());
  return names;
}

/// "IMAGE" of "[OPTIONS] IMAGE [COMMAND...]"; the last operand stands for all behind it if it ends
/// in "...".
std::string operand_value(const std::string& usage, size_t index) {
  std::istringstream text(usage);
  std::vector<std::string> values;
  for (std::string word; text >> word;)
    if (word != "[OPTIONS]") values.push_back(word);
  const bool repeats = !values.empty() && values.back().ends_with("...");
  if (index >= values.size() && !repeats) return "";
  std::string value = values[std::min(index, values.size() - 1)];
  if (value.ends_with("...")) value.resize(value.size() - 3);
  return value;
}

/// Whether `word` is an option whose value is the next word.
const OptionRow* takes_next_word(const OptionTable& table, const std::string& word) {
  const OptionRow* row = find_option(table, word);
  return row != nullptr && !row->value.empty() ? row : nullptr;
}

Completion candidates_at_cursor(const Command& command, const TypedLine& typed) {
  const OptionTable table = option_table(command);
  const bool hands_on = table.usage.find("[COMMAND...]") != std::string::npos;
  size_t operands = 0;
  const OptionRow* awaited = nullptr;
  bool options_end = false;
  for (size_t i = 2; i < typed.words.size(); ++i) {
    const std::string& word = typed.words[i];
    if (awaited != nullptr) {
      awaited = nullptr;
    } else if (!options_end && word == "--") {
      options_end = true;
    } else if (!options_end && word.size() > 1 && word[0] == '-') {
      awaited = takes_next_word(table, word);
    } else {
      ++operands;
      options_end = options_end || hands_on;
    }
  }
  if (awaited != nullptr) return candidates_of(awaited->value, typed);
  if (!options_end && typed.current.starts_with('-')) {
    const size_t equals = typed.current.find('=');
    if (equals == std::string::npos) return {option_names(table), Completion::Otherwise::nothing};
    const OptionRow* row = takes_next_word(table, typed.current.substr(0, equals));
    return row != nullptr ? candidates_of(row->value, typed) : Completion{};
  }
  if (hands_on && operands > 0) return {{}, Completion::Otherwise::files};
  return candidates_of(operand_value(table.usage, operands), typed);
}

Completion all_candidates(const TypedLine& typed) {
  if (typed.words.empty()) return {};
  Completion candidates;
  if (typed.words.size() == 1) {
    for (const Command& command : all_commands())
      if (*command.summary != '\0') candidates.words.emplace_back(command.name);
    candidates.words.insert(candidates.words.end(), {"--help", "--version"});
    return candidates;
  }
  for (const Command& command : all_commands())
    if (typed.words[1] == command.name && *command.summary != '\0')
      return candidates_at_cursor(command, typed);
  return candidates;
}

}  // namespace

Completion complete(const std::string& line, const std::string& breaks) {
  const TypedLine typed = split(line, breaks);
  const Completion candidates = all_candidates(typed);
  const size_t equals =
      typed.current.starts_with("--") ? typed.current.find('=') : std::string::npos;
  const std::string option = equals == std::string::npos ? "" : typed.current.substr(0, equals + 1);
  Completion completion{{}, candidates.otherwise};
  for (const std::string& candidate : candidates.words)
    if (const std::string word = option + candidate; word.starts_with(typed.current))
      completion.words.push_back(word.substr(std::min(typed.done, word.size())));
  std::sort(completion.words.begin(), completion.words.end());
  completion.words.erase(std::unique(completion.words.begin(), completion.words.end()),
                         completion.words.end());
  return completion;
}

}  // namespace trainyard::cli

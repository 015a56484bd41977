#include "dockerfile/instruction_reader.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/spelling.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/expansion.hpp"

namespace trainyard::dockerfile {

namespace {

/// Where the elements of a valid JSON array stand.
std::vector<Span> element_spans(std::string_view json, size_t offset) {
  std::vector<Span> spans;
  int depth = 0;
  bool between = true;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (is_blank(c)) continue;
    if (depth == 1 && (c == ',' || c == ']')) {
      between = true;
      if (c == ']') break;
      continue;
    }
    if (depth == 1 && between) spans.push_back({offset + i, offset + i});
    if (depth == 1) between = false;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c == '"')
      for (++i; json[i] != '"';) i += json[i] == '\\' ? 2 : 1;
    if (!spans.empty()) spans.back().end = offset + i + 1;
  }
  return spans;
}

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

std::string kind_of(const Json& value) {
  if (value.is_null()) return "null";
  const std::string name = value.type_name();
  return (name == "array" || name == "object" ? "an " : "a ") + name;
}

}  // namespace

InstructionReader::InstructionReader(Dockerfile& file, const LogicalLine& line)
    : file_(file), line_(line) {
  const std::string& text = line_.text();
  size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) ++end;
  keyword_span_ = {0, end};
  keyword_ = uppered(view(keyword_span_));
  take_flags(end);
}

std::string_view InstructionReader::view(Span span) const {
  return std::string_view(line_.text()).substr(span.begin, span.size());
}

void InstructionReader::take_flags(size_t begin) {
  const std::string& text = line_.text();
  size_t i = begin;
  const auto skip_blanks = [&] {
    while (i < text.size() && is_blank(text[i])) ++i;
  };
  for (skip_blanks(); text.compare(i, 2, "--") == 0; skip_blanks()) {
    Flag flag;
    flag.span.begin = i;
    i += 2;
    char quote = 0;
    for (; i < text.size() && (quote != 0 || !is_blank(text[i])); ++i) {
      const char c = text[i];
      if (quote == 0 && !flag.has_value && c == '=') {
        flag.has_value = true;
        flag.value_span.begin = i + 1;
        continue;
      }
      if (quote != 0 && c == quote) {
        quote = 0;
        continue;
      }
      if (quote == 0 && (c == '"' || c == '\'')) {
        quote = c;
        continue;
      }
      if (c == file_.escape && i + 1 < text.size()) ++i;
      (flag.has_value ? flag.value : flag.name) += text[i];
    }
    i = std::min(i, text.size());
    flag.span.end = i;
    if (!flag.has_value) flag.value_span.begin = i;
    flag.value_span.end = i;
    if (quote != 0)
      throw error(
          flag.span, "a quote in this flag is not closed",
          std::string("close it, or write ") + file_.escape + quote + " for the character itself");
    // `--` alone ends the flags and belongs to the arguments.
    if (flag.name.empty() && !flag.has_value) {
      i = flag.span.begin;
      break;
    }
    flags_.push_back(std::move(flag));
  }
  rest_ = {i, text.size()};
}

void InstructionReader::check_flags(std::initializer_list<FlagRule> rules) const {
  std::vector<std::string> names;
  for (const FlagRule& rule : rules) names.emplace_back(rule.name);
  for (const Flag& flag : flags_) {
    const auto rule = std::find_if(rules.begin(), rules.end(),
                                   [&](const FlagRule& known) { return flag.name == known.name; });
    const std::string name = "--" + flag.name;
    if (rule == rules.end()) {
      const std::string near = nearest_word(flag.name, names);
      throw error(flag.span, keyword_ + " has no flag " + name,
                  !near.empty()   ? "did you mean \"--" + near + "\"?"
                  : names.empty() ? keyword_ + " takes no flags"
                                  : keyword_ + " takes --" + joined(names, ", --"));
    }
    if (rule->kind == FlagRule::Kind::truth) {
      if (flag.has_value && flag.value != "true" && flag.value != "false")
        throw error(flag.span, name + " is true or false, not \"" + flag.value + "\"",
                    "write " + name + " or " + name + "=false");
    } else if (flag.value.empty()) {
      throw error(flag.span, name + " needs a value", "write " + name + "=VALUE");
    }
    if (rule->kind == FlagRule::Kind::values) continue;
    const auto same = [&](const Flag& other) { return other.name == flag.name; };
    if (&*std::find_if(flags_.begin(), flags_.end(), same) != &flag)
      throw error(flag.span, name + " stands twice", "keep one of them");
  }
}

const Flag* InstructionReader::flag(std::string_view name) const {
  for (const Flag& flag : flags_)
    if (flag.name == name) return &flag;
  return nullptr;
}

std::vector<const Flag*> InstructionReader::flags(std::string_view name) const {
  std::vector<const Flag*> found;
  for (const Flag& flag : flags_)
    if (flag.name == name) found.push_back(&flag);
  return found;
}

std::optional<Word> InstructionReader::flag_word(std::string_view name) const {
  const Flag* found = flag(name);
  if (found == nullptr) return std::nullopt;
  check_expansion(found->value, found->value_span.begin);
  return Word{found->value, line_.location(found->value_span.begin)};
}

std::vector<Word> InstructionReader::flag_words(std::string_view name) const {
  std::vector<Word> words;
  for (const Flag& flag : flags_) {
    if (flag.name != name) continue;
    check_expansion(flag.value, flag.value_span.begin);
    words.push_back({flag.value, line_.location(flag.value_span.begin)});
  }
  return words;
}

std::optional<bool> InstructionReader::switch_flag(std::string_view name) const {
  const Flag* found = flag(name);
  if (found == nullptr) return std::nullopt;
  return !found->has_value || found->value == "true";
}

Span InstructionReader::require_rest(const std::string& what, const std::string& hint) const {
  if (rest_.empty()) throw error(keyword_span_, keyword_ + " needs " + what, hint);
  return rest_;
}

std::vector<Span> InstructionReader::blank_words(Span span) const {
  const std::string& text = line_.text();
  std::vector<Span> words;
  for (size_t i = span.begin; i < span.end;) {
    if (is_blank(text[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < span.end && !is_blank(text[i])) ++i;
    words.push_back({begin, i});
  }
  return words;
}

std::vector<Span> InstructionReader::shell_words(Span span) const {
  const std::string& text = line_.text();
  std::vector<Span> words;
  for (size_t i = span.begin; i < span.end;) {
    if (is_blank(text[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    char quote = 0;
    for (; i < span.end && (quote != 0 || !is_blank(text[i])); ++i) {
      // Nothing escapes inside single quotes.
      if (text[i] == file_.escape && quote != '\'') {
        ++i;
      } else if (quote != 0) {
        if (text[i] == quote) quote = 0;
      } else if (text[i] == '"' || text[i] == '\'') {
        quote = text[i];
      }
    }
    i = std::min(i, span.end);
    words.push_back({begin, i});
  }
  return words;
}

std::optional<std::vector<JsonString>> InstructionReader::json_strings(Span span) const {
  const std::string_view text = view(span);
  if (!text.starts_with('[')) return std::nullopt;
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_array()) return std::nullopt;
  const std::vector<Span> spans = element_spans(text, span.begin);
  std::vector<JsonString> strings;
  for (size_t i = 0; i < json.size(); ++i) {
    if (!json[i].is_string())
      throw error(spans[i], "only strings may stand in this array, not " + kind_of(json[i]),
                  "put every element in double quotes");
    // The quotes are no part of the string.
    strings.push_back({json[i].get<std::string>(), {spans[i].begin + 1, spans[i].end - 1}});
    if (strings.back().text.find('\0') != std::string::npos)
      throw error(spans[i], "a string cannot hold the character \\u0000");
  }
  return strings;
}

CommandLine InstructionReader::command_line(Span span) const {
  if (const auto strings = json_strings(span)) {
    CommandLine command{true, {}};
    for (const JsonString& string : *strings) command.argv.push_back(string.text);
    return command;
  }
  return {false, {std::string(view(span))}};
}

Word InstructionReader::word(Span span) const {
  check_expansion(view(span), span.begin);
  return {std::string(view(span)), line_.location(span.begin)};
}

Word InstructionReader::word(const JsonString& string) const {
  check_expansion(string.text, string.span.begin);
  return {string.text, line_.location(string.span.begin)};
}

void InstructionReader::check_expansion(std::string_view text, size_t offset) const {
  const std::optional<ExpansionProblem> problem = find_expansion_problem(text, file_.escape);
  if (!problem) return;
  // Inside JSON or a quoted flag the text is shorter than what was written; the place is then near.
  const size_t place = std::min(offset + problem->offset, line_.text().size());
  throw error({place, std::min(place + problem->length, line_.text().size())}, problem->cause,
              problem->hint);
}

Error InstructionReader::error(Span span, std::string message, std::string hint) const {
  return file_.error(line_.location(span.begin), std::move(message), std::move(hint),
                     static_cast<int>(span.size()));
}

}  // namespace trainyard::dockerfile

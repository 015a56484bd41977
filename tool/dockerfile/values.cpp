#include <algorithm>

#include "dockerfile/characters.hpp"
#include "dockerfile/instructions.hpp"

// FROM, ARG, and the instructions that set one thing of the image's configuration.

namespace trainyard::dockerfile {

namespace {

struct Assignment {
  Span name;
  Span value;
  bool has_value = false;
};

Assignment split_assignment(const InstructionReader& in, Span word) {
  const size_t equals = in.view(word).find('=');
  if (equals == std::string_view::npos) return {word, {word.end, word.end}, false};
  return {{word.begin, word.begin + equals}, {word.begin + equals + 1, word.end}, true};
}

/// `k=v k=v …`, or the old `k v…`, in which all that follows the name is the value.
std::vector<KeyValue> key_values(const InstructionReader& in, bool& old_form) {
  in.check_flags({});
  const std::string example = in.keyword() + " name=value";
  const Span rest = in.require_rest("a name and a value", "write " + example);
  const std::vector<Span> words = in.shell_words(rest);
  if (!split_assignment(in, words[0]).has_value) {
    const Span name = in.blank_words(rest)[0];
    Span value{name.end, rest.end};
    while (value.begin < value.end && is_blank(in.view(value).front())) ++value.begin;
    if (value.empty())
      throw in.error(rest, in.keyword() + " needs a name and a value", "write " + example);
    old_form = true;
    return {{in.word(name), in.word(value)}};
  }
  std::vector<KeyValue> pairs;
  for (const Span word : words) {
    const Assignment pair = split_assignment(in, word);
    if (!pair.has_value)
      throw in.error(word, "\"" + std::string(in.view(word)) + "\" is not of the form name=value",
                     "put a value that holds blanks in double quotes");
    if (pair.name.empty())
      throw in.error(word, in.keyword() + " has a value without a name", "write " + example);
    pairs.push_back({in.word(pair.name), in.word(pair.value)});
  }
  return pairs;
}

/// The whole rest as one word.
Word only_word(const InstructionReader& in, const std::string& what, const std::string& example) {
  in.check_flags({});
  return in.word(in.require_rest(what, "write " + in.keyword() + " " + example));
}

bool is_stage_name(std::string_view name) {
  return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-' || c == '_' || c == '.';
         });
}

/// The lower-case name.
std::string stage_name(const InstructionReader& in, Span written) {
  const std::string text(in.view(written));
  std::string name = lowered(text);
  if (!is_stage_name(name))
    throw in.error(written, "\"" + text + "\" cannot be the name of a stage",
                   "a name begins with a letter and holds letters, digits, - _ and .");
  return name;
}

}  // namespace

From parse_from(const InstructionReader& in) {
  in.check_flags({{"platform"}});
  const std::string hint = "write FROM image, or FROM image AS name";
  const Span rest = in.require_rest("an image", hint);
  const std::vector<Span> words = in.blank_words(rest);
  From from;
  from.image = in.word(words[0]);
  if (words.size() > 1) {
    if (lowered(in.view(words[1])) != "as")
      throw in.error(
          words[1], "\"" + std::string(in.view(words[1])) + "\" stands where only AS may stand",
          in.view(words[1]).starts_with('#') ? "a comment needs a line of its own" : hint);
    if (words.size() == 2) throw in.error(words[1], "AS is not followed by a name", hint);
    if (words.size() > 3) throw in.error(words[3], "nothing may follow the name of a stage", hint);
    from.name = stage_name(in, words[2]);
    from.as = in.word(words[1]);
    from.written_name = in.word(words[2]);
  }
  from.platform = in.flag_word("platform");
  return from;
}

Arg parse_arg(const InstructionReader& in) {
  in.check_flags({});
  const Span rest = in.require_rest("a name", "write ARG name, or ARG name=default");
  Arg arg;
  for (const Span word : in.shell_words(rest)) {
    const Assignment pair = split_assignment(in, word);
    if (pair.name.empty())
      throw in.error(word, "ARG has a value without a name", "write ARG name=default");
    Arg::Declaration declaration{in.word(pair.name), std::nullopt};
    if (pair.has_value) declaration.value = in.word(pair.value);
    arg.declarations.push_back(std::move(declaration));
  }
  return arg;
}

Env parse_env(const InstructionReader& in) {
  Env env;
  env.variables = key_values(in, env.old_form);
  return env;
}

Label parse_label(const InstructionReader& in) {
  Label label;
  label.labels = key_values(in, label.old_form);
  return label;
}

Workdir parse_workdir(const InstructionReader& in) {
  return {only_word(in, "a path", "/path")};
}

User parse_user(const InstructionReader& in) {
  return {only_word(in, "a user", "name")};
}

Expose parse_expose(const InstructionReader& in) {
  in.check_flags({});
  const Span rest = in.require_rest("a port", "write EXPOSE 8080, or EXPOSE 53/udp");
  Expose expose;
  for (const Span span : in.blank_words(rest)) expose.ports.push_back(in.word(span));
  return expose;
}

Volume parse_volume(const InstructionReader& in) {
  in.check_flags({});
  const Span rest = in.require_rest("a path", "write VOLUME /path");
  Volume volume;
  if (const auto strings = in.json_strings(rest)) {
    for (const JsonString& string : *strings) {
      if (trimmed(string.text).empty()) throw in.error(string.span, "a path must not be empty");
      volume.paths.push_back(in.word(string));
    }
    if (strings->empty()) throw in.error(rest, "VOLUME needs a path", "write VOLUME /path");
  } else {
    for (const Span span : in.blank_words(rest)) volume.paths.push_back(in.word(span));
  }
  return volume;
}

StopSignal parse_stopsignal(const InstructionReader& in) {
  const Word signal = only_word(in, "a signal", "SIGTERM");
  if (const std::vector<Span> words = in.blank_words(in.rest()); words.size() > 1)
    throw in.error(words[1], "STOPSIGNAL takes one signal", "write STOPSIGNAL SIGTERM");
  return {signal};
}

Maintainer parse_maintainer(const InstructionReader& in) {
  in.check_flags({});
  const Span rest =
      in.require_rest("a name", "write LABEL org.opencontainers.image.authors=\"name\"");
  // Never expanded, so nothing in it can be malformed.
  return {{std::string(in.view(rest)), in.line().location(rest.begin)}};
}

OnBuild parse_onbuild(const InstructionReader& in) {
  in.check_flags({});
  const Span rest = in.require_rest("an instruction", "write ONBUILD RUN command");
  OnBuild result{std::string(in.view(rest))};
  for (const Heredoc& heredoc : in.heredocs())
    result.trigger += "\n" + heredoc.text + heredoc.opening.name;
  // A mistake in it is better found now than by whoever builds on the image.
  parse_trigger(in.file(), result.trigger, in.line().location(rest.begin));
  return result;
}

}  // namespace trainyard::dockerfile

#include "dockerfile/instructions.hpp"
#include "dockerfile/remote_source.hpp"

// COPY and ADD.

namespace trainyard::dockerfile {

namespace {

/// Quotes do not hold words together here; without this the error would speak of an open quote.
void refuse_split_quotes(const InstructionReader& in, Span span) {
  const std::string_view text = in.view(span);
  const char quote = text.front();
  const bool opens = quote == '"' || quote == '\'';
  if (opens && text.find(quote, 1) == std::string_view::npos)
    throw in.error(span, "quotes do not keep words together in " + in.keyword(),
                   "write " + in.keyword() + " [\"a source\", \"a destination\"]");
}

/// The here-document that this word opens, as a file; nothing when it is an ordinary path.
std::optional<InlineFile> inline_file(const InstructionReader& in, Span span) {
  for (const Heredoc& heredoc : in.heredocs()) {
    if (heredoc.span.begin != span.begin) continue;
    const HeredocOpening& opening = heredoc.opening;
    if (heredoc.span.end != span.end || opening.name.find('/') != std::string::npos ||
        opening.name == "." || opening.name == "..")
      throw in.error(heredoc.span, "a file cannot be called \"" + opening.name + "\"",
                     "write a plain name: " + in.keyword() + " <<file /folder/");
    return InlineFile{opening.name,
                      opening.strips_tabs ? without_leading_tabs(heredoc.text) : heredoc.text,
                      opening.expands, in.line().location(span.begin)};
  }
  return std::nullopt;
}

void take_words(const InstructionReader& in, Span rest, Copy& copy) {
  const std::vector<Span> spans = in.blank_words(rest);
  for (size_t i = 0; i < spans.size(); ++i) {
    if (std::optional<InlineFile> file = inline_file(in, spans[i])) {
      if (i + 1 == spans.size())
        throw in.error(spans[i], in.keyword() + " cannot write to a here-document",
                       "write " + in.keyword() + " <<file DESTINATION");
      copy.inline_files.push_back(std::move(*file));
      continue;
    }
    refuse_split_quotes(in, spans[i]);
    copy.sources.push_back(in.word(spans[i]));
  }
}

Copy parse_paths(const InstructionReader& in) {
  const std::string hint = "write " + in.keyword() + " SOURCE... DESTINATION";
  const Span rest = in.require_rest("a source and a destination", hint);
  Copy copy;
  if (const auto strings = in.json_strings(rest)) {
    for (const JsonString& string : *strings) {
      if (string.text.empty()) throw in.error(string.span, "a path must not be empty");
      copy.sources.push_back(in.word(string));
    }
  } else {
    take_words(in, rest, copy);
  }
  if (copy.sources.size() + copy.inline_files.size() < 2)
    throw in.error(rest, in.keyword() + " needs a source and a destination", hint);
  copy.destination = std::move(copy.sources.back());
  copy.sources.pop_back();
  copy.chown = in.flag_word("chown");
  copy.chmod = in.flag_word("chmod");
  copy.excluded = in.flag_words("exclude");
  copy.link = in.switch_flag("link").value_or(false);
  return copy;
}

void refuse_remote_sources(const InstructionReader& in, const Copy& copy) {
  for (const Word& source : copy.sources)
    if (remote_kind(source.text) != RemoteKind::none)
      throw in.file().error(source.at, "COPY takes files of the context, not a URL",
                            "ADD downloads it, and clones a git repository",
                            static_cast<int>(source.text.size()));
}

}  // namespace

Copy parse_copy(const InstructionReader& in) {
  using Kind = FlagRule::Kind;
  in.check_flags({{"from"},
                  {"chown"},
                  {"chmod"},
                  {"link", Kind::truth},
                  {"parents", Kind::truth},
                  {"exclude", Kind::values}});
  if (const Flag* from = in.flag("from"); from != nullptr) {
    const size_t dollar = from->value.find('$');
    if (dollar != std::string::npos)
      throw in.error(from->value_span, "variables have no meaning in COPY --from",
                     "name a stage: FROM $image AS name before it, then COPY --from=name");
  }
  Copy copy = parse_paths(in);
  copy.from = in.flag_word("from");
  copy.parents = in.switch_flag("parents").value_or(false);
  refuse_remote_sources(in, copy);
  return copy;
}

Copy parse_add(const InstructionReader& in) {
  using Kind = FlagRule::Kind;
  in.check_flags({{"chown"},
                  {"chmod"},
                  {"checksum"},
                  {"link", Kind::truth},
                  {"exclude", Kind::values},
                  {"keep-git-dir", Kind::truth},
                  {"unpack", Kind::truth}});
  Copy copy = parse_paths(in);
  copy.add = true;
  copy.checksum = in.flag_word("checksum");
  copy.keep_git_dir = in.switch_flag("keep-git-dir");
  copy.unpack = in.switch_flag("unpack");
  return copy;
}

}  // namespace trainyard::dockerfile

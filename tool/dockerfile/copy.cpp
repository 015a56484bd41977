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

std::vector<Word> paths_of(const InstructionReader& in) {
  const std::string hint = "write " + in.keyword() + " SOURCE... DESTINATION";
  const Span rest = in.require_rest("a source and a destination", hint);
  std::vector<Word> paths;
  if (const auto strings = in.json_strings(rest)) {
    for (const JsonString& string : *strings) {
      if (string.text.empty()) throw in.error(string.span, "a path must not be empty");
      paths.push_back(in.word(string));
    }
  } else {
    for (const Span span : in.blank_words(rest)) {
      refuse_split_quotes(in, span);
      paths.push_back(in.word(span));
    }
  }
  if (paths.size() < 2)
    throw in.error(rest, in.keyword() + " needs a source and a destination", hint);
  return paths;
}

Copy parse_paths(const InstructionReader& in) {
  refuse_heredocs(in);
  Copy copy;
  copy.sources = paths_of(in);
  copy.destination = std::move(copy.sources.back());
  copy.sources.pop_back();
  copy.chown = in.flag_word("chown");
  copy.chmod = in.flag_word("chmod");
  return copy;
}

void refuse_remote_sources(const InstructionReader& in, const Copy& copy) {
  for (const Word& source : copy.sources) {
    const RemoteKind kind = remote_kind(source.text);
    if (kind == RemoteKind::none) continue;
    const int length = static_cast<int>(source.text.size());
    if (!copy.add)
      throw in.file().error(source.at, "COPY takes files of the context, not a URL",
                            "download it in a RUN step", length);
    throw in.file().error(
        source.at,
        std::string(kind == RemoteKind::git ? "ADD of a git repository" : "ADD of a URL") +
            " is not part of this version",
        kind == RemoteKind::git ? "clone it in a RUN step: RUN git clone ..."
                                : "download it in a RUN step: RUN curl -fsSL -o FILE URL",
        length);
  }
}

}  // namespace

Copy parse_copy(const InstructionReader& in) {
  in.check_flags({{"from"},
                  {"chown"},
                  {"chmod"},
                  {"link", "remove the flag: the files are the same without it"},
                  {"parents", "name the folder in the destination, one COPY for each"},
                  {"exclude", "leave the files out with .dockerignore"}});
  if (const Flag* from = in.flag("from"); from != nullptr) {
    const size_t dollar = from->value.find('$');
    if (dollar != std::string::npos)
      throw in.error(from->value_span, "variables have no meaning in COPY --from",
                     "name a stage: FROM $image AS name before it, then COPY --from=name");
  }
  Copy copy = parse_paths(in);
  copy.from = in.flag_word("from");
  refuse_remote_sources(in, copy);
  return copy;
}

Copy parse_add(const InstructionReader& in) {
  in.check_flags({{"chown"},
                  {"chmod"},
                  {"link", "remove the flag: the files are the same without it"},
                  {"exclude", "leave the files out with .dockerignore"},
                  {"checksum", "check the file in a RUN step: RUN echo 'SUM  FILE' | sha256sum -c"},
                  {"keep-git-dir", "clone the repository in a RUN step: RUN git clone ..."},
                  {"unpack", "ADD unpacks archives; COPY leaves them as they are"}});
  Copy copy = parse_paths(in);
  copy.add = true;
  refuse_remote_sources(in, copy);
  return copy;
}

}  // namespace trainyard::dockerfile

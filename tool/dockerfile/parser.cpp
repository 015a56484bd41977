#include <algorithm>
#include <array>

#include "base/spelling.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/dockerfile.hpp"
#include "dockerfile/instructions.hpp"
#include "dockerfile/lexer.hpp"

namespace trainyard::dockerfile {

namespace {

using ParseBody = Body (*)(const InstructionReader&);

template <auto parse>
Body as_body(const InstructionReader& in) {
  return parse(in);
}

struct Known {
  const char* keyword;
  ParseBody parse;  ///< null for FROM, which opens a stage
};

constexpr std::array<Known, 18> k_instructions{{
    {"ADD", as_body<parse_add>},
    {"ARG", as_body<parse_arg>},
    {"CMD", as_body<parse_cmd>},
    {"COPY", as_body<parse_copy>},
    {"ENTRYPOINT", as_body<parse_entrypoint>},
    {"ENV", as_body<parse_env>},
    {"EXPOSE", as_body<parse_expose>},
    {"FROM", nullptr},
    {"HEALTHCHECK", as_body<parse_healthcheck>},
    {"LABEL", as_body<parse_label>},
    {"MAINTAINER", as_body<parse_maintainer>},
    {"ONBUILD", as_body<parse_onbuild>},
    {"RUN", as_body<parse_run>},
    {"SHELL", as_body<parse_shell>},
    {"STOPSIGNAL", as_body<parse_stopsignal>},
    {"USER", as_body<parse_user>},
    {"VOLUME", as_body<parse_volume>},
    {"WORKDIR", as_body<parse_workdir>},
}};

const Known& known_instruction(const InstructionReader& in) {
  std::vector<std::string> keywords;
  for (const Known& known : k_instructions) {
    if (in.keyword() == known.keyword) return known;
    keywords.emplace_back(known.keyword);
  }
  for (const char* mark : {"<<<<<<<", "=======", ">>>>>>>", "|||||||"})
    if (in.keyword() == mark)
      throw in.error(in.keyword_span(), "a merge conflict is left here",
                     "keep one of the two sides, and remove the marks");
  const std::string near = suggestion(in.keyword(), keywords);
  const std::string continues =
      std::string("if it belongs to the line above, that line must end with ") + in.file().escape;
  throw in.error(in.keyword_span(),
                 "unknown instruction \"" + std::string(in.written_keyword()) + "\"",
                 near.empty() ? continues : near);
}

/// Whether `<<` opens here-documents there. What ONBUILD keeps for later may open some too.
bool may_hold_heredocs(const InstructionReader& in) {
  std::string keyword = in.keyword();
  if (keyword == "ONBUILD") {
    const std::vector<Span> words = in.blank_words(in.rest());
    if (words.empty()) return false;
    keyword = uppered(in.view(words[0]));
  }
  return keyword == "RUN" || keyword == "COPY" || keyword == "ADD";
}

/// Takes the lines of the here-documents that a line opens: they stand behind it, one after the
/// other. Answers whether there are any.
std::vector<Heredoc> take_heredocs(Lexer& lexer, LogicalLine& line, const InstructionReader& in) {
  std::vector<Heredoc> heredocs;
  if (!may_hold_heredocs(in)) return heredocs;
  for (const Span word : in.shell_words(in.rest())) {
    const std::optional<HeredocOpening> opening = heredoc_of(in.view(word));
    if (!opening) continue;
    std::string text = lexer.take_heredoc(line, *opening, line.location(word.begin));
    heredocs.push_back({*opening, word, std::move(text)});
  }
  return heredocs;
}

/// As progress and history show it: what a script begins with tells more than `<<EOF`.
std::string shown_text(const InstructionReader& in) {
  std::string text = in.line().text();
  if (in.keyword() != "RUN" || in.heredocs().size() != 1) return text;
  const Heredoc& heredoc = in.heredocs().front();
  if (heredoc.span.begin != in.rest().begin || heredoc.span.end != in.rest().end) return text;
  const std::string_view whole = trimmed(heredoc.text);
  const size_t end = whole.find('\n');
  if (whole.empty()) return text;
  return text + " (" + std::string(trimmed(whole.substr(0, end))) +
         (end == std::string_view::npos ? ")" : " ...)");
}

/// Builds the Dockerfile up, instruction by instruction.
class Parser {
 public:
  Parser(Dockerfile& file, Lexer& lexer) : file_(file), lexer_(lexer) {}

  void take(LogicalLine line);
  void finish();

 private:
  void open_stage(const InstructionReader& in);
  void add_instruction(const InstructionReader& in, ParseBody parse);

  Dockerfile& file_;
  Lexer& lexer_;
  bool empty_ = true;
};

void Parser::take(LogicalLine line) {
  InstructionReader in(file_, line);
  const Known& known = known_instruction(in);
  in.set_heredocs(take_heredocs(lexer_, line, in));
  empty_ = false;
  if (in.keyword() == "FROM") {
    open_stage(in);
  } else if (file_.stages.empty() && in.keyword() == "ARG") {
    file_.global_args.push_back(parse_arg(in));
  } else if (file_.stages.empty()) {
    throw in.error(in.keyword_span(), in.keyword() + " stands before the first FROM",
                   "begin with FROM image, or FROM scratch; only ARG may stand before it");
  } else {
    add_instruction(in, known.parse);
  }
}

void Parser::open_stage(const InstructionReader& in) {
  file_.stages.push_back({parse_from(in), in.line().location(), in.line().text(), {}});
}

void Parser::add_instruction(const InstructionReader& in, ParseBody parse) {
  Instruction instruction{parse(in), in.line().location(), shown_text(in)};
  file_.stages.back().instructions.push_back(std::move(instruction));
}

void Parser::finish() {
  if (file_.stages.empty())
    throw file_.error({}, empty_ ? "the file holds no instruction" : "the file holds no FROM",
                      "begin with FROM image, or FROM scratch");
}

}  // namespace

Dockerfile parse_dockerfile(std::string_view text, const std::string& name) {
  Dockerfile file;
  file.name = name;
  file.lines = split_lines(text);
  Lexer lexer(file);
  Parser parser(file, lexer);
  while (std::optional<LogicalLine> line = lexer.next()) parser.take(std::move(*line));
  parser.finish();
  return file;
}

Instruction parse_trigger(Dockerfile& file, const std::string& trigger, const Location& at) {
  Dockerfile source;
  source.name = file.name;
  source.lines = split_lines(trigger);
  source.escape = file.escape;
  Lexer lexer(source);
  std::optional<LogicalLine> line = lexer.next();
  if (!line) throw file.error(at, "the ONBUILD trigger is empty");
  InstructionReader written(source, *line);
  std::vector<Heredoc> heredocs = take_heredocs(lexer, *line, written);
  const bool more = lexer.next().has_value();
  const LogicalLine placed = line->placed_at(at);
  InstructionReader in(file, placed);
  in.set_heredocs(std::move(heredocs));
  const Known& known = known_instruction(in);
  for (const char* keyword : {"ONBUILD", "FROM", "MAINTAINER"})
    if (in.keyword() == keyword)
      throw in.error(in.keyword_span(), in.keyword() + " cannot be a trigger of ONBUILD",
                     "write it in the Dockerfile itself");
  if (more) throw in.error(in.keyword_span(), "a trigger of ONBUILD is one instruction");
  return {known.parse(in), at, shown_text(in)};
}

}  // namespace trainyard::dockerfile

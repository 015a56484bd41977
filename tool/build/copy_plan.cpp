#include "build/copy_plan.hpp"

#include "build/expand_word.hpp"
#include "build/history_text.hpp"
#include "build/image_path.hpp"
#include "build/ownership.hpp"
#include "dockerfile/ignore_file.hpp"
#include "oci/digest.hpp"

namespace trainyard::build {

namespace {

class CopyPlanner {
 public:
  CopyPlanner(const dockerfile::Dockerfile& source, const StageState& state,
              const dockerfile::Copy& copy)
      : source_(source), state_(state), copy_(copy) {}

  CopyPlan run() {
    CopyStep& step = plan_.step;
    step.add = copy_.add;
    step.link = copy_.link;
    step.keep_git_dir = copy_.keep_git_dir;
    step.unpack = copy_.unpack;
    step.filter.parents = copy_.parents;
    std::vector<std::string> shown;
    for (const dockerfile::Word& word : copy_.sources) shown.push_back(take_source(word));
    for (const dockerfile::InlineFile& file : copy_.inline_files) take_inline_file(file);
    const std::string destination = expand(copy_.destination);
    take_destination(destination);
    take_flags();
    plan_.history = copy_history(step, shown, destination);
    return std::move(plan_);
  }

 private:
  std::string expand(const dockerfile::Word& word) const {
    return expand_word(source_, word,
                       [this](std::string_view name) { return state_.lookup(name); });
  }

  Error error(const dockerfile::Word& word, const std::string& message,
              const std::string& hint = {}) const {
    return source_.error(word.at, message, hint, static_cast<int>(word.text.size()));
  }

  std::string take_source(const dockerfile::Word& word) {
    CopyStep& step = plan_.step;
    std::string source = expand(word);
    if (source.empty()) throw source_.error(word.at, "the source expands to nothing");
    const dockerfile::RemoteKind kind = dockerfile::remote_kind(source);
    if (kind != dockerfile::RemoteKind::none) {
      if (!copy_.add)
        throw error(word, "COPY takes files of the context, not a URL",
                    "ADD downloads it, and clones a git repository");
      step.remotes.push_back({kind, source, word.at});
      return source;
    }
    step.sources.push_back(step.filter.parents ? pivoted_source(source).text()
                                               : clean_path(source));
    step.places.push_back(word.at);
    return source;
  }

  void take_inline_file(const dockerfile::InlineFile& file) {
    dockerfile::InlineFile expanded = file;
    expanded.text = expand_heredoc(source_, file,
                                   [this](std::string_view name) { return state_.lookup(name); });
    plan_.step.inline_files.push_back(std::move(expanded));
  }

  void take_destination(const std::string& text) {
    const dockerfile::Word& word = copy_.destination;
    if (text.empty()) throw source_.error(word.at, "the destination expands to nothing");
    const bool folder = text.ends_with('/') || text == "." || text.ends_with("/.") || text == "..";
    if (copy_.sources.size() + copy_.inline_files.size() > 1 && !folder)
      throw error(word, "several sources need a folder as destination",
                  "end the destination with \"/\"");
    CopyStep& step = plan_.step;
    step.destination = join_image_path(state_.working_directory(), text);
    if (folder && step.destination != "/") step.destination += '/';
  }

  void take_flags() {
    CopyStep& step = plan_.step;
    if (copy_.chown) step.chown = expand(*copy_.chown);
    if (copy_.chmod) {
      step.chmod = expand(*copy_.chmod);
      at_word(source_, *copy_.chmod, [&] { return parse_mode_change(step.chmod); });
    }
    for (const dockerfile::Word& word : copy_.excluded) {
      step.filter.excluded.push_back(expand(word));
      at_word(source_, word,
              [&] { return dockerfile::IgnoreFile::of({step.filter.excluded.back()}); });
    }
    if (copy_.checksum) take_checksum(*copy_.checksum);
  }

  void take_checksum(const dockerfile::Word& word) {
    CopyStep& step = plan_.step;
    step.checksum = expand(word);
    const size_t sources = copy_.sources.size() + copy_.inline_files.size();
    if (sources != 1 || step.remotes.size() != 1)
      throw error(word, "--checksum is for one source, a URL or a git repository",
                  "write an ADD of its own for that source");
    if (step.remotes[0].kind == dockerfile::RemoteKind::url)
      at_word(source_, word, [&] { return oci::Digest::parse(step.checksum); });
  }

  const dockerfile::Dockerfile& source_;
  const StageState& state_;
  const dockerfile::Copy& copy_;
  CopyPlan plan_;
};

}  // namespace

CopyPlan plan_copy(const dockerfile::Dockerfile& source, const StageState& state,
                   const dockerfile::Copy& copy) {
  return CopyPlanner(source, state, copy).run();
}

}  // namespace trainyard::build

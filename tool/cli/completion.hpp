#pragma once

#include <string>
#include <vector>

namespace trainyard::cli {

/// What can stand at the cursor.
struct Completion {
  enum class Otherwise { nothing, files, folders };
  std::vector<std::string> words;            ///< without the part that the shell takes for done
  Otherwise otherwise = Otherwise::nothing;  ///< what may stand there when there are no words
};

/// Completes the last word of `line`, a shell's line up to the cursor: subcommands, options, the
/// words that an option takes, tags and targets of images, names of runs, templates. `breaks` are
/// the characters that part words for the shell beside blanks ($COMP_WORDBREAKS): of "name:tag" it
/// wants the tag alone. Reads the store that the line or the environment names; makes none.
Completion complete(const std::string& line, const std::string& breaks);

}  // namespace trainyard::cli

#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"

namespace trainyard::training {

/// Whether a path holds a character that makes it a pattern: * ? [
bool has_wildcard(const std::string& path);

/// A pattern of input files: "data/**/*.csv" is base "data" and pattern "**/*.csv". In a part, "*"
/// stands for any characters, "?" for one byte, "[a-z]" and "[!a-z]" for one of these or of others,
/// as fnmatch(3) has them; a dot at the beginning has to be written. "**" as a whole part stands
/// for any number of folders, none too. Only files match, and links to files.
struct InputPattern {
  fs::path base;
  std::string pattern;  ///< relative to the base; its first part has a wildcard
};

/// Splits an absolute, normal path, which is nothing that exists. A folder whose name has such a
/// character, and that is there, is taken for itself.
InputPattern split_pattern(const fs::path& path);

/// Why this is no pattern, or an empty string: "**" beside other characters of a part.
std::string fault_of_pattern(const std::string& pattern);

struct MatchedFiles {
  std::vector<std::string>
      files;                     ///< relative to the base, sorted as a walk of a folder meets them
  std::vector<fs::path> walked;  ///< folders whose content has a say in what matches
};

/// Folders in `excluded` (absolute, without links) and what is in them never match. "**" follows no
/// link. Throws Error for a folder that cannot be read; one that is not there has no files.
MatchedFiles match_files(const InputPattern& pattern, const std::vector<fs::path>& excluded);

/// What to write instead of a pattern that nothing matches: a question, or an empty string.
std::string nearest_pattern(const InputPattern& pattern);

/// The order of a walk that sorts the names of each folder: "a", "a/b", "a.csv".
bool comes_before(const std::string& path, const std::string& other);

}  // namespace trainyard::training

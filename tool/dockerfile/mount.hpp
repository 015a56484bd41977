#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "dockerfile/dockerfile.hpp"
#include "dockerfile/instruction_reader.hpp"

namespace trainyard::dockerfile {

/// What one `RUN --mount=…` asks for, its variables expanded.
struct RunMount {
  enum class Type { bind, cache, tmpfs, secret, ssh };
  /// Of a cache: used at the same time by all, by one after the other, or by each in a copy of its
  /// own.
  enum class Sharing { shared, private_, locked };
  Type type = Type::bind;
  std::string target;        ///< as written; empty only for secret and ssh
  std::string source;        ///< bind, cache: as written; empty is the root of `from`
  std::optional<Word> from;  ///< bind, cache: a stage, context or image
  bool read_only = false;
  uint64_t size = 0;  ///< tmpfs: bytes; 0 is no limit of its own
  std::string id;     ///< cache, secret, ssh: never empty
  Sharing sharing = Sharing::shared;
  bool required = false;         ///< secret, ssh
  std::string variable;          ///< secret: environment variable that holds it; may be empty
  std::optional<unsigned> mode;  ///< cache, secret, ssh
  std::optional<uint32_t> uid, gid;
  Word text;  ///< all of the flag's value, for messages
};
const char* type_name(RunMount::Type type);

/// Takes the value of a --mount flag apart. Throws for what is wrong whatever variables hold:
/// unknown options, options without a value, one that stands twice. Where there are no variables,
/// also for what `resolve_mount` refuses.
MountFlag parse_mount_flag(const InstructionReader& in, const Flag& flag);

/// The text of a word with its variables expanded.
using Expand = std::function<std::string(const Word& word)>;
/// Expands and checks the options. Throws source errors.
RunMount resolve_mount(const Dockerfile& file, const MountFlag& flag, const Expand& expand);

}  // namespace trainyard::dockerfile

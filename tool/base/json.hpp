#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard {

/// Members sorted by name: dump() of equal values gives equal bytes, so keys can be made of it.
using Json = nlohmann::json;

/// Parses `text`; throws a usage error with `name`, line and caret. Refuses nesting beyond 64
/// levels and duplicate members.
Json parse_json(std::string_view text, const std::string& name);

/// Compact, bytes that are not UTF-8 kept readable by replacement: for people and other programs.
/// Keys must be made of `canonical_json`, which throws on bytes that are not UTF-8.
std::string dump_json(const Json& value, int indent = -1);
std::string canonical_json(const Json& value);

/// Reads the members of one object and makes sure that nothing was overlooked: `finish` throws a
/// usage error for a member that no call asked for, with the nearest known name as hint.
///
///     ObjectReader in(json, "run.json");
///     spec.name = in.string("name");
///     spec.cpus = in.optional_number("cpus");
///     in.finish();
class ObjectReader {
 public:
  /// `where` names the object in messages, for example "train.run.json: container".
  ObjectReader(const Json& object, std::string where);

  bool has(const std::string& member) const;
  std::string string(const std::string& member);
  std::string string_or(const std::string& member, std::string fallback);
  std::optional<std::string> optional_string(const std::string& member);
  std::optional<double> optional_number(const std::string& member);
  int64_t integer(const std::string& member);
  int64_t integer_or(const std::string& member, int64_t fallback);
  bool boolean_or(const std::string& member, bool fallback);
  /// An absent member is an empty list; an array among the elements stands for its own elements.
  std::vector<std::string> strings(const std::string& member);
  /// An array of anything, or an object; an absent member is an empty array, an empty object.
  const Json& array(const std::string& member);
  const Json& object(const std::string& member);
  /// Any value, or null when absent.
  const Json& any(const std::string& member);

  void finish() const;
  [[noreturn]] void fail(const std::string& member, const std::string& message) const;

 private:
  const Json* find(const std::string& member);
  const Json& require(const std::string& member);

  const Json& object_;
  std::string where_;
  std::set<std::string> known_;
};

}  // namespace trainyard

#include "base/json.hpp"

#include <unordered_set>

#include "base/error.hpp"
#include "base/spelling.hpp"

namespace trainyard {

namespace {

constexpr size_t k_deepest = 64;

/// Line, column and text of a byte offset.
SourcePosition position_of(std::string_view text, size_t byte, const std::string& name) {
  byte = std::min(byte, text.size());
  SourcePosition at;
  at.file = name;
  at.line = 1;
  size_t start = 0;
  for (size_t i = 0; i < byte; ++i)
    if (text[i] == '\n') {
      ++at.line;
      start = i + 1;
    }
  const size_t end = std::min(text.find('\n', start), text.size());
  at.column = static_cast<int>(byte - start) + 1;
  at.text = std::string(text.substr(start, std::min<size_t>(end - start, 200)));
  return at;
}

/// Reads a text before any of it is built: how deep it is nested, and that no member stands twice.
/// (A callback for the parser would do as well, but for each object that ends it looks through all
/// that its parent has so far.)
class Guard : public Json::json_sax_t {
 public:
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }

  bool start_array(size_t) override { return enter(); }
  bool end_array() override { return leave(); }
  bool start_object(size_t) override { return enter(); }
  bool end_object() override { return leave(); }
  bool key(string_t& member) override {
    if (!members_.back().insert(member).second)
      throw usage_error("", "", "member \"" + member.substr(0, 100) + "\" stands twice");
    return true;
  }
  /// The parser that builds says what is wrong, and where.
  bool parse_error(size_t, const std::string&, const Json::exception&) override { return false; }

 private:
  bool enter() {
    if (members_.size() == k_deepest) throw usage_error("", "", "nested more than 64 levels deep");
    members_.emplace_back();
    return true;
  }
  bool leave() {
    members_.pop_back();
    return true;
  }

  std::vector<std::unordered_set<std::string>> members_;  ///< of each level that is open
};

const char* kind_of(const Json& value) {
  return value.type_name();
}

const Json k_null;
const Json k_empty_array = Json::array();
const Json k_empty_object = Json::object();

}  // namespace

Json parse_json(std::string_view text, const std::string& name) {
  Guard guard;
  try {
    Json::sax_parse(text, &guard);
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    const size_t byte = error.byte == 0 ? 0 : error.byte - 1;
    throw source_error(position_of(text, byte, name), "this is not valid JSON");
  } catch (const Json::out_of_range&) {
    throw usage_error("reading", name, "a number in it is too large");
  } catch (const Error& error) {
    throw usage_error("reading", name, error.cause());
  }
}

std::string dump_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

std::string canonical_json(const Json& value) {
  try {
    return value.dump();
  } catch (const Json::exception&) {
    throw usage_error("making a key of", "a value", "it holds bytes that are not UTF-8",
                      "file names, arguments and variables must be UTF-8");
  }
}

ObjectReader::ObjectReader(const Json& object, std::string where)
    : object_(object), where_(std::move(where)) {
  if (!object_.is_object())
    throw usage_error("reading", where_,
                      std::string("expected an object, found ") + kind_of(object_));
}

const Json* ObjectReader::find(const std::string& member) {
  known_.insert(member);
  const auto it = object_.find(member);
  return it == object_.end() || it->is_null() ? nullptr : &*it;
}

const Json& ObjectReader::require(const std::string& member) {
  const Json* value = find(member);
  if (value == nullptr) fail(member, "is missing");
  return *value;
}

void ObjectReader::fail(const std::string& member, const std::string& message) const {
  throw usage_error("reading", where_, "member \"" + member + "\" " + message);
}

bool ObjectReader::has(const std::string& member) const {
  const auto it = object_.find(member);
  return it != object_.end() && !it->is_null();
}

std::string ObjectReader::string(const std::string& member) {
  const Json& value = require(member);
  if (!value.is_string()) fail(member, std::string("must be a string, not ") + kind_of(value));
  return value.get<std::string>();
}

std::string ObjectReader::string_or(const std::string& member, std::string fallback) {
  return find(member) != nullptr ? string(member) : std::move(fallback);
}

std::optional<std::string> ObjectReader::optional_string(const std::string& member) {
  if (find(member) == nullptr) return std::nullopt;
  return string(member);
}

std::optional<double> ObjectReader::optional_number(const std::string& member) {
  const Json* value = find(member);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) fail(member, std::string("must be a number, not ") + kind_of(*value));
  return value->get<double>();
}

int64_t ObjectReader::integer(const std::string& member) {
  const Json& value = require(member);
  if (!value.is_number_integer())
    fail(member, std::string("must be a whole number, not ") + kind_of(value));
  if (value.is_number_unsigned() && value.get<uint64_t>() > INT64_MAX) fail(member, "is too large");
  return value.get<int64_t>();
}

int64_t ObjectReader::integer_or(const std::string& member, int64_t fallback) {
  return find(member) != nullptr ? integer(member) : fallback;
}

bool ObjectReader::boolean_or(const std::string& member, bool fallback) {
  const Json* value = find(member);
  if (value == nullptr) return fallback;
  if (!value->is_boolean())
    fail(member, std::string("must be true or false, not ") + kind_of(*value));
  return value->get<bool>();
}

std::vector<std::string> ObjectReader::strings(const std::string& member) {
  std::vector<std::string> list;
  const auto take = [&](const Json& value) {
    if (!value.is_string()) fail(member, std::string("must hold strings, not ") + kind_of(value));
    list.push_back(value.get<std::string>());
  };
  for (const Json& value : array(member)) {
    if (value.is_array())
      for (const Json& inner : value) take(inner);
    else
      take(value);
  }
  return list;
}

const Json& ObjectReader::array(const std::string& member) {
  const Json* value = find(member);
  if (value == nullptr) return k_empty_array;
  if (!value->is_array()) fail(member, std::string("must be an array, not ") + kind_of(*value));
  return *value;
}

const Json& ObjectReader::object(const std::string& member) {
  const Json* value = find(member);
  if (value == nullptr) return k_empty_object;
  if (!value->is_object()) fail(member, std::string("must be an object, not ") + kind_of(*value));
  return *value;
}

const Json& ObjectReader::any(const std::string& member) {
  const Json* value = find(member);
  return value == nullptr ? k_null : *value;
}

void ObjectReader::finish() const {
  for (const auto& [member, value] : object_.items()) {
    if (known_.contains(member)) continue;
    const std::string near = nearest_word(member, {known_.begin(), known_.end()});
    throw usage_error("reading", where_, "unknown member \"" + member + "\"",
                      near.empty() ? "" : "did you mean \"" + near + "\"?");
  }
}

}  // namespace trainyard

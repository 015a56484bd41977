#include "oci/json_members.hpp"

#include "base/error.hpp"

namespace trainyard::oci {

namespace {

std::string checked_string(const ObjectReader& in, const std::string& member, const Json& value) {
  if (!value.is_string())
    in.fail(member, std::string("must hold strings, not ") + value.type_name());
  auto text = value.get<std::string>();
  if (text.find('\0') != std::string::npos) in.fail(member, "holds a NUL byte");
  return text;
}

}  // namespace

std::vector<std::string> string_array(ObjectReader& in, const std::string& member) {
  std::vector<std::string> list;
  for (const Json& value : in.array(member)) list.push_back(checked_string(in, member, value));
  return list;
}

std::map<std::string, std::string> string_map(ObjectReader& in, const std::string& member) {
  std::map<std::string, std::string> map;
  for (const auto& [name, value] : in.object(member).items())
    map.emplace(name, checked_string(in, member, value));
  return map;
}

std::vector<std::string> name_set(ObjectReader& in, const std::string& member) {
  std::vector<std::string> names;
  for (const auto& [name, value] : in.object(member).items()) {
    if (name.find('\0') != std::string::npos) in.fail(member, "holds a NUL byte");
    names.push_back(name);
  }
  return names;
}

std::string plain_string_or(ObjectReader& in, const std::string& member, std::string fallback) {
  const Json& value = in.any(member);
  if (value.is_null()) return fallback;
  if (!value.is_string())
    in.fail(member, std::string("must be a string, not ") + value.type_name());
  return checked_string(in, member, value);
}

Digest digest_member(ObjectReader& in, const std::string& member) {
  const std::string text = in.string(member);
  try {
    return Digest::parse(text);
  } catch (const Error& error) {
    in.fail(member, "is not a digest: " + error.cause());
  }
}

}  // namespace trainyard::oci

#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "oci/digest.hpp"

namespace trainyard::oci {

/// Members of the documents of image-spec that come from anywhere: each function throws a usage
/// error that names the document and the member. An absent member and null are an empty value.

/// Strings and nothing else, without NUL bytes: they become arguments and variables of processes.
std::vector<std::string> string_array(ObjectReader& in, const std::string& member);
std::map<std::string, std::string> string_map(ObjectReader& in, const std::string& member);
/// The names of an object that stands for a set: {"80/tcp": {}}.
std::vector<std::string> name_set(ObjectReader& in, const std::string& member);
/// A string without NUL bytes.
std::string plain_string_or(ObjectReader& in, const std::string& member, std::string fallback = {});
/// A digest that must be there.
Digest digest_member(ObjectReader& in, const std::string& member);

}  // namespace trainyard::oci

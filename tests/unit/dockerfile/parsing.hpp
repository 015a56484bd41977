#pragma once

#include <boost/test/unit_test.hpp>
#include <string>
#include <variant>
#include <vector>

#include "dockerfile/dockerfile.hpp"

namespace dockerfile_test {

inline trainyard::dockerfile::Dockerfile parse(const std::string& text) {
  return trainyard::dockerfile::parse_dockerfile(text, "Dockerfile");
}

/// The only instruction of a stage that `FROM scratch` in line 1 opens.
inline trainyard::dockerfile::Instruction parse_one(const std::string& instruction) {
  auto file = parse("FROM scratch\n" + instruction);
  BOOST_REQUIRE_EQUAL(file.stages.size(), 1u);
  BOOST_REQUIRE_EQUAL(file.stages[0].instructions.size(), 1u);
  return file.stages[0].instructions[0];
}

template <class Body>
Body parse_as(const std::string& instruction) {
  const auto parsed = parse_one(instruction);
  BOOST_REQUIRE(std::holds_alternative<Body>(parsed.body));
  return std::get<Body>(parsed.body);
}

inline std::vector<std::string> texts(const std::vector<trainyard::dockerfile::Word>& words) {
  std::vector<std::string> result;
  for (const auto& word : words) result.push_back(word.text);
  return result;
}

/// "name=value" of each pair.
inline std::vector<std::string> texts(const std::vector<trainyard::dockerfile::KeyValue>& pairs) {
  std::vector<std::string> result;
  for (const auto& pair : pairs) result.push_back(pair.key.text + "=" + pair.value.text);
  return result;
}

using Strings = std::vector<std::string>;

}  // namespace dockerfile_test

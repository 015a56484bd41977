#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace trainyard {

/// Reads a spec file: JSON in which a string may also be written raw, so that a generator which
/// cannot escape (CMake's file(GENERATE), after generator expressions are evaluated) can write any
/// value:
///
///     R"~ty(any bytes)ty~"      a string
///     L"~ty(one;two;th\;ree)ty~"  a CMake list: an array of strings, empty elements dropped
///
/// In an array of strings an element that is an array stands for its elements
/// (ObjectReader::strings). Pure JSON is a valid spec file. Throws usage errors with line and
/// caret.
Json parse_spec_text(std::string_view text, const std::string& name);

/// Splits a CMake list: at `;` outside of square brackets, `\;` is a semicolon; empty elements are
/// dropped.
std::vector<std::string> split_cmake_list(std::string_view list);

}  // namespace trainyard

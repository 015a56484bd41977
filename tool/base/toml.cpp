#include "base/toml.hpp"

#include <toml++/toml.h>

#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "base/text_position.hpp"

namespace trainyard {

namespace {

Error error_at(const toml::source_position& place, std::string_view text, const std::string& name,
               const std::string& message) {
  return source_error(
      position_in(text, name, static_cast<int>(place.line), static_cast<int>(place.column)),
      message);
}

template <class Value>
std::string as_written(const Value& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

class TomlConverter {
 public:
  TomlConverter(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Json convert(const toml::node& node) const {
    if (const auto* table = node.as_table()) {
      Json object = Json::object();
      for (const auto& [key, value] : *table) object[std::string(key.str())] = convert(value);
      return object;
    }
    if (const auto* array = node.as_array()) {
      Json list = Json::array();
      for (const toml::node& element : *array) list.push_back(convert(element));
      return list;
    }
    if (const auto* value = node.as_string()) return value->get();
    if (const auto* value = node.as_integer()) return value->get();
    if (const auto* value = node.as_boolean()) return value->get();
    if (const auto* value = node.as_floating_point()) {
      if (!std::isfinite(value->get()))
        throw error_at(node.source().begin, text_, name_, "this number is not finite");
      return value->get();
    }
    if (const auto* value = node.as_date()) return as_written(value->get());
    if (const auto* value = node.as_time()) return as_written(value->get());
    return as_written(node.as_date_time()->get());
  }

 private:
  const std::string_view text_;
  const std::string& name_;
};

/// Where a value goes: into a table, or at the end of an array.
struct Place {
  toml::table* table = nullptr;
  std::string key = {};
  toml::array* array = nullptr;

  template <class Value>
  void put(Value&& value) const {
    if (table != nullptr)
      table->insert_or_assign(key, std::forward<Value>(value));
    else
      array->push_back(std::forward<Value>(value));
  }
};

void put(const Json& value, const Place& place) {
  switch (value.type()) {
    case Json::value_t::boolean:
      return place.put(value.get<bool>());
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
      return place.put(value.get<int64_t>());
    case Json::value_t::number_float:
      return place.put(value.get<double>());
    case Json::value_t::string:
      return place.put(value.get<std::string>());
    case Json::value_t::array: {
      toml::array list;
      for (const Json& element : value) put(element, {nullptr, {}, &list});
      return place.put(std::move(list));
    }
    case Json::value_t::object: {
      toml::table table;
      for (const auto& [key, member] : value.items()) put(member, {&table, key});
      return place.put(std::move(table));
    }
    default:
      throw usage_error("writing", "TOML", "it has no null", "leave the value out");
  }
}

}  // namespace

Json parse_toml(std::string_view text, const std::string& name) {
  try {
    return TomlConverter(text, name).convert(toml::parse(text, name));
  } catch (const toml::parse_error& problem) {
    throw error_at(problem.source().begin, text, name,
                   "this is not valid TOML: " + std::string(problem.description()));
  }
}

std::string dump_toml(const Json& object) {
  toml::table table;
  for (const auto& [key, value] : object.items()) put(value, {&table, key});
  std::ostringstream out;
  out << toml::toml_formatter(table) << "\n";
  return out.str();
}

}  // namespace trainyard

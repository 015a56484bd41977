#include "training/parameters_file.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/spelling.hpp"
#include "base/text_file.hpp"
#include "base/toml.hpp"
#include "base/yaml.hpp"

namespace trainyard::training {

namespace {

enum class Format { json, yaml, toml };

Format format_of(const fs::path& file) {
  const std::string end = file.extension().string();
  if (end == ".json") return Format::json;
  if (end == ".yaml" || end == ".yml") return Format::yaml;
  if (end == ".toml") return Format::toml;
  throw usage_error("reading parameters", file.string(), "its name tells no kind of file",
                    "JSON, YAML and TOML are known by .json, .yaml or .yml, and .toml");
}

Json parse(Format format, const fs::path& file) {
  if (!fs::exists(file))
    throw usage_error("reading parameters", file.string(), "there is no such file",
                      "make it, or mend PARAMETERS_FILE");
  const std::string text = read_text(file), name = file.string();
  Json json = format == Format::json   ? parse_json(text, name)
              : format == Format::yaml ? parse_yaml(text, name)
                                       : parse_toml(text, name);
  if (!json.is_object())
    throw usage_error("reading parameters", name, "it holds no keys at its top level");
  return json;
}

std::string dump(Format format, const Json& json) {
  if (format == Format::toml) return dump_toml(json);
  return (format == Format::yaml ? dump_yaml(json) : dump_json(json, 2)) + "\n";
}

std::vector<std::string> parts_of(const std::string& key) {
  std::vector<std::string> parts;
  size_t begin = 0;
  while (begin <= key.size()) {
    const size_t end = std::min(key.find('.', begin), key.size());
    parts.push_back(key.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

const Json& value_at(const Json& json, const std::string& key, const fs::path& file) {
  const Json* value = &json;
  std::string above;
  for (const std::string& part : parts_of(key)) {
    const auto member = value->is_object() ? value->find(part) : value->end();
    if (!value->is_object() || member == value->end()) {
      std::vector<std::string> names;
      if (value->is_object())
        for (const auto& [name, ignored] : value->items()) names.push_back(above + name);
      throw usage_error("reading parameters", file.string(), "it has no key \"" + key + "\"",
                        suggestion(above + part, names));
    }
    value = &*member;
    above += part + ".";
  }
  return *value;
}

void put_at(Json& json, const std::string& key, Json value) {
  Json* place = &json;
  for (const std::string& part : parts_of(key)) place = &(*place)[part];
  *place = std::move(value);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : canonical_json(value);
}

}  // namespace

FileParameters read_parameters_file(const ParametersFile& file,
                                    const std::vector<std::pair<std::string, std::string>>& given) {
  const Format format = format_of(file.source);
  const Json json = parse(format, file.source);
  FileParameters found;
  Json seen = Json::object();
  for (const std::string& key : file.keys) {
    Json value = value_at(json, key, file.source);
    const auto other = std::find_if(given.begin(), given.end(),
                                    [&key](const auto& one) { return one.first == key; });
    if (other == given.end())
      found.values.emplace_back(key, text_of(value));
    else  // of the kind that the text would have in a file
      value = value.is_string() ? Json(other->second) : parse_yaml(other->second, key);
    put_at(seen, key, std::move(value));
  }
  found.text = dump(format, seen);
  return found;
}

}  // namespace trainyard::training

#include "dockerfile/mount.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "dockerfile/csv_fields.hpp"

// RUN --mount. Values may hold variables, so what an option means is known only when they are
// expanded; a flag without any is checked when it is read, whether its stage is built or not.

namespace trainyard::dockerfile {

namespace {

using Type = RunMount::Type;
using Option = MountFlag::Option;

constexpr unsigned bit(Type type) {
  return 1U << static_cast<unsigned>(type);
}
constexpr unsigned k_all =
    bit(Type::bind) | bit(Type::cache) | bit(Type::tmpfs) | bit(Type::secret) | bit(Type::ssh);
constexpr unsigned k_files = bit(Type::bind) | bit(Type::cache);
constexpr unsigned k_owned = bit(Type::cache) | bit(Type::secret) | bit(Type::ssh);

struct OptionRule {
  const char* name;
  unsigned types;           ///< that take it
  bool may_stand_alone;     ///< without a value
  const char* other_names;  ///< between blanks
};
constexpr std::array<OptionRule, 15> k_options{{
    {"type", k_all, false, ""},
    {"target", k_all, false, " dst destination "},
    {"source", k_files | bit(Type::secret), false, " src "},
    {"from", k_files, false, ""},
    {"readonly", k_all, true, " ro "},
    {"readwrite", k_all, true, " rw "},
    {"size", bit(Type::tmpfs), false, ""},
    {"id", k_owned, false, ""},
    {"sharing", bit(Type::cache), false, ""},
    {"required", bit(Type::secret) | bit(Type::ssh), true, ""},
    {"env", bit(Type::secret), false, ""},
    {"mode", k_owned, false, ""},
    {"uid", k_owned, false, ""},
    {"gid", k_owned, false, ""},
    {"", 0, false, ""},
}};

constexpr std::array<Type, 5> k_types{Type::bind, Type::cache, Type::tmpfs, Type::secret,
                                      Type::ssh};

const OptionRule* rule_of(const std::string& name) {
  for (const OptionRule& rule : k_options) {
    if (*rule.name == '\0') break;
    if (name == rule.name ||
        std::string(rule.other_names).find(" " + name + " ") != std::string::npos)
      return &rule;
  }
  return nullptr;
}

std::vector<std::string> option_names() {
  std::vector<std::string> names;
  for (const OptionRule& rule : k_options)
    if (*rule.name != '\0') names.emplace_back(rule.name);
  for (const char* name : {"dst", "destination", "src", "ro", "rw"}) names.emplace_back(name);
  return names;
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Reads one flag into its options.
class FlagReader {
 public:
  FlagReader(const InstructionReader& in, const Flag& flag)
      : in_(in),
        flag_(flag),
        // Where quotes and escapes went, places inside the value are not known.
        exact_(flag.value_span.size() == flag.value.size()) {}

  MountFlag read() {
    MountFlag mount;
    mount.text = {flag_.value, in_.line().location(flag_.value_span.begin)};
    for (const CsvField& field : csv_fields(flag_.value)) mount.options.push_back(option(field));
    for (size_t i = 0; i < mount.options.size(); ++i)
      for (size_t k = 0; k < i; ++k)
        if (mount.options[i].name == mount.options[k].name)
          throw error(mount.options[i], "--mount has two options \"" + mount.options[i].name + "\"",
                      "keep one of them");
    return mount;
  }

  Error error(const Option& option, std::string message, std::string hint = {}) const {
    return in_.file().error(option.at, std::move(message), std::move(hint), option.length);
  }

 private:
  Option option(const CsvField& field) const {
    Option option;
    const size_t equals = field.text.find('=');
    option.has_value = equals != std::string::npos;
    option.written = field.text.substr(0, equals);
    option.at = in_.line().location(flag_.value_span.begin + (exact_ ? field.begin : 0));
    option.length =
        static_cast<int>(std::max<size_t>(1, exact_ ? field.size : flag_.value_span.size()));
    if (option.written.empty())
      throw error(option, "--mount has an empty option",
                  "write --mount=type=bind,source=FOLDER,target=PATH, without blanks between");
    const OptionRule* rule = rule_of(lowered(option.written));
    if (rule == nullptr) {
      const std::string near = nearest_word(option.written, option_names());
      throw error(option, "--mount has no option \"" + option.written + "\"",
                  near.empty() ? "known are type, source, target, from, id, sharing, size, mode, "
                                 "uid, gid, env, required, ro and rw"
                               : "did you mean \"" + near + "\"?");
    }
    option.name = rule->name;
    if (option.has_value)
      option.value = {
          field.text.substr(equals + 1),
          in_.line().location(flag_.value_span.begin + (exact_ ? field.begin + equals + 1 : 0))};
    const bool empty_is_default = option.has_value && option.name == "env";
    if ((!option.has_value && !rule->may_stand_alone) ||
        (option.has_value && option.value.text.empty() && !empty_is_default))
      throw error(option, "option \"" + option.written + "\" needs a value",
                  "write " + option.written + "=VALUE");
    check_variables(option);
    return option;
  }

  void check_variables(const Option& option) const {
    if (option.name != "from") return;
    if (option.value.text.find('$') != std::string::npos)
      throw error(option, "variables have no meaning in from of --mount",
                  "name a stage: FROM $image AS name before it, then from=name");
  }

  const InstructionReader& in_;
  const Flag& flag_;
  const bool exact_;
};

/// From options to what they mean.
class Resolver {
 public:
  Resolver(const Dockerfile& file, const MountFlag& flag, const Expand& expand)
      : file_(file), flag_(flag), expand_(expand) {
    mount_.text = flag.text;
  }

  RunMount resolve() {
    find_type();
    for (const Option& option : flag_.options) take(option);
    if (!access_given_) mount_.read_only = mount_.type != Type::cache && mount_.type != Type::tmpfs;
    switch (mount_.type) {
      case Type::secret:
        finish_secret();
        break;
      case Type::ssh:
        if (mount_.id.empty()) mount_.id = "default";
        break;
      default:
        finish_place();
    }
    return std::move(mount_);
  }

 private:
  Error error(const Option& option, std::string message, std::string hint = {}) const {
    return file_.error(option.at, std::move(message), std::move(hint), option.length);
  }
  Error error(std::string message, std::string hint) const {
    return file_.error(flag_.text.at, std::move(message), std::move(hint),
                       std::max(1, static_cast<int>(flag_.text.text.size())));
  }

  const Option* find(const char* name) const {
    for (const Option& option : flag_.options)
      if (option.name == name) return &option;
    return nullptr;
  }

  std::string value(const Option& option) const {
    std::string text = expand_(option.value);
    if (text.empty() && option.name != "env")
      throw error(option, "the value of \"" + option.written + "\" expands to nothing",
                  "give its variable a value with ARG or ENV");
    return text;
  }

  void find_type() {
    const Option* option = find("type");
    if (option == nullptr) return;
    const std::string text = value(*option);
    std::vector<std::string> names;
    for (const Type type : k_types) {
      names.emplace_back(type_name(type));
      if (lowered(text) != type_name(type)) continue;
      mount_.type = type;
      return;
    }
    const std::string near = suggestion(text, names);
    throw error(*option, "there is no mount type \"" + text + "\"",
                near.empty() ? "write bind, cache, tmpfs, secret or ssh" : near);
  }

  void take(const Option& option) {
    const std::string& name = option.name;
    if ((rule_of(name)->types & bit(mount_.type)) == 0)
      throw error(option,
                  std::string("a mount of type ") + type_name(mount_.type) + " has no option \"" +
                      option.written + "\"",
                  hint_for_wrong_type(name));
    if (name == "target") mount_.target = value(option);
    if (name == "source") mount_.source = value(option);
    if (name == "from") mount_.from = option.value;
    if (name == "readonly" || name == "readwrite") take_access(option);
    if (name == "size") mount_.size = size(option);
    if (name == "id") mount_.id = value(option);
    if (name == "sharing") mount_.sharing = sharing(option);
    if (name == "required") mount_.required = truth(option);
    if (name == "env") variable_ = value(option);
    if (name == "mode") mount_.mode = number(option, 8, 07777, "an octal mode such as 0400");
    if (name == "uid" || name == "gid")
      (name == "uid" ? mount_.uid : mount_.gid) =
          number(option, 10, std::numeric_limits<int32_t>::max(), "a number such as 1000");
  }

  static std::string hint_for_wrong_type(const std::string& name) {
    std::string types;
    const unsigned allowed = rule_of(name)->types;
    for (const Type type : k_types)
      if ((allowed & bit(type)) != 0)
        types += (types.empty() ? "type=" : " or type=") + std::string(type_name(type));
    return "it belongs to " + types + ": is that the type you meant?";
  }

  bool truth(const Option& option) const {
    if (!option.has_value) return true;
    const std::string text = value(option);
    for (const char* word : {"1", "t", "T", "TRUE", "true", "True"})
      if (text == word) return true;
    for (const char* word : {"0", "f", "F", "FALSE", "false", "False"})
      if (text == word) return false;
    throw error(option, "\"" + option.written + "\" is true or false, not \"" + text + "\"",
                "write " + option.written + " or " + option.written + "=false");
  }

  void take_access(const Option& option) {
    if (access_given_)
      throw error(option, "--mount says \"readonly\" and \"readwrite\"", "keep one of them");
    access_given_ = true;
    mount_.read_only = truth(option) == (option.name == "readonly");
  }

  uint64_t size(const Option& option) const {
    try {
      return parse_bytes(value(option), option.written);
    } catch (const Error& problem) {
      if (!problem.excerpt().empty()) throw;
      throw error(option, problem.cause(), problem.hint());
    }
  }

  RunMount::Sharing sharing(const Option& option) const {
    const std::string text = value(option);
    const std::string word = lowered(text);
    if (word == "shared") return RunMount::Sharing::shared;
    if (word == "private") return RunMount::Sharing::private_;
    if (word == "locked") return RunMount::Sharing::locked;
    const std::string near = suggestion(text, {"shared", "private", "locked"});
    throw error(option, "a cache cannot be shared as \"" + text + "\"",
                near.empty() ? "write shared, private or locked" : near);
  }

  uint32_t number(const Option& option, int base, uint32_t most, const char* example) const {
    const std::string text = value(option);
    uint32_t number = 0;
    const char* end = text.data() + text.size();
    const auto [stop, failure] = std::from_chars(text.data(), end, number, base);
    if (failure != std::errc() || stop != end || number > most)
      throw error(option, "\"" + text + "\" is no value for \"" + option.written + "\"",
                  std::string("write ") + example);
    return number;
  }

  void finish_secret() {
    if (!mount_.source.empty() && !mount_.id.empty())
      throw error(*find("source"), "a secret has an id or a source, not both",
                  "keep the id: it is what --secret id=… gives");
    if (mount_.id.empty()) mount_.id = std::exchange(mount_.source, "");
    if (mount_.id.empty() && mount_.target.empty())
      throw error("a mount of type secret needs an id",
                  "write --mount=type=secret,id=NAME and build with --secret id=NAME,src=FILE");
    if (mount_.id.empty()) mount_.id = mount_.target.substr(mount_.target.rfind('/') + 1);
    if (mount_.id.empty())
      throw error(*find("target"), "the target of a secret is a file, and this ends in \"/\"",
                  "name the file");
    if (variable_) mount_.variable = variable_->empty() ? mount_.id : *variable_;
    if (mount_.variable.find('=') != std::string::npos)
      throw error(*find("env"), "an environment variable's name holds no \"=\"");
    if (!variable_ && mount_.target.empty())
      mount_.target = "/run/secrets/" + mount_.id.substr(mount_.id.rfind('/') + 1);
  }

  void finish_place() const {
    const std::string type = type_name(mount_.type);
    if (mount_.target.empty())
      throw error("a mount of type " + type + " needs a target",
                  "write --mount=type=" + type + ",target=PATH");
    if (mount_.type == Type::cache && !mount_.source.empty() && !mount_.from)
      throw error(*find("source"), "the source of a cache is a folder of what from names",
                  "add from=STAGE, or remove the source");
  }

  const Dockerfile& file_;
  const MountFlag& flag_;
  const Expand& expand_;
  RunMount mount_;
  std::optional<std::string> variable_;
  bool access_given_ = false;
};

}  // namespace

const char* type_name(RunMount::Type type) {
  switch (type) {
    case Type::bind:
      return "bind";
    case Type::cache:
      return "cache";
    case Type::tmpfs:
      return "tmpfs";
    case Type::secret:
      return "secret";
    case Type::ssh:
      break;
  }
  return "ssh";
}

MountFlag parse_mount_flag(const InstructionReader& in, const Flag& flag) {
  MountFlag mount = FlagReader(in, flag).read();
  const auto holds = [&flag](char c) { return flag.value.find(c) != std::string::npos; };
  if (!holds('$') && !holds('"') && !holds('\'') && !holds(in.file().escape))
    resolve_mount(in.file(), mount, [](const Word& word) { return word.text; });
  return mount;
}

RunMount resolve_mount(const Dockerfile& file, const MountFlag& flag, const Expand& expand) {
  return Resolver(file, flag, expand).resolve();
}

}  // namespace trainyard::dockerfile

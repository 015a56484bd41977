#include "engine/native/error_wire.hpp"

#include "base/error_of.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine::native {

Json error_to_json(const std::exception& error) {
  const Error known = error_of(error, "running", "a job of the native engine");
  Json json = {{"action", known.action()},   {"subject", known.subject()},
               {"cause", known.cause()},     {"hint", known.hint()},
               {"excerpt", known.excerpt()}, {"code", static_cast<int>(known.code())}};
  if (const auto* command = dynamic_cast<const CommandNotExecutable*>(&error))
    json["exit_code"] = command->exit_code();
  return json;
}

void throw_error_of(const Json& json) {
  const std::string cause = json.at("cause");
  if (json.contains("exit_code")) {
    const int exit_code = json.at("exit_code");
    const std::string suffix = " (exit code " + std::to_string(exit_code) + ")";
    throw CommandNotExecutable(exit_code, json.at("subject"),
                               cause.substr(0, cause.size() - suffix.size()), json.at("hint"));
  }
  throw Error(json.at("action"), json.at("subject"), cause, json.at("hint"),
              static_cast<ExitCode>(json.at("code").get<int>()))
      .with_excerpt(json.at("excerpt"));
}

}  // namespace trainyard::engine::native

#include "training/error_message.hpp"

namespace trainyard::training {

Json to_json(const Error& error) {
  return {{"action", error.action()},   {"subject", error.subject()},
          {"cause", error.cause()},     {"hint", error.hint()},
          {"excerpt", error.excerpt()}, {"code", static_cast<int>(error.code())}};
}

Error parse_error_message(const Json& json) {
  ObjectReader in(json, "an error from the keeper");
  Error error(in.string("action"), in.string("subject"), in.string("cause"), in.string("hint"),
              static_cast<ExitCode>(in.integer("code")));
  std::string excerpt = in.string("excerpt");
  in.finish();
  return std::move(error).with_excerpt(std::move(excerpt));
}

}  // namespace trainyard::training

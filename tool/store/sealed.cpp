#include "store/sealed.hpp"

#include "base/fingerprint.hpp"

namespace trainyard::store {

namespace {
constexpr std::string_view k_mark = "xxh3 ";
constexpr size_t k_last_line = 5 + 32 + 1;
}  // namespace

std::string seal(const Json& value) {
  std::string text = canonical_json(value) + "\n";
  const std::string digits = fingerprint(text).hex();
  return text.append(k_mark).append(digits).append("\n");
}

std::optional<Json> unseal(std::string_view text) {
  if (text.size() <= k_last_line) return std::nullopt;
  const std::string_view body = text.substr(0, text.size() - k_last_line);
  const std::string_view last = text.substr(body.size());
  if (body.back() != '\n' || !last.starts_with(k_mark) || last.back() != '\n') return std::nullopt;
  if (last.substr(k_mark.size(), 32) != fingerprint(body).hex()) return std::nullopt;
  Json value = Json::parse(body, nullptr, false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

}  // namespace trainyard::store

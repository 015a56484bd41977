#include "training/extension.hpp"

#include <charconv>
#include <optional>

#include "base/sha256.hpp"
#include "store/run_records.hpp"
#include "training/checkpoints.hpp"

namespace trainyard::training {

namespace {

constexpr const char* k_member = "extends";

std::optional<double> number(const std::string& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string parameter_of(const Json& identity, const std::string& name) {
  return identity.at("parameters").value(name, std::string());
}

Json without_member(Json identity) {
  identity.erase(k_member);
  return identity;
}

/// The key of the finished run with the largest value below that of `plan`, nothing else being
/// different.
std::string nearest_ancestor(const store::Store& store, const std::string& parameter,
                             const RunPlan& plan,
                             const std::function<Json(const std::string&)>& identity_at) {
  const std::optional<double> wanted = number(parameter_of(plan.identity, parameter));
  if (!wanted) return {};
  std::string nearest;
  double largest = 0;
  for (const std::string& key : store::list_runs(store)) {
    const auto record = store::find_run(store, key);
    if (!record) continue;
    const std::string text = parameter_of(record->spec, parameter);
    const std::optional<double> value = number(text);
    if (!value || *value >= *wanted || (!nearest.empty() && *value <= largest)) continue;
    if (!has_checkpoints(store, key) || without_member(record->spec) != identity_at(text)) continue;
    nearest = key;
    largest = *value;
  }
  return nearest;
}

}  // namespace

void extend(const store::Store& store, const std::string& parameter, RunPlan& plan,
            const std::function<Json(const std::string&)>& identity_at) {
  if (store::find_run(store, plan.key)) return;
  Json identity = plan.identity;
  identity[k_member] = parameter;
  std::string key = sha256_hex(canonical_json(identity));
  std::string ancestor;
  if (!store::find_run(store, key) && !has_checkpoints(store, key)) {
    if (has_checkpoints(store, plan.key)) return;
    ancestor = nearest_ancestor(store, parameter, plan, identity_at);
    if (ancestor.empty()) return;
  }
  plan.identity = std::move(identity);
  plan.key = std::move(key);
  plan.ancestor = std::move(ancestor);
}

}  // namespace trainyard::training

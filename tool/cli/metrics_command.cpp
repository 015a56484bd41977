#include <cstdio>
#include <optional>
#include <set>

#include "base/error.hpp"
#include "base/terminal.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/run_list.hpp"
#include "report/table.hpp"
#include "store/roots.hpp"
#include "store/run_records.hpp"

namespace trainyard::cli {

namespace {

report::RunRow finished_run(const store::Store& store, const std::string& name) {
  const std::string key = store::require_run_key(store, name);
  const auto record = store::find_run(store, key);
  if (!record)
    throw usage_error("reading the metrics of", name,
                      "it has not ended well, or is no longer there",
                      "build it; what it printed: trainyard logs " + name);
  return report::row_of(*record, false);
}

/// The present runs of build trees.
std::vector<report::RunRow> present_runs(const store::Store& store) {
  std::vector<report::RunRow> rows;
  for (const store::RootedTarget& root : store::list_roots(store)) {
    if (root.kind != store::TargetKind::run) continue;
    const auto record = store::find_run(store, root.value);
    if (!record) continue;
    rows.push_back(report::row_of(*record, true));
    rows.back().target = root.target;
  }
  return rows;
}

/// A run may lack what the other one has.
template <class Value>
std::optional<Value> value_in(const std::map<std::string, Value>& values, const std::string& name) {
  const auto it = values.find(name);
  return it == values.end() ? std::nullopt : std::optional(it->second);
}

template <class Value>
std::set<std::string> names_of(const std::map<std::string, Value>& left,
                               const std::map<std::string, Value>& right) {
  std::set<std::string> names;
  for (const auto& [name, value] : left) names.insert(name);
  for (const auto& [name, value] : right) names.insert(name);
  return names;
}

std::string signed_text(double value) {
  return (value > 0 ? "+" : "") + report::metric_text(value);
}

void show_difference(const report::RunRow& left, const report::RunRow& right) {
  report::Table table({"", left.key.substr(0, 12), right.key.substr(0, 12), "CHANGE"});
  for (const std::string& name : names_of(left.parameters, right.parameters)) {
    const auto a = value_in(left.parameters, name), b = value_in(right.parameters, name);
    if (a != b) table.add({name, printable(a.value_or("-")), printable(b.value_or("-")), ""});
  }
  for (const std::string& name : names_of(left.metrics, right.metrics)) {
    const auto a = value_in(left.metrics, name), b = value_in(right.metrics, name);
    table.add({name, a ? report::metric_text(*a) : "-", b ? report::metric_text(*b) : "-",
               a && b ? signed_text(*b - *a) : ""});
  }
  std::fputs(table.render().c_str(), stdout);
}

Json difference_json(const report::RunRow& left, const report::RunRow& right) {
  Json parameters = Json::object(), metrics = Json::object();
  for (const std::string& name : names_of(left.parameters, right.parameters)) {
    const auto a = value_in(left.parameters, name), b = value_in(right.parameters, name);
    if (a != b) parameters[name] = {a ? Json(*a) : Json(), b ? Json(*b) : Json()};
  }
  for (const std::string& name : names_of(left.metrics, right.metrics)) {
    const auto a = value_in(left.metrics, name), b = value_in(right.metrics, name);
    Json entry = {{"values", {a ? Json(*a) : Json(), b ? Json(*b) : Json()}}};
    if (a && b) entry["change"] = *b - *a;
    metrics[name] = std::move(entry);
  }
  return {{"runs", {left.key, right.key}},
          {"parameters", std::move(parameters)},
          {"metrics", std::move(metrics)}};
}

int show_metrics(const store::Store& store, const std::vector<std::string>& names, bool json) {
  std::vector<report::RunRow> rows;
  for (const std::string& name : names) rows.push_back(finished_run(store, name));
  if (names.empty()) rows = present_runs(store);
  if (json) {
    std::printf("%s\n", dump_json(report::run_list_json(rows), 2).c_str());
    return 0;
  }
  report::Table table({"RUN", "TARGET", "METRIC", "VALUE"});
  for (const report::RunRow& row : rows)
    for (const auto& [name, value] : row.metrics)
      table.add({row.key.substr(0, 12), row.target, name, report::metric_text(value)});
  std::fputs(table.render().c_str(), stdout);
  return 0;
}

}  // namespace

int metrics_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Shows what runs reached: those that are named, or the present ones of all build trees. "
      "\"metrics diff A B\" compares two, with the parameters that differ.",
      "metrics");
  std::vector<std::string> names;
  bool json = false;
  app.add_option("runs", names,
                 "A target, target@build-dir, a key's beginning, or an output's path; diff A B")
      ->type_name("RUN");
  app.add_flag("--json", json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::without);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  if (names.empty() || names.front() != "diff") return show_metrics(store, names, json);
  if (names.size() != 3)
    throw usage_error("comparing metrics", "the runs",
                      "two are compared, not " + std::to_string(names.size() - 1),
                      "trainyard metrics diff A B; trainyard runs lists them");
  const report::RunRow left = finished_run(store, names[1]), right = finished_run(store, names[2]);
  if (json)
    std::printf("%s\n", dump_json(difference_json(left, right), 2).c_str());
  else
    show_difference(left, right);
  return 0;
}

}  // namespace trainyard::cli

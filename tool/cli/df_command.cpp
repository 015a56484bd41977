#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "report/table.hpp"
#include "store/garbage.hpp"
#include "store/last_use.hpp"

namespace trainyard::cli {

namespace {

struct Row {
  std::string kind;
  size_t count = 0;
  uint64_t size = 0;
  uint64_t freeable = 0;
};

uint64_t blob_bytes(const std::vector<store::Contents::Blob>& blobs) {
  uint64_t bytes = 0;
  for (const auto& blob : blobs) bytes += blob.size;
  return bytes;
}

/// What gc would take away if nothing had been used lately, by kind.
uint64_t freeable(const std::vector<store::GarbageItem>& garbage,
                  std::initializer_list<store::GarbageItem::Kind> kinds) {
  uint64_t bytes = 0;
  for (const store::GarbageItem& item : garbage)
    for (const auto kind : kinds)
      if (item.kind == kind) bytes += item.freed;
  return bytes;
}

std::vector<Row> rows_of(const store::Contents& contents,
                         const std::vector<store::GarbageItem>& garbage) {
  using Kind = store::GarbageItem::Kind;
  Row images{"images", contents.images.size(), 0, freeable(garbage, {Kind::image})};
  for (const auto& image : contents.images) images.size += blob_bytes(image.own);
  Row layers{"layers", contents.layers.size(), 0, freeable(garbage, {Kind::layer})};
  for (const auto& layer : contents.layers) layers.size += layer.blob_size + layer.tree_size;
  Row runs{"runs", 0, 0, freeable(garbage, {Kind::run})};
  Row failed{"failed tries", 0, 0, freeable(garbage, {Kind::failed_try})};
  for (const auto& run : contents.runs) {
    runs.count += run.finished || run.failed == 0 ? 1 : 0;
    runs.size += run.folder + blob_bytes(run.outputs);
    failed.count += run.failed > 0 ? 1 : 0;
    failed.size += run.failed;
  }
  Row checkpoints{"checkpoints", 0, 0, freeable(garbage, {Kind::checkpoints})};
  for (const auto& run : contents.runs) {
    checkpoints.count += run.checkpoints > 0 ? 1 : 0;
    checkpoints.size += run.checkpoints;
  }
  Row caches{"caches", contents.caches.size(), 0, freeable(garbage, {Kind::cache})};
  for (const auto& cache : contents.caches) caches.size += cache.size;
  Row unnamed{"unnamed", contents.blobs.size() + contents.trees.size(), 0,
              freeable(garbage, {Kind::blob, Kind::tree})};
  for (const auto& blob : contents.blobs) unnamed.size += blob.size;
  for (const auto& tree : contents.trees) unnamed.size += tree.size;
  return {images,
          layers,
          runs,
          failed,
          checkpoints,
          caches,
          unnamed,
          {"records", contents.record_count, contents.records, 0},
          {"in flight", contents.work_count, contents.work, 0}};
}

}  // namespace

int df_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Shows what fills the store, and how much of it `trainyard gc --unused-for 0` would free.",
      "df");
  bool json = false;
  app.add_flag("--json", json, "As JSON, in bytes");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  const store::Contents contents = store::read_contents(store, *engine);
  const std::vector<Row> rows =
      rows_of(contents, store::find_garbage(contents, {store::oldest_visit(store), std::nullopt}));
  report::Table table({"KIND", "COUNT", "SIZE", "GC FREES"});
  Json list = Json::array();
  Row total{"total", 0, contents.total(), 0};
  for (const Row& row : rows) {
    total.freeable += row.freeable;
    table.add(
        {row.kind, std::to_string(row.count), format_bytes(row.size), format_bytes(row.freeable)});
    list.push_back(
        {{"kind", row.kind}, {"count", row.count}, {"size", row.size}, {"gc_frees", row.freeable}});
  }
  table.add({total.kind, "", format_bytes(total.size), format_bytes(total.freeable)});
  if (json)
    std::printf("%s\n",
                dump_json({{"kinds", list}, {"size", total.size}, {"gc_frees", total.freeable}}, 2)
                    .c_str());
  else
    std::printf("%s", table.render().c_str());
  return 0;
}

}  // namespace trainyard::cli

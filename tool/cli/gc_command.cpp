#include <algorithm>
#include <cstdio>

#include "base/json.hpp"
#include "base/quantity.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/store_lock.hpp"
#include "store/collect_garbage.hpp"
#include "store/kept.hpp"
#include "store/last_use.hpp"
#include "store/reserve.hpp"

namespace trainyard::cli {

namespace {

constexpr const char* k_default_unused_for = "14d";
/// Records of steps whose layer went are a few hundred bytes and can answer for it; so they stay
/// longer.
constexpr int64_t k_records_outlive = 90LL * 86400 * 1'000'000'000;

constexpr size_t k_most_staying = 10;

struct GcArguments {
  std::string keep_storage, unused_for;
  bool dry_run = false;
  bool json = false;
};

store::GarbagePolicy policy_of(const GcArguments& arguments, const store::Store& store) {
  store::GarbagePolicy policy;
  // What a living build or run uses is never old enough.
  policy.unused_since = store::oldest_visit(store);
  if (!arguments.keep_storage.empty())
    policy.keep_storage = parse_bytes(arguments.keep_storage, "--keep-storage");
  const std::string unused_for = arguments.unused_for.empty() && arguments.keep_storage.empty()
                                     ? k_default_unused_for
                                     : arguments.unused_for;
  if (!unused_for.empty())
    policy.unused_since = std::min(
        policy.unused_since, store::file_clock_now() - parse_duration(unused_for, "--unused-for"));
  return policy;
}

std::string age(int64_t used) {
  const double seconds = static_cast<double>(store::file_clock_now() - used) / 1e9;
  if (seconds >= 2 * 86400) return std::to_string(static_cast<long>(seconds / 86400)) + " days";
  return format_duration(std::max(0.0, seconds));
}

void print(const std::vector<store::GarbageItem>& items, const char* verb) {
  for (const store::GarbageItem& item : items)
    std::printf("%s %s  %s  unused for %s\n", verb, item.name.c_str(),
                format_bytes(item.freed).c_str(), age(item.used).c_str());
}

std::string in_one_line(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

/// Who runs gc to get room wants to know what holds it.
void print_staying(const std::vector<store::KeptItem>& items) {
  for (size_t i = 0; i < std::min(items.size(), k_most_staying); ++i) {
    const std::string reasons = in_one_line(items[i].reasons);
    std::printf("stays: %s  %s  %sused %s ago\n", items[i].name.c_str(),
                format_bytes(items[i].size).c_str(),
                reasons.empty() ? "" : (reasons + ", ").c_str(), age(items[i].used).c_str());
  }
  if (items.size() > k_most_staying)
    std::printf("stays: %zu smaller things; --json names all\n", items.size() - k_most_staying);
}

Json to_json(const std::vector<store::KeptItem>& items) {
  Json list = Json::array();
  for (const store::KeptItem& item : items)
    list.push_back({{"name", item.name},
                    {"size", item.size},
                    {"reasons", item.reasons},
                    {"unused_seconds", (store::file_clock_now() - item.used) / 1'000'000'000}});
  return list;
}

uint64_t freed_by(const std::vector<store::GarbageItem>& items) {
  uint64_t bytes = 0;
  for (const store::GarbageItem& item : items) bytes += item.freed;
  return bytes;
}

Json to_json(const std::vector<store::GarbageItem>& items) {
  Json list = Json::array();
  for (const store::GarbageItem& item : items)
    list.push_back({{"name", item.name},
                    {"freed", item.freed},
                    {"unused_seconds",
                     std::max<int64_t>(0, store::file_clock_now() - item.used) / 1'000'000'000}});
  return list;
}

void print_damaged(const store::Contents& contents) {
  if (contents.damaged_images.empty()) return;
  std::printf("kept all layers and unnamed blobs: it cannot be read what %s holds",
              contents.damaged_images.front().str().c_str());
  if (contents.damaged_images.size() > 1)
    std::printf(" (and %zu other images)", contents.damaged_images.size() - 1);
  std::printf("; `trainyard check` mends the list of images\n");
}

void report(const GcArguments& arguments, const store::Contents& contents,
            const store::Collected& collected, const std::vector<store::KeptItem>& staying) {
  const uint64_t before = contents.total();
  const uint64_t freed = freed_by(collected.removed);
  const uint64_t left = before > freed ? before - freed : 0;
  if (arguments.json) {
    std::printf("%s\n", dump_json({{"removed", to_json(collected.removed)},
                                   {"kept", to_json(collected.kept)},
                                   {"stays", to_json(staying)},
                                   {"freed", freed},
                                   {"left", left},
                                   {"damaged_images", contents.damaged_images.size()},
                                   {"dry_run", arguments.dry_run}},
                                  2)
                            .c_str());
    return;
  }
  print(collected.removed, arguments.dry_run ? "would remove" : "removed");
  print(collected.kept, "kept, it came into use:");
  print_damaged(contents);
  if (arguments.dry_run) print_staying(staying);
  std::printf("%s %s in %zu things; the store holds %s\n",
              arguments.dry_run ? "would free" : "freed", format_bytes(freed).c_str(),
              collected.removed.size(), format_bytes(left).c_str());
  if (arguments.keep_storage.empty()) return;
  if (left > parse_bytes(arguments.keep_storage, "--keep-storage"))
    std::printf(
        "more than --keep-storage %s: the rest has a tag, belongs to a build tree that exists, or "
        "is in "
        "use\n",
        arguments.keep_storage.c_str());
}

}  // namespace

int gc_command(const std::vector<std::string>& words) {
  CLI::App app(
      "Removes what nobody needs from the store. Kept are images with a tag, images and runs of "
      "build "
      "trees that exist, what a build or container is using, and what was used in the last 14 "
      "days.",
      "gc");
  GcArguments arguments;
  app.add_option("--unused-for", arguments.unused_for,
                 "Remove what was not used for so long (default: 14d; 0 for everything)")
      ->type_name("TIME");
  app.add_option(
         "--keep-storage", arguments.keep_storage,
         "Remove, the longest unused first, until the store is no larger; also what was used "
         "lately, unless --unused-for says otherwise")
      ->type_name("SIZE");
  app.add_flag("--dry-run", arguments.dry_run,
               "Say what would go, what is large and stays, and why; change nothing");
  app.add_flag("--json", arguments.json, "As JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  store::spend_reserve(store.root());
  const LockFile lock = lock_store(store);
  const store::GarbagePolicy policy = policy_of(arguments, store);
  const store::Contents contents = store::read_contents(store, *engine);
  std::vector<store::GarbageItem> garbage = store::find_garbage(contents, policy);
  const std::vector<store::KeptItem> staying = store::find_kept(contents, garbage);
  store::Collected collected;
  if (arguments.dry_run)
    collected.removed = std::move(garbage);
  else
    collected = store::collect_garbage(store, *engine, contents, garbage,
                                       store::file_clock_now() - k_records_outlive);
  store::keep_reserve(store.root());
  report(arguments, contents, collected, staying);
  return 0;
}

}  // namespace trainyard::cli

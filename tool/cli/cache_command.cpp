#include <algorithm>
#include <cstdio>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/quantity.hpp"
#include "base/spelling.hpp"
#include "cli/arguments.hpp"
#include "cli/command.hpp"
#include "cli/jobs.hpp"
#include "report/table.hpp"
#include "store/caches.hpp"
#include "store/last_use.hpp"
#include "store/work_folder.hpp"

namespace trainyard::cli {

namespace {

struct CacheArguments {
  std::string action;
  std::vector<std::string> words;
  bool json = false;
};

/// One place for what all actions need.
struct Caches {
  const CacheArguments& arguments;
  const store::Store& store;
  engine::Engine& engine;
};

constexpr const char* k_usage =
    "write trainyard cache ls, cache rm ID..., cache export ID FILE or cache import ID FILE";

std::string options_of(const store::StoredCache& cache) {
  std::string text;
  for (const auto& [name, value] : cache.identity.options.items()) {
    if (name == "id_map" && value == "full") continue;
    text += text.empty() ? "" : " ";
    if (name == "mode" && value.is_number()) {
      char mode[16];
      std::snprintf(mode, sizeof mode, "%04o", value.get<unsigned>());
      text += name + "=" + mode;
    } else {
      text += name + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
    }
  }
  return text.empty() ? "-" : text;
}

std::string age(int64_t used) {
  const double seconds = static_cast<double>(store::file_clock_now() - used) / 1e9;
  if (seconds >= 2 * 86400) return std::to_string(static_cast<long>(seconds / 86400)) + " days";
  return format_duration(std::max(0.0, seconds));
}

std::vector<uint64_t> sizes_of(const Caches& in, const std::vector<store::StoredCache>& caches) {
  if (caches.empty()) return {};
  Json trees = Json::array();
  for (const store::StoredCache& cache : caches)
    trees.push_back((in.store.caches() / cache.name).string());
  return in.engine.call("store.measure", {{"trees", trees}})
      .at("sizes")
      .get<std::vector<uint64_t>>();
}

int list(const Caches& in) {
  const std::vector<store::StoredCache> caches = store::list_caches(in.store);
  const std::vector<uint64_t> sizes = sizes_of(in, caches);
  report::Table table({"ID", "OPTIONS", "SIZE", "UNUSED FOR", "NAME"});
  Json rows = Json::array();
  for (size_t i = 0; i < caches.size(); ++i) {
    const store::StoredCache& cache = caches[i];
    table.add({cache.identity.id, options_of(cache), format_bytes(sizes[i]),
               cache.in_use ? "in use" : age(cache.used), cache.name.substr(0, 12)});
    rows.push_back({{"id", cache.identity.id},
                    {"options", cache.identity.options},
                    {"size", sizes[i]},
                    {"unused_seconds", (store::file_clock_now() - cache.used) / 1'000'000'000},
                    {"in_use", cache.in_use},
                    {"name", cache.name}});
  }
  std::fputs(in.arguments.json ? (dump_json(rows, 2) + "\n").c_str() : table.render().c_str(),
             stdout);
  return 0;
}

Error in_use(const store::StoredCache& cache, const std::string& action) {
  return Error(action + " the cache", cache.identity.id, "a build is using it",
               "wait until that build has ended", ExitCode::failed);
}

int remove(const Caches& in) {
  for (const std::string& word : in.arguments.words)
    for (const store::StoredCache& cache : store::find_caches(in.store, word)) {
      if (!store::remove_cache(in.store, in.engine, cache.name)) throw in_use(cache, "removing");
      std::printf("removed %s  %s\n", cache.identity.id.c_str(), cache.name.substr(0, 12).c_str());
    }
  return 0;
}

/// Of several caches with one id only a name says which is meant.
store::StoredCache the_cache(const Caches& in, const std::string& word) {
  const std::vector<store::StoredCache> found = store::find_caches(in.store, word);
  if (found.size() == 1) return found.front();
  std::string names;
  for (const store::StoredCache& cache : found)
    names += (names.empty() ? "" : ", ") + cache.name.substr(0, 12);
  throw usage_error("finding the cache", "\"" + word + "\"", "there are several: " + names,
                    "write one of these names; `trainyard cache ls` shows how they differ");
}

int export_cache(const Caches& in) {
  const store::StoredCache cache = the_cache(in, in.arguments.words.at(0));
  const fs::path file = absolute_normal(in.arguments.words.at(1));
  const auto lease = store::CacheLease::try_take(in.store, cache.name, LockFile::Mode::exclusive);
  if (!lease) throw in_use(cache, "exporting");
  const fs::path partial = file.string() + "." + random_name(8);
  try {
    in.engine.call(k_tar_folder, {{"folder", lease->data().string()}, {"tar", partial.string()}});
    rename_path(partial, file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(partial, ignored);
    throw;
  }
  std::fprintf(stderr, "%s  exported to %s, %s\n", cache.identity.id.c_str(), file.c_str(),
               format_bytes(fs::file_size(file)).c_str());
  return 0;
}

/// What is there already keeps its options; a new cache is one without any.
store::CacheIdentity identity_for(const Caches& in, const std::string& id) {
  std::vector<store::StoredCache> there;
  for (store::StoredCache& cache : store::list_caches(in.store))
    if (cache.identity.id == id || (id.size() >= 12 && cache.name.starts_with(id)))
      there.push_back(std::move(cache));
  if (there.size() > 1) the_cache(in, id);
  if (there.size() == 1) return there.front().identity;
  return {id, {{"id_map", in.engine.id_map_class()}}};
}

int import_cache(const Caches& in) {
  const fs::path file = absolute_normal(in.arguments.words.at(1));
  const store::CacheIdentity identity = identity_for(in, in.arguments.words.at(0));
  const store::WorkFolder work(in.store);
  const fs::path fresh = work.fresh("cache");
  make_directories(fresh, 0700);
  in.engine.call("store.unpack_cache",
                 {{"tar", file.string()}, {"tree", (fresh / "data").string()}});
  const auto lease =
      store::CacheLease::try_take(in.store, identity.name(), LockFile::Mode::exclusive);
  if (!lease) throw in_use({identity.name(), identity, 0, true}, "replacing");
  if (lease->exists()) lease->give_up(work.fresh("old"));
  lease->adopt(fresh, identity);
  std::fprintf(stderr, "%s  imported from %s\n", identity.id.c_str(), file.c_str());
  return 0;
}

int act(const Caches& in) {
  const std::string& action = in.arguments.action;
  const size_t count = in.arguments.words.size();
  if (action == "ls" && count == 0) return list(in);
  if (action == "rm" && count > 0) return remove(in);
  if (action == "export" && count == 2) return export_cache(in);
  if (action == "import" && count == 2) return import_cache(in);
  const std::vector<std::string> known{"ls", "rm", "export", "import"};
  const bool is_known = std::find(known.begin(), known.end(), action) != known.end();
  const std::string near = is_known ? "" : suggestion(action, known);
  throw usage_error("reading", "the arguments of \"trainyard cache\"",
                    is_known
                        ? "\"" + action + "\" does not take " + std::to_string(count) + " words"
                        : "there is no action \"" + action + "\"",
                    near.empty() ? k_usage : near);
}

}  // namespace

int cache_command(const std::vector<std::string>& words) {
  CLI::App app(
      "The caches that build steps mount and that outlive them: lists them, removes some, writes "
      "one "
      "to a tar and reads it from one.",
      "cache");
  CacheArguments arguments;
  app.add_option("action", arguments.action, "What to do")
      ->required()
      ->type_name("ls|rm|export|import");
  app.add_option("words", arguments.words,
                 "rm: ids, or names as ls shows them; export, import: an id and a file")
      ->type_name("ID...");
  app.add_flag("--json", arguments.json, "ls: as JSON");
  const StoreArguments store_arguments(app, StoreArguments::Engine::with);
  if (!parse(app, words)) return 0;

  const store::Store store = store_arguments.open_store();
  const auto engine = store_arguments.make_engine(store);
  int code = 0;
  {
    const store::Visit visit(store);
    code = act({arguments, store, *engine});
  }
  if (arguments.action != "ls") store::sweep(store, *engine);
  return code;
}

}  // namespace trainyard::cli

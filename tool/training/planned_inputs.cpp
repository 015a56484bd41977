#include "training/planned_inputs.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "training/input_pattern.hpp"

namespace trainyard::training {

namespace {

/// Each is a mount that the OCI runtime makes, and more of them take it seconds.
constexpr size_t k_most_in_working_folder = 500;

/// What patterns of one folder match: the files appear below one place.
struct Chosen {
  fs::path place;
  fs::path source;
  std::vector<std::string> files;
};

class InputPlanner {
 public:
  InputPlanner(const store::Store& store, const RunSpec& spec, PlannedRun& planned)
      : spec_(spec), planned_(planned), index_(store, spec.source_dir) {
    for (const fs::path& folder : {spec.build_dir, store.root()}) {
      std::error_code error;
      const fs::path real = fs::canonical(folder, error);
      if (!error) excluded_.push_back(real);
    }
  }

  void run() {
    for (const RunInput& input : spec_.inputs)
      if (input.pattern.empty()) add_whole(input);
    for (Chosen& chosen : all_chosen()) {
      if (chosen.place == spec_.working_directory)
        spread(chosen);
      else
        add_chosen(chosen);
    }
  }

 private:
  fs::path place_of(const RunInput& input) const {
    return absolute_normal(fs::path(spec_.working_directory) / input.target);
  }

  void add_whole(const RunInput& input) {
    std::error_code error;
    if (!fs::exists(input.source, error))
      throw usage_error("reading the inputs of " + spec_.name, input.source.string(),
                        "there is no such file or folder",
                        "make it, or mend INPUTS in what wrote " + spec_.file.string());
    PlannedInput taken{place_of(input).string(), take_snapshot(input.source, excluded_, index_)};
    for (const InputEntry& entry : taken.snapshot.entries)
      if (entry.kind != InputEntry::Kind::link)
        planned_.read.push_back(entry.path.empty() ? input.source : input.source / entry.path);
    planned_.plan.inputs.push_back(std::move(taken));
  }

  /// Outer folders first: what others match below is theirs.
  std::vector<Chosen> all_chosen() {
    std::vector<const RunInput*> patterns;
    for (const RunInput& input : spec_.inputs)
      if (!input.pattern.empty()) patterns.push_back(&input);
    std::stable_sort(patterns.begin(), patterns.end(), [](const RunInput* a, const RunInput* b) {
      return a->source.native().size() < b->source.native().size();
    });
    std::vector<Chosen> all;
    for (const RunInput* input : patterns) {
      const fs::path place = place_of(*input);
      const auto outer = std::find_if(all.begin(), all.end(), [&](const Chosen& other) {
        return lies_within(place, other.place) && input->source.lexically_relative(other.source) ==
                                                      place.lexically_relative(other.place);
      });
      Chosen& chosen =
          outer != all.end() ? *outer : all.emplace_back(Chosen{place, input->source, {}});
      const fs::path below = input->source.lexically_relative(chosen.source);
      for (const std::string& file : match(*input))
        chosen.files.push_back(below == "." ? file : (below / file).string());
    }
    for (Chosen& chosen : all) {
      std::sort(chosen.files.begin(), chosen.files.end(), comes_before);
      chosen.files.erase(std::unique(chosen.files.begin(), chosen.files.end()), chosen.files.end());
    }
    return all;
  }

  std::vector<std::string> match(const RunInput& input) {
    const InputPattern pattern{input.source, input.pattern};
    MatchedFiles found = match_files(pattern, excluded_);
    if (found.files.empty()) {
      const std::string near = nearest_pattern(pattern);
      throw usage_error(
          "reading the inputs of " + spec_.name, (input.source / input.pattern).string(),
          "no file matches",
          near.empty() ? "make one, or mend INPUTS in what wrote " + spec_.file.string() : near);
    }
    for (fs::path& folder : found.walked) planned_.read.push_back(std::move(folder));
    for (const std::string& file : found.files) planned_.read.push_back(input.source / file);
    return std::move(found.files);
  }

  void add_chosen(const Chosen& chosen) {
    planned_.plan.inputs.push_back(
        {chosen.place.string(), take_snapshot_of(chosen.source, chosen.files, index_)});
  }

  /// The working folder itself is the command's: files come to it one by one, folders as a whole.
  void spread(const Chosen& chosen) {
    std::map<std::string, Chosen> folders;
    std::vector<std::string> single;
    for (const std::string& file : chosen.files) {
      const size_t slash = file.find('/');
      const std::string name = file.substr(0, slash);
      if (is_taken(chosen.place / name, chosen.source / name)) continue;
      if (slash == std::string::npos) {
        single.push_back(file);
        continue;
      }
      Chosen& folder = folders[name];
      folder.place = chosen.place / name;
      folder.source = chosen.source / name;
      folder.files.push_back(file.substr(slash + 1));
    }
    if (single.size() > k_most_in_working_folder)
      throw usage_error("reading the inputs of " + spec_.name, chosen.source.string(),
                        std::to_string(single.size()) +
                            " files would lie in the working folder itself; " +
                            std::to_string(k_most_in_working_folder) + " may",
                        "give them a folder: INPUTS data=<pattern>");
    for (const std::string& file : single)
      planned_.plan.inputs.push_back(
          {(chosen.place / file).string(), take_snapshot(chosen.source / file, excluded_, index_)});
    for (const auto& [name, folder] : folders) add_chosen(folder);
  }

  /// Whether an input of its own brings this in already.
  bool is_taken(const fs::path& place, const fs::path& source) const {
    for (const RunInput& input : spec_.inputs) {
      const fs::path other = place_of(input);
      if (!input.pattern.empty()) continue;
      if (other == place && input.source == source) return true;
      if (lies_within(place, other)) refuse(place, other);
    }
    std::vector<std::string> written;
    for (const RunOutput& output : spec_.outputs) written.push_back(output.path);
    if (!spec_.checkpoints.empty()) written.push_back(spec_.checkpoints);
    for (const std::string& path : written) {
      const fs::path other = absolute_normal(fs::path(spec_.working_directory) / path);
      if (lies_within(other, place) || lies_within(place, other)) refuse(place, other);
    }
    return false;
  }

  [[noreturn]] void refuse(const fs::path& place, const fs::path& other) const {
    throw usage_error(
        "reading the inputs of " + spec_.name, place.string(),
        "a pattern matches files there, and " + other.string() + " is another input or an output",
        "give the pattern's files a folder of their own: INPUTS data=<pattern>");
  }

  const RunSpec& spec_;
  PlannedRun& planned_;
  store::FingerprintIndex index_;
  std::vector<fs::path> excluded_;
};

}  // namespace

void plan_inputs(const store::Store& store, const RunSpec& spec, PlannedRun& planned) {
  InputPlanner(store, spec, planned).run();
}

}  // namespace trainyard::training

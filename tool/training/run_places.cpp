#include "training/run_places.hpp"

#include <algorithm>

namespace trainyard::training {

namespace {

bool overlap(const fs::path& one, const fs::path& other) {
  return lies_within(one, other) || lies_within(other, one);
}

/// Where an input comes to lie; its source tells whether two of one folder can share a place.
struct Claim {
  std::string target;
  fs::path place;
  fs::path source;
  bool pattern;
};

class Places {
 public:
  Places(const RunSpec& spec, const FailMember& fail) : spec_(spec), fail_(fail) {
    for (const RunInput& input : spec.inputs)
      inputs_.push_back(
          {input.target, absolute(input.target), input.source, !input.pattern.empty()});
    if (const auto& file = spec.parameters_file)
      inputs_.push_back({file->target, absolute(file->target), file->source, false});
  }

  void check() const {
    if (!spec_.checkpoints.empty())
      for (const RunOutput& output : spec_.outputs)
        if (overlap(absolute(spec_.checkpoints), absolute(output.path)))
          fail_("checkpoints", "\"" + spec_.checkpoints + "\" and the output \"" + output.path +
                                   "\" lie in each other");
    for (size_t i = 0; i < inputs_.size(); ++i) {
      check_place(inputs_[i]);
      for (size_t j = 0; j < i; ++j) check_two(inputs_[i], inputs_[j]);
    }
  }

 private:
  fs::path absolute(const std::string& path) const {
    return absolute_normal(fs::path(spec_.working_directory) / path);
  }

  void check_place(const Claim& input) const {
    // Of a pattern whose files lie in the working folder itself the plan tells, when they are
    // known.
    if (input.pattern && input.place == spec_.working_directory) return;
    if (lies_within(spec_.working_directory, input.place))
      fail_("inputs", "\"" + input.place.string() + "\" would hide the working folder " +
                          spec_.working_directory);
    if (input.place == "/tmp")
      fail_("inputs", "\"/tmp\" is the container's own folder for temporary files");
    if (!spec_.checkpoints.empty() && overlap(absolute(spec_.checkpoints), input.place))
      fail_("checkpoints", "\"" + spec_.checkpoints + "\" lies where the read-only input \"" +
                               input.target + "\" is");
    for (const RunOutput& output : spec_.outputs)
      if (overlap(absolute(output.path), input.place))
        fail_("outputs", "declares \"" + output.path + "\" where the read-only input \"" +
                             input.target + "\" is");
  }

  /// A pattern leaves room for what lies in its folder anyway.
  bool has_room_for(const Claim& outer, const Claim& inner) const {
    if (!outer.pattern || !lies_within(inner.place, outer.place)) return false;
    if (outer.place == spec_.working_directory) return true;
    if (inner.place == outer.place && !inner.pattern) return false;
    return inner.source.lexically_relative(outer.source) ==
           inner.place.lexically_relative(outer.place);
  }

  void check_two(const Claim& one, const Claim& other) const {
    if (has_room_for(one, other) || has_room_for(other, one)) return;
    if (one.place == other.place)
      fail_("inputs", "puts two inputs at \"" + one.place.string() + "\"");
    if (overlap(one.place, other.place))
      fail_("inputs", "puts \"" + std::max(one.place, other.place).string() +
                          "\" inside the input \"" + std::min(one.place, other.place).string() +
                          "\"");
  }

  const RunSpec& spec_;
  const FailMember& fail_;
  std::vector<Claim> inputs_;
};

}  // namespace

void check_places(const RunSpec& spec, const FailMember& fail) {
  Places(spec, fail).check();
}

}  // namespace trainyard::training

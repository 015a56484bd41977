#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "oci/digest.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// `steps/<kk>/<key>.json`: what a step with this key made. The record is sealed: a truncated or
/// flipped one reads as absent.
struct StepRecord {
  std::optional<oci::Digest> diff_id;  ///< nothing when the step left no layer
  uint64_t size = 0;                   ///< bytes of the layer's tar
  Json inputs;                         ///< what was hashed, member by member, for `why`
  std::string text;                    ///< the instruction
  double seconds = 0;                  ///< how long it took
  uint64_t changed = 0, moved = 0;  ///< bytes of the layer that only repeat files of earlier ones
  std::string boot_id;  ///< the boot that made it; put_step fills in this one when it is empty
  bool synced =
      false;  ///< known to be whole on the disk by having been read back after another boot
};

/// Trusted are a record of this boot, one that a later sync covered (sync_state.hpp), and one whose
/// blob, read now, still has its digest. One open and one read in the common case: sixty must cost
/// next to nothing.
std::optional<StepRecord> find_step(const Store& store, const std::string& key);
void put_step(const Store& store, const std::string& key, const StepRecord& record);

/// A record's file as it lies there, for `check` and `gc`.
struct KeptStep {
  fs::path file;
  std::optional<StepRecord> record;  ///< nothing when the file is damaged
};
/// Every step record. Files of facts are not among them.
std::vector<KeptStep> list_steps(const Store& store);
/// Files of facts (below): path, and whether its seal is whole.
std::vector<std::pair<fs::path, bool>> list_facts(const Store& store);

/// Small facts that are functions of a key, kept the same way: e.g. the content digest of a path in
/// a stage. `kind` is a folder name below steps/.
std::optional<std::string> find_fact(const Store& store, const std::string& kind,
                                     const std::string& key);
void put_fact(const Store& store, const std::string& kind, const std::string& key,
              const std::string& value);

/// Makes all records and trees of this boot so far outlive a power cut, by one syncfs. One system
/// call when there is nothing new. Takes as long as the disk needs for all that was written, so it
/// is done beside everything else (cli/background_sync.hpp).
void sync_steps(const Store& store);

}  // namespace trainyard::store

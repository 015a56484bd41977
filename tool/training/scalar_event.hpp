#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::training {

struct ScalarEvent {
  std::string tag;
  double value = 0;
  int64_t step = 0;
  double wall_time = 0;  ///< seconds since 1970
};

/// The scalars of one message `Event` (tensorflow/core/util/event.proto): a summary's
/// `simple_value`, and tensors of one number, as newer writers have it. Images, histograms, graphs
/// and texts are passed over. Nothing when it is no such message.
std::optional<std::vector<ScalarEvent>> parse_scalar_events(std::string_view record);

}  // namespace trainyard::training

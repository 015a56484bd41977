#pragma once

#include <string>

namespace trainyard::store {

/// Who has something in flight, as a text that other processes can judge: boot id, pid, start time,
/// and the PID namespace in which that pid means something.
std::string own_owner_text();

enum class OwnerState {
  alive,
  dead,
  unknown  ///< the text is not whole
};
/// An owner of this boot in another PID namespace (a container that shares the store) counts as
/// alive: its pid says nothing here.
OwnerState owner_state(const std::string& text);

}  // namespace trainyard::store

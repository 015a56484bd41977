#pragma once

#include <string>

namespace trainyard::training {

/// A metric's name as it is kept and shown: bytes that are not UTF-8 replaced.
std::string metric_name(const std::string& bytes);

}  // namespace trainyard::training

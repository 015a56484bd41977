#pragma once

#include <cstdint>
#include <string_view>

namespace trainyard {

/// CRC-32C (Castagnoli's polynomial, reflected, as iSCSI and TensorFlow's records have it) of
/// `bytes`; `before` is that of what came before them.
uint32_t crc32c(std::string_view bytes, uint32_t before = 0);

}  // namespace trainyard

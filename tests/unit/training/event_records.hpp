#pragma once

#include <string>

/// Records of an event file as protoc's own code and another CRC-32C wrote them.
namespace trainyard::training::testing {

inline std::string from_hex(const std::string& text) {
  std::string bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes += static_cast<char>(std::stoi(text.substr(i, 2), nullptr, 16));
  return bytes;
}

/// The first record of every file: file_version "brain.Event:2".
inline constexpr const char* k_version =
    "1d00000000000000602fdf230900000040fc54d9411a0d627261696e2e4576656e743a3252030a017744eefc"
    "e2";

/// Step 1 of loss/train, 0.5, beside a histogram.
inline constexpr const char* k_loss =
    "420000000000000079f36eaa0900006040fc54d94110012a350a110a0a6c6f73732f747261696e150000003f"
    "0a200a01682a1b11000000000000f03f3a10000000000000f03f00000000000000405724813d";

/// Step 2: tensors of one number in all ways of writing it, a vector and a text.
inline constexpr const char* k_tensors =
    "690100000000000030dbac340900008040fc54d94110022adb020a260a09666c6f61745f76616c420a080112"
    "002a040000803e4a0d0a090a077363616c61727320010a240a07636f6e74656e74420a0801120022040000c0"
    "bf4a0d0a090a077363616c61727320010a270a06646f75626c65420e08021200320895d626e80b2e113e4a0d"
    "0a090a077363616c61727320010a280a05696e743634421008091200520afdffffffffffffffff014a0d0a09"
    "0a077363616c61727320010a1f0a0468616c664208081312006a0280784a0d0a090a077363616c6172732001"
    "0a220a0662666c6f61744209080e12006a0380ff024a0d0a090a077363616c61727320010a210a036f6e6542"
    "0b08031204120208013a01074a0d0a090a077363616c61727320010a2f0a06766563746f7242160801120412"
    "0208032a0c0000803f00000040000040404a0d0a090a077363616c61727320010a1f0a0474657874420b0807"
    "1200420568656c6c6f4a0a0a060a047465787420011e52bb9e";

/// Step 3 of loss/train: not a number.
inline constexpr const char* k_nan =
    "200000000000000029eda950090000c040fc54d94110032a130a110a0a6c6f73732f747261696e150000c07f"
    "31a6fd98";

}  // namespace trainyard::training::testing

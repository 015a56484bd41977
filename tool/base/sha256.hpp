#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace trainyard {

using Sha256Bytes = std::array<uint8_t, 32>;

/// 64 lower-case hexadecimal digits, and back (of nothing else).
std::string to_hex(const Sha256Bytes& bytes);
Sha256Bytes sha256_of_hex(std::string_view hex);

/// SHA-256 over a stream (OpenSSL). One object, one digest.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view data);
  /// Call one of these, once. 64 lower-case hexadecimal digits.
  std::string hex();
  Sha256Bytes bytes();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view data);
/// Of a file's content; throws Error naming it.
std::string sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace trainyard

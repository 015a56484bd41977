#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace trainyard {

/// SHA-256 over a stream (OpenSSL). One object, one digest.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view data);
  /// 64 lower-case hexadecimal digits. Call once.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256_hex(std::string_view data);
/// Of a file's content; throws Error naming it.
std::string sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace trainyard

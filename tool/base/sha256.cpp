#include "base/sha256.hpp"

// The functions of SHA-256 itself, not EVP: that loads configuration and providers first, which
// takes longer than all the hashing of a build with nothing to do.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard {

struct Sha256::Context {
  SHA256_CTX state;
};

namespace {
void require(int result) {
  if (result != 1) throw Error("computing", "a SHA-256", "OpenSSL refused the operation");
}
}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(SHA256_Init(&context_->state));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view data) {
  require(SHA256_Update(&context_->state, data.data(), data.size()));
}

Sha256Bytes Sha256::bytes() {
  Sha256Bytes bytes;
  require(SHA256_Final(bytes.data(), &context_->state));
  return bytes;
}

std::string Sha256::hex() {
  return to_hex(bytes());
}

std::string to_hex(const Sha256Bytes& bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(2 * bytes.size(), '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = digits[bytes[i] >> 4];
    text[2 * i + 1] = digits[bytes[i] & 15];
  }
  return text;
}

Sha256Bytes sha256_of_hex(std::string_view hex) {
  const auto digit = [](char c) { return static_cast<uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); };
  Sha256Bytes bytes{};
  for (size_t i = 0; i < bytes.size() && 2 * i + 1 < hex.size(); ++i)
    bytes[i] = static_cast<uint8_t>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  return bytes;
}

std::string sha256_hex(std::string_view data) {
  Sha256 hash;
  hash.update(data);
  return hash.hex();
}

std::string sha256_hex_of_file(const std::filesystem::path& path) {
  const UniqueFd fd = open_for_reading(path);
  Sha256 hash;
  std::string buffer(1 << 18, '\0');
  while (true) {
    const ssize_t n = ::read(fd.get(), buffer.data(), buffer.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error("reading", path.string());
    if (n == 0) return hash.hex();
    hash.update(std::string_view(buffer).substr(0, static_cast<size_t>(n)));
  }
}

}  // namespace trainyard

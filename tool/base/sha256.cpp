#include "base/sha256.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>

#include "base/error.hpp"
#include "base/file.hpp"

namespace trainyard {

struct Sha256::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

namespace {
void require(int result) {
  if (result != 1) throw Error("computing", "a SHA-256", "OpenSSL refused the operation");
}

const EVP_MD* algorithm() {
  // Fetched once: each EVP_sha256() look-up by OpenSSL 3 costs more than hashing a short key.
  static EVP_MD* const md = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return md != nullptr ? md : EVP_sha256();
}
}  // namespace

Sha256::Sha256() : context_(std::make_unique<Context>()) {
  require(EVP_DigestInit_ex(context_->evp, algorithm(), nullptr));
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view data) {
  require(EVP_DigestUpdate(context_->evp, data.data(), data.size()));
}

std::string Sha256::hex() {
  std::array<unsigned char, 32> bytes;
  require(EVP_DigestFinal_ex(context_->evp, bytes.data(), nullptr));
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(64);
  for (const unsigned char byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
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

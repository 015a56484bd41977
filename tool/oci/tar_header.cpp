#include "oci/tar_header.hpp"

#include <array>
#include <cstring>
#include <string_view>

namespace trainyard::oci {

namespace {

/// The ustar block (POSIX.1-2001, pax, "ustar Interchange Format").
struct UstarBlock {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link_target[100];
  char magic[6];
  char version[2];
  char user_name[32];
  char group_name[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char rest[12];
};
static_assert(sizeof(UstarBlock) == k_tar_block);

/// Zero-padded octal digits and a NUL; whether the value fits.
template <size_t N>
bool put_octal(char (&field)[N], uint64_t value) {
  static_assert(N <= 20);
  if ((value >> (3 * (N - 1))) != 0) value = UINT64_MAX;
  const bool fits = value != UINT64_MAX;
  if (!fits) value = 0;
  for (size_t i = N - 1; i-- > 0; value >>= 3) field[i] = static_cast<char>('0' + (value & 7));
  field[N - 1] = '\0';
  return fits;
}

template <size_t N>
bool put_text(char (&field)[N], std::string_view text) {
  const bool fits = text.size() <= N;
  std::memcpy(field, text.data(), std::min(text.size(), N));
  return fits;
}

/// The name whole or split at a slash into prefix and name; a name that fits nowhere is cut.
bool put_name(UstarBlock& block, std::string_view name) {
  if (name.size() <= sizeof block.name) return put_text(block.name, name);
  // The prefix as long as it can be: a name's first part is what entries have in common.
  const size_t slash = name.rfind('/', std::min(sizeof block.prefix, name.size() - 2));
  if (slash != std::string_view::npos && slash > 0 &&
      name.size() - slash - 1 <= sizeof block.name) {
    put_text(block.prefix, name.substr(0, slash));
    return put_text(block.name, name.substr(slash + 1));
  }
  put_text(block.name, name.substr(0, sizeof block.name));
  return false;
}

void seal(UstarBlock& block) {
  std::memset(block.checksum, ' ', sizeof block.checksum);
  const auto* bytes = reinterpret_cast<const unsigned char*>(&block);
  uint64_t sum = 0;
  for (size_t i = 0; i < sizeof block; ++i) sum += bytes[i];
  char digits[7];
  put_octal(digits, sum);
  std::memcpy(block.checksum, digits, sizeof digits);  // six digits, NUL, then the blank stays
}

UstarBlock blank_block(char type) {
  UstarBlock block;
  std::memset(&block, 0, sizeof block);
  std::memcpy(block.magic, "ustar", 6);
  std::memcpy(block.version, "00", 2);
  block.type = type;
  return block;
}

std::string_view bytes_of(const UstarBlock& block) {
  return {reinterpret_cast<const char*>(&block), sizeof block};
}

/// "<length> <keyword>=<value>\n", where the length counts its own digits.
std::string pax_record(std::string_view keyword, std::string_view value) {
  const size_t rest = keyword.size() + value.size() + 3;
  size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  std::string record = std::to_string(length) + " ";
  record.append(keyword).append("=").append(value).append("\n");
  return record;
}

std::string decimal_time(int64_t seconds, int64_t nanoseconds) {
  std::string text = std::to_string(seconds);
  if (nanoseconds == 0) return text;
  const std::string digits = std::to_string(nanoseconds);
  std::string fraction = std::string(9 - digits.size(), '0') + digits;
  fraction.erase(fraction.find_last_not_of('0') + 1);
  return text + "." + fraction;
}

std::string extended_header(const std::map<std::string, std::string>& records) {
  std::string body;
  for (const auto& [keyword, value] : records) body += pax_record(keyword, value);
  UstarBlock block = blank_block('x');
  put_text(block.name, "././@PaxHeader");
  put_octal(block.mode, 0644);
  put_octal(block.uid, 0);
  put_octal(block.gid, 0);
  put_octal(block.size, body.size());
  put_octal(block.mtime, 0);
  put_octal(block.device_major, 0);
  put_octal(block.device_minor, 0);
  seal(block);
  std::string bytes(bytes_of(block));
  bytes += body;
  bytes.append(tar_padding(body.size()), '\0');
  return bytes;
}

}  // namespace

std::string encode_tar_header(const TarEntry& entry) {
  UstarBlock block = blank_block(static_cast<char>(entry.type));
  std::map<std::string, std::string> records;
  if (!put_name(block, entry.name)) records["path"] = entry.name;
  if (!put_text(block.link_target, entry.link_target)) records["linkpath"] = entry.link_target;
  put_octal(block.mode, entry.mode & 07777);
  if (!put_octal(block.uid, entry.uid)) records["uid"] = std::to_string(entry.uid);
  if (!put_octal(block.gid, entry.gid)) records["gid"] = std::to_string(entry.gid);
  if (!put_octal(block.size, entry.size)) records["size"] = std::to_string(entry.size);
  // Readers disagree on fractions before 1970: those are cut to the second below.
  const int64_t nanoseconds = entry.seconds < 0 ? 0 : entry.nanoseconds;
  const bool fits = put_octal(block.mtime, static_cast<uint64_t>(entry.seconds));
  if (!fits || nanoseconds != 0) records["mtime"] = decimal_time(entry.seconds, nanoseconds);
  put_octal(block.device_major, entry.device_major);
  put_octal(block.device_minor, entry.device_minor);
  for (const auto& [name, value] : entry.xattrs) records["SCHILY.xattr." + name] = value;
  seal(block);
  std::string bytes = records.empty() ? std::string() : extended_header(records);
  bytes += bytes_of(block);
  return bytes;
}

}  // namespace trainyard::oci

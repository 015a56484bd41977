#include "engine/native/compiled_filter.hpp"

#include <linux/filter.h>
#include <sys/stat.h>

#include <cstring>

#include "base/error.hpp"
#include "base/fingerprint.hpp"

namespace trainyard::engine::native {

namespace {

constexpr size_t k_digits = 32;

std::string base64(std::string_view bytes) {
  static constexpr char digits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t group = 0;
    for (size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (size_t k = 0; k < 4; ++k)
      text += i + k <= bytes.size() ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

bool is_program(std::string_view bytes) {
  return !bytes.empty() && bytes.size() % sizeof(sock_filter) == 0 &&
         bytes.size() / sizeof(sock_filter) <= BPF_MAXINSNS;
}

fs::path file_of(const Runtime& runtime, const fs::path& engine_folder, const Json& profile) {
  return engine_folder / "filters" / fingerprint(identity_of(runtime) + profile.dump()).hex();
}

}  // namespace

CompiledFilter::CompiledFilter(const Runtime& runtime, const fs::path& engine_folder,
                               const Json& profile)
    : usable_(runtime.kind == Runtime::Kind::crun) {
  if (usable_) file_ = file_of(runtime, engine_folder, profile);
}

std::optional<std::string> CompiledFilter::find() const {
  std::optional<std::string> text;
  try {
    text = read_file_if_exists(file_);
  } catch (const Error&) {
    return std::nullopt;
  }
  if (!text || text->size() <= k_digits + 1) return std::nullopt;
  std::string program = text->substr(k_digits + 1);
  if (!is_program(program) || fingerprint(program).hex() != text->substr(0, k_digits))
    return std::nullopt;
  return program;
}

void CompiledFilter::put_into(Json& config) {
  if (!usable_) return;
  const std::optional<std::string> program = find();
  if (!program) return;
  config["annotations"]["run.oci.seccomp_bpf_data"] = base64(*program);
  named_ = true;
}

void CompiledFilter::keep(const fs::path& state) const {
  if (!usable_ || named_) return;
  try {
    const auto program = read_file_if_exists(state / "container/seccomp.bpf");
    if (!program || !is_program(*program)) return;
    write_file_atomic(file_, fingerprint(*program).hex() + "\n" + *program);
  } catch (const Error&) {
    // A full disk is no reason to end a container that runs.
  }
}

}  // namespace trainyard::engine::native

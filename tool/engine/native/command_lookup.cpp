#include "engine/native/command_lookup.hpp"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <optional>

#include "base/error.hpp"

namespace trainyard::engine::native {

namespace {

constexpr const char* k_default_path =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string search_path(const std::vector<std::string>& environment) {
  for (const std::string& entry : environment)
    if (entry.starts_with("PATH=")) return entry.substr(5);
  return k_default_path;
}

enum class Found { nothing, not_executable, executable };

Found look(const UniqueFd& place) {
  struct stat info {};
  if (!place || ::fstat(place.get(), &info) != 0) return Found::nothing;
  return S_ISREG(info.st_mode) && (info.st_mode & 0111) != 0 ? Found::executable
                                                             : Found::not_executable;
}

/// What the kernel starts in the program's place: the `#!` line's or the ELF file's interpreter.
std::optional<std::string> interpreter_of(int place) {
  const UniqueFd fd(
      ::open(("/proc/self/fd/" + std::to_string(place)).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::array<char, 256> head{};
  if (::pread(fd.get(), head.data(), head.size() - 1, 0) < 4) return std::nullopt;
  if (head[0] == '#' && head[1] == '!') {
    const std::string line(head.data() + 2, ::strcspn(head.data() + 2, "\r\n"));
    const size_t start = line.find_first_not_of(" \t");
    if (start == std::string::npos) return std::nullopt;
    return line.substr(start, line.find_first_of(" \t", start) - start);
  }
  Elf64_Ehdr header{};
  std::memcpy(&header, head.data(), sizeof header);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0 || header.e_ident[EI_CLASS] != ELFCLASS64)
    return std::nullopt;
  for (unsigned i = 0; i < header.e_phnum && header.e_phentsize == sizeof(Elf64_Phdr); ++i) {
    Elf64_Phdr segment{};
    const auto at = static_cast<off_t>(header.e_phoff + i * sizeof segment);
    if (::pread(fd.get(), &segment, sizeof segment, at) != sizeof segment) return std::nullopt;
    if (segment.p_type != PT_INTERP || segment.p_filesz == 0 || segment.p_filesz > 4096) continue;
    std::string name(segment.p_filesz, '\0');
    if (::pread(fd.get(), name.data(), name.size(), static_cast<off_t>(segment.p_offset)) < 0)
      return std::nullopt;
    return name.substr(0, name.find('\0'));
  }
  return std::nullopt;
}

void check_interpreter(const ContainerRoot& root, const std::string& command,
                       const UniqueFd& place) {
  const std::optional<std::string> interpreter = interpreter_of(place.get());
  if (!interpreter || !interpreter->starts_with('/') || root.find(*interpreter)) return;
  throw CommandNotExecutable(
      127, command, "its interpreter " + *interpreter + " is not in the image",
      "install it, or link the program statically; EXECUTABLES brings the libraries "
      "and the loader of a program along");
}

void check_at(const ContainerRoot& root, const std::string& command, const std::string& path) {
  const UniqueFd place = root.find(path);
  switch (look(place)) {
    case Found::nothing:
      throw CommandNotExecutable(127, command, "no such file in the image",
                                 "is it copied into the image, under this name?");
    case Found::not_executable:
      throw CommandNotExecutable(126, command, "it is not an executable file",
                                 "COPY --chmod=755, or RUN chmod +x, makes it one");
    case Found::executable:
      check_interpreter(root, command, place);
  }
}

}  // namespace

void check_command(const ContainerRoot& root, const std::string& command,
                   const std::vector<std::string>& environment,
                   const std::string& working_directory) {
  if (command.empty())
    throw CommandNotExecutable(127, "\"\"", "the command is empty", "name a program");
  if (command.find('/') != std::string::npos) {
    check_at(root, command, command.starts_with('/') ? command : working_directory + "/" + command);
    return;
  }
  const std::string folders = search_path(environment);
  bool seen = false;
  for (size_t start = 0; start <= folders.size();) {
    const size_t end = std::min(folders.find(':', start), folders.size());
    const std::string folder = folders.substr(start, end - start);
    start = end + 1;
    const UniqueFd place = root.find(
        (folder.starts_with('/') ? folder : working_directory + "/" + folder) + "/" + command);
    const Found found = look(place);
    seen = seen || found == Found::not_executable;
    if (found != Found::executable) continue;
    check_interpreter(root, command, place);
    return;
  }
  if (seen)
    throw CommandNotExecutable(126, command, "it is not an executable file",
                               "RUN chmod +x makes it one");
  throw CommandNotExecutable(127, command, "no such program in the image's PATH (" + folders + ")",
                             "install it in the image, or give its absolute path");
}

}  // namespace trainyard::engine::native

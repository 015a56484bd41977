#include "build/archive_extraction.hpp"

#include <new>

#include "base/error.hpp"
#include "base/memory_limit.hpp"
#include "build/source_file.hpp"

namespace trainyard::build {

bool extract_archive(const fs::path& file, const fs::path& folder, oci::ArchiveOwners owners) {
  const MemoryLimit memory;
  const UniqueFd in = open_source_file(file);
  try {
    return oci::unpack_archive(in.get(), file.string(), folder, {}, owners);
  } catch (const std::bad_alloc&) {
    throw usage_error("unpacking", file.string(), "it needs more memory than an archive may have",
                      "compress it with a smaller dictionary; COPY takes it as it is");
  } catch (const Error& error) {
    throw Error("unpacking", file.string(), error.what(), error.hint(), error.code());
  }
}

}  // namespace trainyard::build

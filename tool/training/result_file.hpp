#pragma once

#include <string>

#include "base/file.hpp"
#include "store/run_records.hpp"

namespace trainyard::training {

/// `<name>.result` (docs/spec-files.md): the run's key and the digest of its outputs, one a line.
/// What a build graph depends on: touched only when it changed, so an edit that ends in the same
/// outputs restores nothing.
struct ResultFile {
  std::string key;
  oci::Digest digest;
};

/// Returns whether it wrote.
bool write_result_file(const fs::path& path, const store::RunRecord& record);
/// Throws a usage error that names the file.
ResultFile read_result_file(const fs::path& path);

}  // namespace trainyard::training

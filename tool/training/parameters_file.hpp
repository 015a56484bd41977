#pragma once

#include <string>
#include <utility>
#include <vector>

#include "training/training_run.hpp"

namespace trainyard::training {

/// What a parameters file gives a run.
struct FileParameters {
  std::vector<std::pair<std::string, std::string>> values;  ///< by key: a text as it is, else JSON
  std::string text;  ///< a file of the same kind with these keys alone: what the command sees
};

/// Reads the file's keys; `given` parameters (PARAMETERS) of one of these names take its place.
/// Throws usage errors that name the file: it is not there, is not what its name says, lacks a key.
FileParameters read_parameters_file(const ParametersFile& file,
                                    const std::vector<std::pair<std::string, std::string>>& given);

}  // namespace trainyard::training

#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "training/scalar_event.hpp"

namespace trainyard::training {

/// TensorBoard's event files, as training scripts write them: records of TFRecord (length as 8
/// bytes, little end first; its masked CRC-32C; the bytes; their masked CRC-32C), each a protobuf
/// message `Event`, of which the scalars are read (training/scalar_event.hpp).

/// By its name, as TensorBoard tells them: "events.out.tfevents.1700000000.host".
bool is_event_file(const std::string& path);

/// How far a file could be read.
struct EventFileEnd {
  uint64_t offset = 0;        ///< behind the last complete record
  uint64_t passed_over = 0;   ///< records whose content is damaged
  std::string complaint;      ///< why it ends before the file does; empty when it does not
  bool is_cut_short = false;  ///< what is there of the last record is good: it may yet be written
};

/// Reads from `offset`, where a record begins, to the end of `fd`, a regular file. What is whole
/// is taken: a record that is cut off, or whose length is damaged, ends the reading; one of damaged
/// content is passed over. No record takes more than a megabyte of memory. Throws Error, with
/// `name`, when the file cannot be read.
EventFileEnd read_events(int fd, uint64_t offset, const std::string& name,
                         const std::function<void(const ScalarEvent&)>& sink);

}  // namespace trainyard::training

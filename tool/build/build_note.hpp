#pragma once

#include <optional>
#include <string>
#include <vector>

#include "build/build_image.hpp"
#include "store/store.hpp"

namespace trainyard::build {

/// One step of the last build.
struct NotedStep {
  std::string stage;   ///< its label in progress
  std::string text;    ///< the instruction
  std::string key;     ///< of its record
  std::string parent;  ///< chain-id of the layers below
  friend bool operator==(const NotedStep&, const NotedStep&) = default;
};

/// How the last build of an image went that ended well: what the next one is compared with, and
/// what `why` and `shell --step` look up. A fact of the store, one for each image that people tell
/// apart: a target of a build tree, a first tag, or a Dockerfile with its target stage.
struct BuildNote {
  std::vector<NotedStep> steps;  ///< of the needed stages, in order
  Json request;                  ///< what to build again; see request_of_note
  friend bool operator==(const BuildNote&, const BuildNote&) = default;
};

std::optional<BuildNote> find_build_note(const store::Store& store, const BuildRequest& request);
/// Leaves an equal one alone.
void keep_build_note(const store::Store& store, const BuildRequest& request, const BuildNote& note);

/// The request in a form that is kept, and back.
Json noted_request(const BuildRequest& request);
BuildRequest request_of_note(const Json& json);

/// The request of the last build that gave this tag to an image, if there was one.
std::optional<BuildRequest> find_request_of_tag(const store::Store& store,
                                                const oci::Reference& tag);

}  // namespace trainyard::build

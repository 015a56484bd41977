#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/json.hpp"

namespace trainyard::build {

/// The functions of this room that run inside the namespaces (base/job.hpp). All make or read layer
/// trees; in each request `work` is a fresh path on the store's file system for mount points and
/// the like, `parents` are the layer trees below, lowest first.

/// Makes the layer of a COPY or ADD: {parents, work, tree, destination, chown, chmod, unpack,
/// single} and {root, selection} (a list made by `serialise`, verified while it is copied), or
/// {layers | root, sources} (selected here, with all metadata, by the members of CopyFilter), or
/// both. With {twins, twin_tree}, the PlacedFiles of another tree and that tree, files that are the
/// same there are linked; {placed} is the file that gets those of this tree. Answers {}.
Json copy_job(const Json& request);
/// {layers | root, work, sources, CopyFilter} -> {digest}: `content_digest` of what a COPY --from
/// selects.
Json digest_job(const Json& request);
/// Makes what a RUN left fit for keeping and moves it to its place: {parents, work, upper, clamp,
/// tree}. Whiteouts of nothing go, and folders that overlay copied up and that are unchanged; those
/// that must stay for what is in them get back the time they have below. With `clamp` (seconds) no
/// mtime is later than that. Answers {changed, moved}: bytes that it repeats (RepeatedFiles).
Json normalise_job(const Json& request);
/// Makes `merged` of {trees}, lowest first: one tree that hides and shows what they do together.
/// Answers {}.
Json squash_job(const Json& request);
/// {parents, work, tree, path, user, single} -> {made}: the folder of a WORKDIR with its parents,
/// if it is missing.
Json workdir_job(const Json& request);
/// {left, right} -> {differences: [{path, what}]}: how two trees differ, in words, by their paths.
Json compare_trees_job(const Json& request);
/// Puts files at paths of their own: {parents, work, tree, files, single}. Answers {}.
Json files_job(const Json& request);

/// The topmost of them; empty when there are none.
fs::path topmost(const std::vector<std::string>& layers);
/// Mounts `layers` below `place` and answers that folder; an empty path when there are none.
fs::path mount_view(const std::vector<std::string>& layers, const fs::path& place);

}  // namespace trainyard::build

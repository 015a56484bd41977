#include "build/step_source.hpp"

#include "base/error.hpp"
#include "base/sha256.hpp"
#include "build/step_execution.hpp"

namespace trainyard::build {

namespace {

/// The folder, or the layers, that `from` of a COPY or a mount means.
template <class Step>
const fs::path* folder_of(const Step& step, const BuildSession& session) {
  using From = typename Step::From;
  if (step.from == From::folder) return &step.folder;
  return step.from == From::context ? &session.request.context : nullptr;
}

template <class Step>
LayersOrigin layers_of(const Step& step) {
  return {step.from == Step::From::stage ? step.stage : -1, step.image.get()};
}

/// Of a COPY. False when the digest of what it copies cannot be known.
bool find_inside(BuildSession& session, const CopyStep& copy, const DigestInLayers& digest,
                 StepSource& source) {
  if (copy.sources.empty()) return true;
  if (const fs::path* folder = folder_of(copy, session)) {
    source.selection = session.folders.select(*folder, copy.sources, copy.filter);
    source.content = content_digest(*source.selection);
    return true;
  }
  source.origin = layers_of(copy);
  const auto content = digest(*source.origin, copy.sources, copy.filter);
  if (content) source.content = *content;
  return content.has_value();
}

bool find_copied(BuildSession& session, const CopyStep& copy, const DigestInLayers& digest,
                 StepSource& source) {
  if (!find_inside(session, copy, digest, source)) return false;
  auto outside = std::make_unique<OutsideSources>(session, copy);
  if (outside->empty()) return true;
  source.content = sha256_hex(source.content + "\n" + outside->digest());
  source.outside = std::move(outside);
  return true;
}

std::optional<MountSource> find_mounted(BuildSession& session, const PlannedMount& mount,
                                        const DigestInLayers& digest) {
  MountSource source;
  if (!mount.reads()) return source;
  // What a cache begins with does not count: it may have begun with something else.
  if (const fs::path* folder = folder_of(mount, session)) {
    source.selection = select_for_mount(session.folders, *folder, mount);
    if (mount.is_bind()) source.content = content_digest(*source.selection);
    return source;
  }
  source.origin = layers_of(mount);
  if (!mount.is_bind()) return source;
  const auto content = digest(*source.origin, {literal_source(mount.source)}, {});
  if (!content) return std::nullopt;
  source.content = *content;
  return source;
}

struct NamedPlace {
  dockerfile::Location at;
  size_t length;
};

/// Calls `find`; what it does not find is said to be missing where `place` says.
template <class Find>
auto placed(const BuildSession& session, const PlannedStep& step,
            const std::function<NamedPlace(const SourceNotFound&)>& place, const Find& find) {
  try {
    return find();
  } catch (const SourceNotFound& error) {
    const auto [at, length] = place(error);
    throw session.plan.source.error(at, error.cause(), error.hint(), static_cast<int>(length));
  } catch (const Error& error) {
    throw place_error(session.plan, step, error);
  }
}

}  // namespace

std::vector<std::string> StepSource::mount_contents() const {
  std::vector<std::string> contents;
  for (const MountSource& mount : mounts) contents.push_back(mount.content);
  return contents;
}

std::optional<StepSource> find_step_source(BuildSession& session, const PlannedStep& step,
                                           const DigestInLayers& digest) {
  StepSource source;
  if (const auto* run = std::get_if<RunStep>(&step.body))
    for (const PlannedMount& mount : run->mounts) {
      const auto place = [&](const SourceNotFound&) {
        return NamedPlace{mount.asked.text.at, mount.asked.text.text.size()};
      };
      auto found =
          placed(session, step, place, [&] { return find_mounted(session, mount, digest); });
      if (!found) return std::nullopt;
      source.mounts.push_back(std::move(*found));
    }
  if (const auto* copy = std::get_if<CopyStep>(&step.body)) {
    const auto place = [&](const SourceNotFound& error) {
      return NamedPlace{error.index() < copy->places.size() ? copy->places[error.index()] : step.at,
                        error.subject().size()};
    };
    if (!placed(session, step, place, [&] { return find_copied(session, *copy, digest, source); }))
      return std::nullopt;
  }
  return source;
}

}  // namespace trainyard::build

#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/job.hpp"
#include "build/build_image.hpp"
#include "build/plan.hpp"
#include "oci/descriptor.hpp"
#include "store/store.hpp"

namespace trainyard::build {

/// Finds the images that stages start from and copy from, each once.
class BaseImages {
 public:
  BaseImages(const store::Store& store, JobRunner& runner);

  /// What a name means that is no stage and no named context: "oci:folder[:tag]", "digest-file:…",
  /// or an image in the store. Throws Error with near names as hint, and when what is there is for
  /// another platform.
  std::shared_ptr<const BaseImage> find(const std::string& name, const oci::Platform& platform);
  /// A named context that is not a folder.
  std::shared_ptr<const BaseImage> find(const std::string& name, const ContextSource& source,
                                        const oci::Platform& platform);

 private:
  std::shared_ptr<const BaseImage> from_store(const std::string& name, const ContextSource& source);
  /// Layers of a foreign layout are taken into the store; those that are there are left alone.
  std::shared_ptr<const BaseImage> from_layout(const std::string& name, const ContextSource& source,
                                               const oci::Platform& platform);

  const store::Store& store_;
  JobRunner& runner_;
  std::map<std::string, std::shared_ptr<const BaseImage>> known_;  ///< by name and platform
};

}  // namespace trainyard::build

#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/job.hpp"
#include "build/build_image.hpp"
#include "build/fetched_context.hpp"
#include "build/git_repository.hpp"

namespace trainyard::build {

/// The contexts of a request that lie elsewhere, brought into the store, where they stay as long as
/// this lives. Servers are asked what they have now; what the store has already is not fetched
/// again. From here on they are folders like any other: no key of a step knows where they came
/// from.
class RemoteContexts {
 public:
  enum class Which { all, main };
  /// `store` and `runner` must outlive it. `progress` hears what is fetched when it has to be.
  /// Throws Error: what cannot be had or unpacked, a folder or Dockerfile that is not in it.
  /// Standard input can be read once.
  RemoteContexts(const store::Store& store, JobRunner& runner, const BuildRequest& request,
                 Which which = Which::all, const Progress& progress = {});

  /// With folders in the place of addresses, and of a main context that is a mere text, this as
  /// Dockerfile and an empty folder. `remote` stays.
  const BuildRequest& request() const { return request_; }

 private:
  const store::WorkFolder& work();
  void report_fetch(const std::string& address) const;
  const FetchedContext& keep(FetchedContext context);
  void take_main();
  void take_dockerfile();
  fs::path take_repository(const std::string& text);
  const FetchedContext& take_file(const std::string& text);
  const FetchedContext& take_input();
  const FetchedContext& keep_file(const store::CacheIdentity& identity, const fs::path& file);

  const store::Store& store_;
  JobRunner& runner_;
  BuildRequest request_;
  const Progress& progress_;
  std::optional<store::WorkFolder> work_;
  std::vector<std::unique_ptr<FetchedContext>> kept_;
};

/// What messages call the Dockerfile of a request: its path, in a context from elsewhere the one
/// there.
std::string dockerfile_name(const BuildRequest& request);

/// {file, folder} -> {archive}: unpacks into `folder`, which it makes. Nothing of what is unpacked
/// belongs to anybody but the caller. `archive` is false, and the folder empty, when it is none.
Json unpack_context_job(const Json& request);

}  // namespace trainyard::build

#pragma once

#include <string>
#include <vector>

#include "build/build_session.hpp"
#include "build/git_repository.hpp"
#include "build/selection.hpp"
#include "build/web_file.hpp"

namespace trainyard::build {

/// The sources of one COPY or ADD that lie neither in a folder nor in an image: here-documents,
/// downloads, git repositories. What they hold is found out first, for the key, and as cheaply as
/// can be: by the version that a server names, by a commit's id, by --checksum. They are fetched
/// only when the step executes.
class OutsideSources {
 public:
  /// All must outlive it.
  OutsideSources(BuildSession& session, const CopyStep& step);

  bool empty() const { return step_.remotes.empty() && step_.inline_files.empty(); }
  /// Of everything in them that makes a difference in the copy. Asks servers. Throws Error placed
  /// in the Dockerfile.
  std::string digest();
  /// Adds them to a selection, as files in the build's work folder; after digest().
  void add_to(Selection& selection);

 private:
  struct Repository {
    GitAddress address;
    std::string commit;
  };
  struct Remote {
    const RemoteSource* source;
    WebFile file;
    Repository repository;
  };

  void identify_file(Remote& remote);
  void identify_repository(Remote& remote);
  SelectedSource file_source(Remote& remote);
  void add_repository(const Remote& remote, Selection& selection);
  SelectedSource inline_source(const dockerfile::InlineFile& file);
  Error placed(const Remote& remote, const Error& error) const;

  BuildSession& session_;
  const CopyStep& step_;
  std::vector<Remote> remotes_;
};

}  // namespace trainyard::build

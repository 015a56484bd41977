#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "engine/engine.hpp"
#include "oci/descriptor.hpp"
#include "oci/reference.hpp"
#include "store/images.hpp"
#include "store/store.hpp"

namespace trainyard::build {

/// A named context (`--build-context name=…`, CONTEXTS): what `FROM name` and `COPY --from=name`
/// mean.
struct ContextSource {
  enum class Kind { folder, layout, image };
  Kind kind = Kind::folder;
  fs::path folder;        ///< folder, or OCI layout
  std::string reference;  ///< tag or digest in the layout, or name/digest of an image in the store
  std::string remote = {};  ///< address of what becomes the folder (remote_contexts.hpp)
};
/// "dir:/x" or "/x" or "./x", "oci:/x[:tag]" or "oci-layout:///x[:tag][@digest]", "image:NAME" or
/// "docker-image://NAME" (store), "digest-file:/x.digest", an address (remote_address.hpp). Throws
/// usage errors.
ContextSource parse_context_source(const std::string& text);

/// The EXECUTABLES form: what goes into /usr/local/bin, and what it needs.
struct ExecutableImage {
  std::vector<fs::path> executables;
  std::vector<fs::path> libraries;  ///< dlopen extras
  std::vector<fs::path>
      project_folders;  ///< libraries below these change with the project: a layer of their own
  std::vector<fs::path>
      flag_files;  ///< how they were compiled (compiler_flags.hpp); never in a key
};

/// A secret that is given to the build (`--secret`), for RUN --mount=type=secret.
struct Secret {
  fs::path file;         ///< where it is read,
  std::string variable;  ///< or this environment variable
  bool keyed = false;    ///< its SHA-256 counts for the keys of the steps that mount it
  std::string value;     ///< filled in when the build begins
};
/// "id=X[,src=FILE|,env=VAR][,type=file|env][,key=true]" as docker has it, and `key`. `where` names
/// the option in messages. Throws usage errors.
std::pair<std::string, Secret> parse_secret(const std::string& text, const std::string& where);

/// Where RUN --mount=type=ssh leads: the socket of an agent, or private keys (`--ssh`).
struct SshAgent {
  fs::path socket;
  std::vector<fs::path> keys;
};
/// "ID", which is the agent of $SSH_AUTH_SOCK, or "ID=SOCKET" or "ID=KEY[,KEY]".
std::pair<std::string, SshAgent> parse_ssh_agent(const std::string& text, const std::string& where);

/// What a Dockerfile may ask for only when its user allows it (`--allow`): "security.insecure",
/// "network.host", "device" or "device=NAME[,alias=ALIAS]". Throws for other words.
std::string parse_entitlement(const std::string& text, const std::string& where);

/// "name:address" as `--add-host` has it. Throws usage errors.
std::pair<std::string, std::string> parse_host(const std::string& text, const std::string& where);

/// "default", "host" or "none"; empty is the first. Throws usage errors.
engine::Network parse_step_network(const std::string& text, const std::string& where);

/// A main context that lies elsewhere.
struct RemoteContext {
  std::string address;  ///< see remote_address.hpp; "-" is standard input
  std::string file;     ///< the Dockerfile's place in it; empty: Dockerfile
};

struct BuildRequest {
  std::string name = "image";                  ///< for progress: "[trainer 3/7]"
  std::optional<fs::path> dockerfile;          ///< absent with `executables`
  std::optional<std::string> dockerfile_text;  ///< instead of reading the file
  std::optional<ExecutableImage> executables;
  std::string from;                         ///< EXECUTABLES … FROM; empty: scratch
  fs::path context;                         ///< may be empty: nothing can be COPYed from it
  std::optional<RemoteContext> remote;      ///< what becomes the context
  std::map<fs::path, std::string> origins;  ///< of folders that were fetched: their addresses
  std::vector<fs::path> excluded;           ///< absolute: build trees; the store is always excluded
  std::string stage;                        ///< --target; empty: the last
  std::vector<std::pair<std::string, std::string>> build_args;
  std::map<std::string, ContextSource> contexts;
  std::vector<oci::Reference> tags;
  bool no_cache = false;
  std::map<std::string, Secret> secrets;
  std::map<std::string, SshAgent> ssh_agents;
  std::set<std::string> allowed;          ///< entitlements
  std::optional<oci::Platform> platform;  ///< of the image; absent: this machine's
  std::set<std::string> uncached_stages;  ///< names or numbers: their steps are made in any case
  /// Names or numbers, "" is the stage to build: their layers become one.
  std::set<std::string> squashed_stages;
  bool keep_modes = false;  ///< COPY from folders keeps all bits of modes
  std::map<std::string, std::string> labels;
  engine::Network network = engine::Network::host;         ///< of a RUN that does not say one
  std::vector<std::pair<std::string, std::string>> hosts;  ///< for /etc/hosts of RUN steps
  std::optional<uint64_t> shm_size;                        ///< of RUN steps; bytes
  std::string cache_scope;  ///< caches that steps mount are those of this scope; empty: everyone's
};
/// Stages as `--no-cache-filter` names them: several in one text are parted by commas.
std::set<std::string> parse_stages(const std::vector<std::string>& texts);

struct BuildResult {
  store::Image image;
  int steps = 0;  ///< steps of the stages that were needed
  int cached = 0;
  std::vector<std::string> read;      ///< every file and every folder walked, absolute: the depfile
  std::vector<std::string> warnings;  ///< rendered, with excerpt
  uint64_t written = 0;               ///< bytes of the layers that were made
};

/// What happens while an image is built. Events come from several threads; the receiver locks.
struct StepEvent {
  enum class Kind { fetching, started, output, cached, done, failed, digest_known, warning };
  Kind kind;
  std::string image;  ///< request.name
  std::string stage;  ///< its name, or its number when there are several; empty for a single stage
  int number = 0, total = 0;  ///< step number / of how many, over all needed stages
  std::string text;         ///< the instruction; fetching: the address of a context; warning: as in
                            ///< BuildResult. These two have no step.
  std::string_view output;  ///< Kind::output; started: why it is made, empty without an earlier
                            ///< build to compare with
  double seconds = 0;       ///< done, failed; started: how long it took last time, 0: not known
};
using Progress = std::function<void(const StepEvent&)>;

/// Looks at what is going to be built, before any of it is: it may throw. The request has folders
/// where contexts were fetched.
struct Plan;
using PlanReview = std::function<void(const Plan&, const BuildRequest&)>;

/// Builds. Warnings are part of the result; when there is none, they are events at the end. Step
/// failures throw Error(failed) with the command's exit code in the cause, the last
/// lines of its output and the Dockerfile's line as excerpt.
BuildResult build_image(const store::Store& store, engine::Engine& engine,
                        const BuildRequest& request, const Progress& progress,
                        const PlanReview& review = {});

/// `<name>.image.json` -> request (cmake/ writes it; schema in docs/spec-files.md).
struct ImageSpec {
  BuildRequest request;
  fs::path build_dir;
};
ImageSpec read_image_spec(const fs::path& file);

/// This room's jobs.
JobTable build_jobs();

}  // namespace trainyard::build

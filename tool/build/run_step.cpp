#include <cstdlib>
#include <deque>
#include <map>

#include "base/error.hpp"
#include "build/failed_step.hpp"
#include "build/run_mounts.hpp"
#include "build/step_execution.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::build {

namespace {

constexpr size_t k_kept_lines = 20;
constexpr size_t k_longest_line = 2000;
constexpr const char* k_ca_target = "/run/trainyard/ca-certificates.crt";

/// The last lines of a command's output.
class Tail {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (c == '\n')
        end_line();
      else if (line_.size() < k_longest_line)
        line_ += c;
    }
  }
  std::string text() {
    if (!line_.empty()) end_line();
    std::string all;
    for (const std::string& line : lines_) all += line + "\n";
    return all;
  }

 private:
  void end_line() {
    lines_.push_back(std::move(line_));
    line_.clear();
    if (lines_.size() > k_kept_lines) lines_.pop_front();
  }
  std::deque<std::string> lines_;
  std::string line_;
};

/// A container that the build's cancellation can reach as long as it runs.
class Watched {
 public:
  Watched(Cancellation& cancellation, engine::Container& container)
      : cancellation_(cancellation), container_(container) {
    cancellation_.add(container_);
  }
  ~Watched() { cancellation_.remove(container_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  Cancellation& cancellation_;
  engine::Container& container_;
};

bool sets(const std::vector<std::string>& environment, const std::string& name) {
  for (const std::string& pair : environment)
    if (pair.starts_with(name + "=")) return true;
  return false;
}

/// A site's own certificates reach build steps, and never the image or a key.
void add_certificates(engine::ContainerSpec& spec) {
  const char* bundle = std::getenv("TRAINYARD_CA_BUNDLE");
  if (bundle == nullptr || *bundle == '\0') return;
  engine::Mount mount;
  mount.source = absolute_normal(bundle);
  if (!fs::is_regular_file(mount.source))
    throw usage_error("reading", "TRAINYARD_CA_BUNDLE",
                      "\"" + mount.source.string() + "\" is not a file",
                      "let it name a file of PEM certificates");
  mount.target = k_ca_target;
  spec.mounts.push_back(std::move(mount));
  for (const std::string name : {"SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE",
                                 "PIP_CERT", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO"})
    if (!sets(spec.environment, name)) spec.environment.push_back(name + "=" + k_ca_target);
}

engine::ContainerSpec container_of(const StepTask& task, const RunStep& run,
                                   const fs::path& upper) {
  engine::ContainerSpec spec;
  spec.layers = task.parents;
  spec.upper = upper;
  spec.work = upper.parent_path();
  spec.argv = run.argv;
  spec.environment = run.environment;
  spec.environment.insert(spec.environment.end(), run.unkeyed.begin(), run.unkeyed.end());
  spec.working_directory = run.working_directory;
  spec.user = run.user;
  spec.profile = engine::Profile::build;
  spec.privileged = run.insecure;
  spec.network = run.network;
  spec.hosts = run.hosts;
  spec.limits.shm_size = task.session.request.shm_size;
  if (run.script) {
    const fs::path script = task.session.fresh("script");
    write_file_atomic(script, run.script->text, Durability::cheap, 0755);
    engine::Mount mount;
    mount.source = script;
    mount.target = std::string(dockerfile::k_script_folder) + "/" + run.script->name;
    spec.mounts.push_back(std::move(mount));
  }
  add_certificates(spec);
  return spec;
}

/// Programs of another architecture run when the kernel knows an interpreter for them that it opens
/// before the container does (binfmt_misc, flag F).
void check_platform(const oci::Platform& platform) {
  const oci::Platform host = oci::host_platform();
  const std::string& wanted = platform.architecture;
  if (wanted == host.architecture || (host.architecture == "amd64" && wanted == "386")) return;
  static const std::map<std::string, std::string> k_names = {
      {"amd64", "x86_64"}, {"arm64", "aarch64"}, {"386", "i386"}, {"loong64", "loongarch64"}};
  const auto found = k_names.find(wanted);
  const std::string name = found == k_names.end() ? wanted : found->second;
  const std::string file = "/proc/sys/fs/binfmt_misc/qemu-" + name;
  const std::string text = read_file_if_exists(file).value_or("");
  if (text.starts_with("enabled") && text.find("\nflags: ") != std::string::npos &&
      text.find('F', text.find("\nflags: ") + 8) < text.find('\n', text.find("\nflags: ") + 1))
    return;
  throw usage_error("running a step for", oci::to_text(platform),
                    "this machine is " + oci::to_text(host) + " and has no emulator for it",
                    "apt-get install qemu-user-static binfmt-support, or let the stage that runs "
                    "commands be FROM --platform=$BUILDPLATFORM and cross-compile");
}

Error step_failed(const StepTask& task, const std::string& cause, const std::string& tail,
                  const std::string& hint) {
  const Plan& plan = task.session.plan;
  std::string excerpt = step_excerpt(plan, task.step);
  if (!tail.empty()) {
    if (!excerpt.empty() && !excerpt.ends_with('\n')) excerpt += '\n';
    excerpt += "last lines of its output:\n" + tail;
    excerpt.pop_back();
  }
  return Error("building", task.session.request.name,
               "step " + std::to_string(task.step.number) + "/" + std::to_string(plan.total) +
                   " (" + plan.source.name + ":" + std::to_string(task.step.at.line) + ") " + cause,
               hint, ExitCode::failed)
      .with_excerpt(excerpt);
}

void check_result(const StepTask& task, const RunStep& run, const fs::path& upper,
                  const engine::ContainerResult& result, Tail& tail) {
  if (result.exit_code == 0) return;
  std::string cause = "failed with exit code " + std::to_string(result.exit_code);
  if (result.signal) cause += " (signal " + std::to_string(*result.signal) + ")";
  if (result.out_of_memory) cause += ": out of memory";
  std::string hint;
  if (keep_failed_step(task, run, upper))
    hint = "look around where it stopped: trainyard shell --step " +
           std::to_string(task.step.number) + " " + task.session.request.name;
  throw step_failed(task, cause, tail.text(), hint);
}

bool another_run_follows(const StepTask& task) {
  return std::any_of(
      task.stage.steps.begin(), task.stage.steps.end(), [&](const PlannedStep& step) {
        return step.number > task.step.number && std::holds_alternative<RunStep>(step.body);
      });
}

}  // namespace

MadeLayer take_upper(const StepTask& task, const fs::path& upper) {
  if (another_run_follows(task)) task.session.engine.expect_start();
  const store::Store& store = task.session.store;
  const fs::path tree = store::announce_tree(store, store::new_layer_id());
  Json parents = Json::array();
  for (const fs::path& parent : task.parents) parents.push_back(parent.string());
  Json request = {{"parents", parents},
                  {"work", task.session.fresh("work").string()},
                  {"upper", upper.string()},
                  {"tree", tree.string()}};
  const std::string& epoch = task.session.plan.source_date_epoch;
  if (!epoch.empty()) request["clamp"] = std::stoll(epoch);
  const Json repeated = task.session.engine.call("build.normalise", request);
  return {tree, std::nullopt, {repeated.at("changed"), repeated.at("moved")}};
}

MadeLayer execute_run(const StepTask& task, const RunStep& run) {
  check_platform(run.platform);
  BuildSession& session = task.session;
  const fs::path upper = session.fresh("upper");
  Tail tail;
  try {
    engine::ContainerSpec spec = container_of(task, run, upper);
    spec.devices = find_devices(task, run);
    const RunMounts mounts(task, run, spec);
    const auto container = session.engine.start(spec);
    const Watched watched(session.cancellation, *container);
    const auto sink = [&](engine::Stream, std::string_view text) {
      tail.add(text);
      session.reporter.report(StepEvent::Kind::output, task.stage, task.step, 0, text);
    };
    const engine::ContainerResult result = container->wait(sink);
    session.cancellation.check();
    for (const std::string& warning : result.warnings)
      session.warn("warning: " + session.plan.source.name + ":" +
                   std::to_string(task.step.at.line) + ": " + warning + "\n");
    check_result(task, run, upper, result, tail);
  } catch (const engine::CommandNotExecutable& error) {
    throw step_failed(task,
                      "failed with exit code " + std::to_string(error.exit_code()) + ": " +
                          error.subject() + ": " + error.cause(),
                      "", error.hint());
  }
  return take_upper(task, upper);
}

}  // namespace trainyard::build

#include "cli/lint_request.hpp"

#include "base/error.hpp"
#include "base/text_file.hpp"
#include "build/context_folders.hpp"
#include "build/remote_contexts.hpp"
#include "lint/finding_text.hpp"
#include "oci/image_layout.hpp"
#include "store/images.hpp"
#include "store/last_use.hpp"

namespace trainyard::cli {

using lint::Surroundings;

namespace {

Surroundings surroundings_of(const build::BuildRequest& request, lint::RuleSet rules) {
  Surroundings surroundings;
  surroundings.build_args = request.build_args;
  surroundings.target = request.stage;
  surroundings.platform = request.platform.value_or(oci::host_platform());
  for (const auto& [name, source] : request.contexts) surroundings.contexts.insert(name);
  surroundings.rules = rules;
  return surroundings;
}

std::optional<dockerfile::IgnoreFile> ignore_file_of(const build::BuildRequest& request) {
  if (request.context.empty()) return std::nullopt;
  for (const fs::path& file : build::ignore_file_places(request, request.context))
    if (const auto text = read_text_within(file.parent_path(), file.filename().string()))
      return dockerfile::IgnoreFile::parse(*text, file.string());
  return std::nullopt;
}

bool copies_from_context(const dockerfile::Dockerfile& file) {
  for (const auto& stage : file.stages)
    for (const auto& instruction : stage.instructions)
      if (const auto* copy = std::get_if<dockerfile::Copy>(&instruction.body); copy && !copy->from)
        return true;
  return false;
}

/// Finds images where they lie; what cannot be found or read is unknown.
class BaseLookup {
 public:
  BaseLookup(std::optional<store::Store> store, const build::BuildRequest& request)
      : store_(std::move(store)), request_(request) {}

  std::shared_ptr<const build::BaseImage> find(const std::string& name) const {
    try {
      const auto context = request_.contexts.find(name);
      const bool is_own_form = name.starts_with("oci:") || name.starts_with("digest-file:");
      build::ContextSource source{build::ContextSource::Kind::image, {}, name};
      if (context != request_.contexts.end())
        source = context->second;
      else if (is_own_form)
        source = build::parse_context_source(name);
      return image_of(name, source);
    } catch (const Error&) {
      return nullptr;
    }
  }

 private:
  std::shared_ptr<const build::BaseImage> image_of(const std::string& name,
                                                   const build::ContextSource& source) const {
    if (source.kind == build::ContextSource::Kind::folder) return nullptr;
    auto image = std::make_shared<build::BaseImage>();
    image->name = name;
    if (source.kind == build::ContextSource::Kind::layout) {
      const oci::ImageLayout layout(source.folder);
      image->config = layout.config(layout.manifest(
          layout.find(source.reference, request_.platform.value_or(oci::host_platform()))));
      return image;
    }
    if (!store_) return nullptr;
    const auto found = store::find_image(*store_, source.reference);
    if (!found) return nullptr;
    image->config = found->config;
    return image;
  }

  std::optional<store::Store> store_;
  const build::BuildRequest& request_;
};

}  // namespace

lint::Checked check_file(const build::BuildRequest& request, std::optional<store::Store> store,
                         lint::RuleSet rules) {
  if (!request.dockerfile && !request.dockerfile_text)
    throw usage_error("checking", request.name, "there is no Dockerfile in it");
  const std::string text =
      request.dockerfile_text ? *request.dockerfile_text : read_text(*request.dockerfile);
  const std::string name = build::dockerfile_name(request);
  lint::Checked checked{dockerfile::parse_dockerfile(text, name), {}};
  Surroundings surroundings = surroundings_of(request, rules);
  const BaseLookup bases(std::move(store), request);
  surroundings.base = [&bases](int, const std::string& image) { return bases.find(image); };
  const auto ignore = ignore_file_of(request);
  if (ignore) surroundings.ignore = &*ignore;
  checked.report = lint::check(checked.file, surroundings);
  return checked;
}

lint::Checked check_request(const build::BuildRequest& request, const StoreArguments& arguments,
                            lint::RuleSet rules) {
  if (!request.remote) return check_file(request, arguments.open_store_if_any(), rules);
  const store::Store store = arguments.open_store();
  const auto engine = arguments.make_engine(store);
  const store::Visit visit(store);
  const build::RemoteContexts contexts(store, *engine, request, build::RemoteContexts::Which::main);
  return check_file(contexts.request(), store, rules);
}

void review_plan(const build::Plan& plan, const build::BuildRequest& request,
                 std::vector<std::string>& remarks) {
  Surroundings surroundings = surroundings_of(request, lint::RuleSet::build);
  surroundings.needed.emplace();
  for (const auto& [index, stage] : plan.stages) surroundings.needed->insert(index);
  surroundings.base = [&plan](int stage, const std::string&) {
    const auto found = plan.stages.find(stage);
    return found == plan.stages.end() ? nullptr : found->second.base;
  };
  std::optional<dockerfile::IgnoreFile> ignore;
  if (copies_from_context(plan.source)) ignore = ignore_file_of(request);
  if (ignore) surroundings.ignore = &*ignore;
  const lint::Report report = lint::check(plan.source, surroundings);
  for (const lint::Finding& finding : report.findings)
    remarks.push_back(lint::as_text(plan.source, finding));
  if (report.error && !report.clean())
    throw usage_error("checking", plan.source.name,
                      "it does not pass, and wants that to end the build (# check=error=true)",
                      "mend what the warnings name, or leave a rule out: # check=skip=RuleName");
}

}  // namespace trainyard::cli

#include "cli/build_context.hpp"

#include <iostream>
#include <iterator>

#include "base/error.hpp"
#include "base/text_file.hpp"
#include "build/remote_address.hpp"

namespace trainyard::cli {

namespace {

std::string standard_input() {
  return std::string(std::istreambuf_iterator<char>(std::cin), {});
}

}  // namespace

std::optional<build::BuildRequest> request_of_address(const std::string& context,
                                                      const std::string& file) {
  const build::ContextPlace place = build::context_place(context);
  if (place == build::ContextPlace::local || fs::is_directory(context)) return std::nullopt;
  build::BuildRequest request;
  request.remote.emplace();
  request.remote->address = context;
  request.name = build::name_of_address(context);
  if (file == "-") {
    if (place == build::ContextPlace::input)
      throw usage_error("reading", "the arguments of \"trainyard build\"",
                        "context and Dockerfile cannot both come from standard input",
                        "leave -f out, or let it name the Dockerfile in the context");
    request.dockerfile_text = standard_input();
  } else if (file.starts_with('/')) {
    request.dockerfile = absolute_normal(file);
  } else {
    request.remote->file = file;
  }
  return request;
}

build::BuildRequest request_of_context(const std::string& context, const std::string& file) {
  if (context.empty())
    throw usage_error("reading", "the arguments of \"trainyard build\"", "the context is missing",
                      "name the folder to build from: trainyard build .");
  if (auto elsewhere = request_of_address(context, file)) return std::move(*elsewhere);
  build::BuildRequest request;
  request.context = absolute_normal(context);
  request.name = request.context.filename().string();
  if (!fs::is_directory(request.context))
    throw usage_error("reading the context", request.context.string(), "it is not a folder",
                      context.find(":/") == std::string::npos
                          ? ""
                          : "addresses begin with http://, https://, git://, ssh://, git@, file:// "
                            "or github.com/");
  if (file == "-")
    request.dockerfile_text = standard_input();
  else
    request.dockerfile = file.empty() ? request.context / "Dockerfile" : absolute_normal(file);
  return request;
}

void require_dockerfile(const build::BuildRequest& request, const std::string& file) {
  if (!request.dockerfile) return;
  // The context's own may not lead out of it.
  if (file.empty()) read_text_within(request.context, "Dockerfile");
  if (!fs::exists(*request.dockerfile))
    throw usage_error("reading", request.dockerfile->string(), "there is no such Dockerfile",
                      "name it with -f FILE");
}

}  // namespace trainyard::cli

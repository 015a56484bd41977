#include "cli/request_options.hpp"

#include <cstdlib>

#include "base/error.hpp"

namespace trainyard::cli {

void RequestOptions::add_to(CLI::App& app) {
  app.add_option("-f,--file", file_,
                 "Dockerfile (CONTEXT/Dockerfile); - reads standard input; in a context from "
                 "elsewhere its place there")
      ->type_name("FILE");
  app.add_option("--target", target_, "Stage to build (the last)")->type_name("STAGE");
  app.add_option("--build-arg", build_args_, "K=V for ARG; K alone takes it from the environment")
      ->type_name("K=V")
      ->allow_extra_args(false);
  app.add_option("--build-context", build_contexts_,
                 "name=folder, name=oci:folder[:tag], name=address of a repository or archive, or "
                 "name=image in the store")
      ->type_name("NAME=SOURCE")
      ->allow_extra_args(false);
  app.add_option("--platform", platform_, "What the image is for (this machine's)")
      ->type_name("OS/ARCH[/VARIANT]");
}

void RequestOptions::apply(build::BuildRequest& request) const {
  request.stage = target_;
  for (const std::string& text : build_args_) {
    const size_t equals = text.find('=');
    if (equals != std::string::npos)
      request.build_args.emplace_back(text.substr(0, equals), text.substr(equals + 1));
    else if (const char* value = std::getenv(text.c_str()))
      request.build_args.emplace_back(text, value);
  }
  for (const std::string& text : build_contexts_) {
    const auto [name, source] = split_assignment(text, "--build-context", "name=source");
    request.contexts[name] = build::parse_context_source(source);
  }
  if (!platform_.empty()) request.platform = oci::parse_platform(platform_);
}

std::pair<std::string, std::string> split_assignment(const std::string& text,
                                                     const std::string& option,
                                                     const std::string& form) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw usage_error("reading", option, "\"" + text + "\" is not " + form);
  return {text.substr(0, equals), text.substr(equals + 1)};
}

}  // namespace trainyard::cli

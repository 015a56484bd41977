#include "build/image_origin.hpp"

#include <algorithm>

#include "build/compiler_flags.hpp"
#include "store/image_origin.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

void add_base(Json& bases, const std::shared_ptr<const BaseImage>& image, const char* use) {
  if (!image) return;
  Json base = {{"name", image->name},
               {"reference", image->reference},
               {"digest", image->digest ? Json(image->digest->str()) : Json()},
               {"pinned", image->pinned},
               {"use", use}};
  if (std::find(bases.begin(), bases.end(), base) == bases.end()) bases.push_back(std::move(base));
}

Json bases_of(const Plan& plan) {
  Json bases = Json::array();
  for (const auto& [index, stage] : plan.stages) {
    add_base(bases, stage.base, "from");
    for (const PlannedStep& step : stage.steps) {
      if (const auto* copy = std::get_if<CopyStep>(&step.body))
        add_base(bases, copy->image, "copy");
      if (const auto* run = std::get_if<RunStep>(&step.body))
        for (const PlannedMount& mount : run->mounts) add_base(bases, mount.image, "copy");
    }
  }
  return bases;
}

Json steps_of(const store::Store& store, const std::vector<NotedStep>& noted) {
  Json steps = Json::array();
  for (const NotedStep& step : noted) {
    Json json = {{"stage", step.stage}, {"text", step.text}, {"key", step.key}};
    if (const auto record = store::find_step(store, step.key)) {
      if (record->diff_id) json["diff_id"] = record->diff_id->str();
      if (record->inputs.value("kind", "") == "run")
        json["network"] = record->inputs.value("network", "");
    }
    steps.push_back(std::move(json));
  }
  return steps;
}

}  // namespace

void keep_image_origin(const BuildSession& session, const store::Image& image,
                       const std::vector<NotedStep>& steps) {
  Json origin = {{"bases", bases_of(session.plan)}, {"steps", steps_of(session.store, steps)}};
  if (session.request.executables)
    origin["executables"] = compiler_flags(*session.request.executables);
  store::put_image_origin(session.store, image.digest, origin);
}

}  // namespace trainyard::build

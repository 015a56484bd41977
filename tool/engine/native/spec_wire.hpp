#pragma once

#include "base/json.hpp"
#include "engine/engine.hpp"

namespace trainyard::engine::native {

/// ContainerSpec and ContainerResult on their way between the tool and its supervisor. Both ends
/// are this same executable, so there is no schema to keep.
Json spec_to_json(const ContainerSpec& spec);
ContainerSpec spec_from_json(const Json& json);
Json result_to_json(const ContainerResult& result);
ContainerResult result_from_json(const Json& json);

}  // namespace trainyard::engine::native

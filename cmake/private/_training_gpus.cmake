include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_spec_text.cmake")

# GPUS of add_training_run().

function(_training_check_gpus name gpus optional)
  if(optional AND gpus STREQUAL "")
    _training_fail(add_training_run "${name}" "missing keyword, with GPUS_OPTIONAL" "GPUS")
  endif()
  if(NOT gpus STREQUAL "" AND NOT gpus MATCHES "\\$<" AND NOT gpus MATCHES "^([A-Za-z][A-Za-z0-9_./-]*:)?([0-9]+|all)$")
    _training_fail(add_training_run "${name}" "GPUS wants a number, all, or a kind with either, such as nvidia.com/gpu:2"
                   "${gpus}")
  endif()
endfunction()

# The members of the spec, and what add_training_test() wants of ctest for the training.
function(_training_add_gpus inout_spec name gpus optional)
  if(gpus STREQUAL "")
    return()
  endif()
  set(spec "${${inout_spec}}")
  _training_spec_member(spec add_training_run "${name}" gpus STRING "${gpus}")
  if(optional)
    string(APPEND spec ",\n  \"gpus_optional\": true")
  endif()
  _training_spec_member(spec add_training_run "${name}" slots STRING "${TRAINYARD_SLOTS}")
  set(${inout_spec} "${spec}" PARENT_SCOPE)
  _training_resource_groups(groups "${gpus}" "${optional}")
  set_target_properties("${name}" PROPERTIES TRAINING_GPUS "${gpus}" TRAINING_RESOURCE_GROUPS "${groups}")
endfunction()

#[=[
RESOURCE_GROUPS of a test that trains: one slot of each of several resources. Empty where ctest cannot know: a number
that is decided later, or "all"; and where the run can do without, as ctest does not start a test that it has too few for.
The types are named as the tool does (tool/training/ctest_allotment.hpp).
]=]
function(_training_resource_groups out_groups gpus optional)
  set(groups "")
  if(NOT optional AND gpus MATCHES "^(([^:]+/)?([^:]+):)?([0-9]+)$")
    set(vendor "${CMAKE_MATCH_2}")
    set(class "${CMAKE_MATCH_3}")
    set(count "${CMAKE_MATCH_4}")
    if(class STREQUAL "" OR class STREQUAL "gpu" OR vendor MATCHES "^gpu\\." OR class MATCHES "^gpu\\.")
      set(type gpus)
    else()
      string(TOLOWER "${class}s" type)
      string(REGEX REPLACE "[^a-z0-9]" "_" type "${type}")
    endif()
    string(REPEAT "${type}:1," ${count} groups)
    string(REGEX REPLACE ",$" "" groups "${groups}")
  endif()
  set(${out_groups} "${groups}" PARENT_SCOPE)
endfunction()

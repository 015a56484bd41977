include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_gpus.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_references.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_tool.cmake")

# Parts of add_training_run().

# What can be said of the arguments alone; reads those of add_training_run().
macro(_training_check_run name)
  foreach(_training_keyword IMAGE COMMAND)
    if(NOT DEFINED arg_${_training_keyword})
      _training_fail(add_training_run "${name}" "missing keyword" "${_training_keyword}")
    endif()
  endforeach()
  if(DEFINED arg_JOB_POOL AND arg_USES_TERMINAL)
    _training_fail(add_training_run "${name}" "keywords exclude each other" "JOB_POOL and USES_TERMINAL")
  endif()
  if(DEFINED arg_PARAMETERS_FILE AND NOT DEFINED arg_KEYS)
    _training_fail(add_training_run "${name}" "missing keyword, with PARAMETERS_FILE" "KEYS")
  elseif(DEFINED arg_KEYS AND NOT DEFINED arg_PARAMETERS_FILE)
    _training_fail(add_training_run "${name}" "missing keyword, with KEYS" "PARAMETERS_FILE")
  endif()
  if(DEFINED arg_EXTENDS AND NOT DEFINED arg_CHECKPOINTS)
    _training_fail(add_training_run "${name}" "missing keyword, with EXTENDS" "CHECKPOINTS")
  endif()
  _training_check_pairs(add_training_run "${name}" PARAMETERS "${arg_PARAMETERS}")
  _training_check_pairs(add_training_run "${name}" ENVIRONMENT "${arg_ENVIRONMENT}")
  _training_check_one_of("${name}" EXTRA_OUTPUTS "error;warn;ignore" "${arg_EXTRA_OUTPUTS}")
  _training_check_one_of("${name}" NETWORK "none;host;private" "${arg_NETWORK}")
  _training_check_form("${name}" CPUS "a number such as 1.5" "^[0-9]+(\\.[0-9]+)?$" "${arg_CPUS}")
  foreach(_training_keyword MEMORY SHM_SIZE)
    _training_check_form("${name}" ${_training_keyword} "a size such as 512m or 2g" "^[0-9]+(\\.[0-9]+)?[a-zA-Z]*$"
                         "${arg_${_training_keyword}}")
  endforeach()
  _training_check_form("${name}" TIMEOUT "a time such as 90, 10m or 1h30m" "^([0-9]+(\\.[0-9]+)?[a-z]*)+$"
                       "${arg_TIMEOUT}")
  _training_check_gpus("${name}" "${arg_GPUS}" "${arg_GPUS_OPTIONAL}")
  _training_check_form("${name}" WORKING_DIRECTORY "an absolute path in the container" "^/" "${arg_WORKING_DIRECTORY}")
endmacro()

function(_training_check_one_of name keyword words value)
  if(NOT value STREQUAL "" AND NOT value MATCHES "\\$<" AND NOT value IN_LIST words)
    _training_nearest(near "${value}" "${words}")
    list(JOIN words ", " words)
    _training_fail(add_training_run "${name}" "${keyword} wants one of ${words}" "${value}" "${near}")
  endif()
endfunction()

function(_training_check_form name keyword wanted regex value)
  if(NOT value STREQUAL "" AND NOT value MATCHES "\\$<" AND NOT value MATCHES "${regex}")
    _training_fail(add_training_run "${name}" "${keyword} wants ${wanted}" "${value}")
  endif()
endfunction()

# Where the outputs land. Two runs cannot write one file.
function(_training_run_outputs out_files name folder keyword packed)
  set(files "")
  foreach(element IN LISTS packed)
    _training_unpack(value "${element}")
    set(path "${value}")
    if(keyword STREQUAL "OUTPUTS")
      _training_split_key(key path "${value}")
    endif()
    _training_check_path(add_training_run "${name}" ${keyword} "${path}")
    cmake_path(ABSOLUTE_PATH path BASE_DIRECTORY "${folder}" NORMALIZE OUTPUT_VARIABLE file)
    cmake_path(IS_PREFIX folder "${file}" NORMALIZE inside)
    if(IS_ABSOLUTE "${path}" OR NOT inside OR file STREQUAL folder)
      _training_fail(add_training_run "${name}" "${keyword} wants a path below the working folder" "${path}" ""
                     "It lands at the same path below ${folder}.")
    endif()
    get_property(other GLOBAL PROPERTY "_TRAINING_OUTPUT_${file}")
    if(other AND NOT other STREQUAL name)
      _training_fail(add_training_run "${name}" "${keyword}: run ${other} writes the same file" "${file}")
    endif()
    set_property(GLOBAL PROPERTY "_TRAINING_OUTPUT_${file}" "${name}")
    list(APPEND files "${file}")
  endforeach()
  set(${out_files} "${files}" PARENT_SCOPE)
endfunction()

# <name> has the outputs, <owner> is the training itself.
function(_training_add_run_targets name owner stem files)
  add_custom_target("${owner}" DEPENDS "${stem}.stamp")
  add_custom_target("${name}" DEPENDS ${files})
  add_dependencies("${name}" "${owner}")
  set_target_properties("${name}" "${owner}" PROPERTIES FOLDER Training)
  # An output may be a folder: Ninja's own `clean` fails on one, CMake's goes first.
  set_target_properties("${name}" PROPERTIES
    ADDITIONAL_CLEAN_FILES "${files}"
    TRAINING_SPEC "${stem}.run.json"
    TRAINING_RESULT "${stem}.result"
    TRAINING_RESULT_FILES "${stem}.result"
    TRAINING_OUTPUT_PATHS "${files}")
  set_property(GLOBAL APPEND PROPERTY _TRAINING_RUNS "${name}")
endfunction()

# TRAINING_OUTPUT_<key>, or TRAINING_OUTPUT_<path> where no key is given.
function(_training_set_output_properties name folder packed)
  foreach(element IN LISTS packed)
    _training_unpack(value "${element}")
    _training_split_key(key path "${value}")
    if(key STREQUAL "")
      set(key "${path}")
    endif()
    set_target_properties("${name}" PROPERTIES "TRAINING_OUTPUT_${key}" "${folder}/${path}")
  endforeach()
endfunction()

# What a sweep asks of a run. Parameters by name; `outputs` packed, as declared.
function(_training_describe_run name parameters keys outputs depends pool)
  list(TRANSFORM parameters REPLACE "^([A-Za-z_][A-Za-z0-9_.-]*)=.*" "\\1")
  set_target_properties("${name}" PROPERTIES
    TRAINING_PARAMETERS "${parameters};${keys}"
    TRAINING_OUTPUT_PAIRS "${outputs}"
    TRAINING_DEPENDS "${depends}"
    TRAINING_JOB_POOL "${pool}")
endfunction()

# The image as the spec names it: known now, or read from the owner once it is resolved.
function(_training_run_image out_image name owner image)
  _training_is_pinned(pinned "${image}")
  if(pinned OR image MATCHES "\\$<")
    set(${out_image} "${image}" PARENT_SCOPE)
    return()
  endif()
  _training_check_image_name(add_training_run "${name}" IMAGE "${image}")
  _training_defer(_training_resolve_image add_training_run "${name}" IMAGE "${owner}" "${image}")
  set(${out_image} "$<TARGET_GENEX_EVAL:${owner},$<TARGET_PROPERTY:${owner},TRAINING_IMAGE_SOURCE>>" PARENT_SCOPE)
endfunction()

# All inputs are resolved at the end; the spec reads them from the owner, in their order.
function(_training_run_inputs out_packed name owner folder packed)
  set(inputs "")
  foreach(element IN LISTS packed)
    _training_unpack(value "${element}")
    _training_check_path(add_training_run "${name}" INPUTS "${value}")
    _training_defer(_training_resolve_input add_training_run "${name}" "${owner}" "${value}"
                    "${CMAKE_CURRENT_SOURCE_DIR}" "${CMAKE_CURRENT_BINARY_DIR}" "${folder}")
    set(inputs "$<TARGET_GENEX_EVAL:${owner},$<TARGET_PROPERTY:${owner},TRAINING_INPUTS>>")
  endforeach()
  set(${out_packed} "${inputs}" PARENT_SCOPE)
endfunction()

#[=[
Two edges. Ninja removes what an interrupted edge declares: were the outputs declared by the training itself,
the model of the last training would be lost with an interrupted one.
]=]
function(_training_add_run_edges name owner stem inputs files depends options)
  _training_tool_command(train add_training_run "${name}" run)
  set(depfile "")
  if(NOT inputs STREQUAL "")
    set(depfile DEPFILE "${stem}.d")  # Ninja takes an empty one for a missing one
  endif()
  _training_add_edge("${owner}" STAMP "${stem}.stamp" BYPRODUCT "${stem}.result" ${depfile}
    COMMENT "Training ${name}; follow with: trainyard logs -f ${name}"
    COMMAND ${train} --spec "${stem}.run.json" --result "${stem}.result" --depfile "${stem}.d"
            --stamp "${stem}.stamp"
    DEPENDS "${stem}.run.json" ${depends}
    OPTIONS ${options})
  if(files)
    _training_tool_command(restore add_training_run "${name}" restore)
    add_custom_command(
      OUTPUT ${files}
      COMMAND ${restore} --spec "${stem}.run.json" --result "${stem}.result"
      DEPENDS "${stem}.result"
      COMMENT "Putting the outputs of ${name} in place"
      VERBATIM)
  endif()
endfunction()

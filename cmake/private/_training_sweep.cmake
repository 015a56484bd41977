include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_references.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_run.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_spec_text.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_tool.cmake")

#[=[
Parts of add_training_sweep(). Its graph:

  <name>.plan.stamp    one edge that looks at image and inputs; <name>.plan is touched only when they changed
  <name>/<point>.stamp a training, or a look into the store; <name>/<point>.result is touched only when it changed
  <name>.sweep.stamp   the summary; makes <name>.json, <name>.csv and, with OBJECTIVE, <name>.best
  <name>/best/…        the outputs of the best point

So a thousand points have no depfile and stat no input. The points do not depend on the sweep's spec, but get their
values from it: the name of a point stands for its values.
]=]

# What can be said of the arguments alone; reads those of add_training_sweep().
macro(_training_check_sweep name)
  if(NOT DEFINED arg_RUN)
    _training_fail(add_training_sweep "${name}" "missing keyword" "RUN")
  endif()
  get_property(_training_runs GLOBAL PROPERTY _TRAINING_RUNS)
  if(NOT arg_RUN IN_LIST _training_runs OR NOT TARGET "${arg_RUN}.train")  # a sweep is no run
    _training_nearest(_training_near "${arg_RUN}" "${_training_runs}")
    _training_fail(add_training_sweep "${name}" "RUN names no training run made before" "${arg_RUN}" "${_training_near}")
  endif()
  if(DEFINED arg_OBJECTIVE)
    list(LENGTH arg_OBJECTIVE _training_length)
    list(GET arg_OBJECTIVE -1 _training_direction)
    if(NOT _training_length EQUAL 2 OR NOT _training_direction MATCHES "^(MINIMIZE|MAXIMIZE)$")
      _training_nearest(_training_near "${_training_direction}" "MINIMIZE;MAXIMIZE")
      list(JOIN arg_OBJECTIVE " " _training_words)
      _training_fail(add_training_sweep "${name}" "OBJECTIVE wants a metric and MINIMIZE or MAXIMIZE" "${_training_words}"
                     "${_training_near}")
    endif()
  endif()
  if(DEFINED arg_MAX_PARALLEL AND NOT arg_MAX_PARALLEL MATCHES "^[1-9][0-9]*$")
    _training_fail(add_training_sweep "${name}" "MAX_PARALLEL wants a number of points" "${arg_MAX_PARALLEL}")
  endif()
  if(DEFINED arg_SEED AND NOT DEFINED arg_RANDOM)
    _training_fail(add_training_sweep "${name}" "missing keyword, with SEED" "RANDOM")
  endif()
endmacro()

# GRID, ZIP or RANDOM; reads the arguments of add_training_sweep().
macro(_training_sweep_form out_form name)
  set(_training_forms "")
  foreach(_training_form GRID ZIP RANDOM)
    if(DEFINED arg_${_training_form})
      list(APPEND _training_forms ${_training_form})
    endif()
  endforeach()
  list(LENGTH _training_forms _training_count)
  if(_training_count EQUAL 0)
    _training_fail(add_training_sweep "${name}" "missing keyword, one of" "GRID, ZIP, RANDOM")
  elseif(_training_count GREATER 1)
    list(JOIN _training_forms " and " _training_forms)
    _training_fail(add_training_sweep "${name}" "keywords exclude each other" "${_training_forms}")
  endif()
  set(${out_form} "${_training_forms}")
endmacro()

# Parameters that the run has; those that a generator expression makes are known to the tool alone.
function(_training_check_swept name run parameters)
  get_target_property(known "${run}" TRAINING_PARAMETERS)
  if(NOT known)
    set(known "")
  endif()
  foreach(parameter IN LISTS parameters)
    if(NOT parameter IN_LIST known AND NOT known MATCHES "\\$<")
      _training_nearest(near "${parameter}" "${known}")
      _training_fail(add_training_sweep "${name}" "run ${run} has no such parameter" "${parameter}" "${near}"
                     "Its PARAMETERS and KEYS are what can be tried.")
    endif()
  endforeach()
endfunction()

# Reads the arguments of add_training_sweep().
function(_training_write_sweep_spec name folder run points)
  get_target_property(run_spec "${run}" TRAINING_SPEC)
  set(spec "")
  _training_spec_member(spec add_training_sweep "${name}" run STRING "${run_spec}")
  _training_spec_member(spec add_training_sweep "${name}" folder STRING "${folder}/${name}")
  if(DEFINED arg_OBJECTIVE)
    list(GET arg_OBJECTIVE 0 metric)
    list(GET arg_OBJECTIVE 1 direction)
    _training_unpack(metric "${metric}")
    string(TOLOWER "${direction}" direction)
    _training_spec_member(spec add_training_sweep "${name}" objective STRING "${metric}")
    _training_spec_member(spec add_training_sweep "${name}" direction STRING "${direction}")
  endif()
  if(DEFINED arg_MAX_PARALLEL)
    string(APPEND spec ",\n  \"max_parallel\": ${arg_MAX_PARALLEL}")
  endif()
  string(APPEND spec ",\n  \"points\": [${points}\n  ]")
  _training_write_spec("${folder}/${name}.sweep.json" "${run}" sweep "${name}" "${spec}")
endfunction()

# Outputs, metrics and plots of the run as it declares them, packed; none where it has none.
function(_training_swept_outputs out_packed run)
  get_target_property(packed "${run}" TRAINING_OUTPUT_PAIRS)
  if(NOT packed)
    set(packed "")
  endif()
  list(REMOVE_ITEM packed "")
  set(${out_packed} "${packed}" PARENT_SCOPE)
endfunction()

# <name>.prepare waits for what the run waits for, <name>.points has points and summary, <name> the best point's outputs.
function(_training_add_sweep_targets name folder run)
  set(best "")
  if(DEFINED arg_OBJECTIVE)
    _training_swept_outputs(outputs "${run}")
    _training_run_outputs(best "${name}" "${folder}/${name}/best" OUTPUTS "${outputs}")
    list(REMOVE_DUPLICATES best)
  endif()
  add_custom_target("${name}.prepare" DEPENDS "${folder}/${name}.plan.stamp")
  add_custom_target("${name}.points" DEPENDS "${folder}/${name}.sweep.stamp")
  add_custom_target("${name}" DEPENDS ${best})
  add_dependencies("${name}.points" "${name}.prepare")
  add_dependencies("${name}" "${name}.points")
  _training_defer(_training_depend_as_run "${name}.prepare" "${run}.train")
  set_target_properties("${name}" "${name}.prepare" "${name}.points" PROPERTIES FOLDER Training)
  set_target_properties("${name}" PROPERTIES ADDITIONAL_CLEAN_FILES "${folder}/${name}")
  if(DEFINED arg_OBJECTIVE)
    # What stands for a run where one is named: its best point.
    _training_set_output_properties("${name}" "${folder}/${name}/best" "${outputs}")
    get_target_property(run_spec "${run}" TRAINING_SPEC)
    set_target_properties("${name}" PROPERTIES
      TRAINING_SPEC "${run_spec}"
      TRAINING_RESULT "${folder}/${name}.best"
      TRAINING_RESULT_FILES "${folder}/${name}.best"
      TRAINING_OUTPUT_PATHS "${best}")
    set_property(GLOBAL APPEND PROPERTY _TRAINING_RUNS "${name}")
  else()
    set_target_properties("${name}" PROPERTIES TRAINING_RESULT_FILES "${folder}/${name}.json")
    set_property(GLOBAL APPEND PROPERTY _TRAINING_SWEEPS_WITHOUT_BEST "${name}")
  endif()
endfunction()

# What the run's references resolved to, before.
function(_training_depend_as_run plan train)
  get_target_property(dependencies "${train}" MANUALLY_ADDED_DEPENDENCIES)
  if(dependencies)
    add_dependencies("${plan}" ${dependencies})
  endif()
endfunction()

function(_training_add_sweep_edges name folder run points)
  get_target_property(run_spec "${run}" TRAINING_SPEC)
  get_target_property(depends "${run}" TRAINING_DEPENDS)
  if(NOT depends)
    set(depends "")
  endif()
  _training_tool_command(tool add_training_sweep "${name}" sweep)
  list(APPEND tool --spec "${folder}/${name}.sweep.json")
  _training_add_edge("${run}.train" STAMP "${folder}/${name}.plan.stamp" BYPRODUCT "${folder}/${name}.plan"
    DEPFILE "${folder}/${name}.plan.d"
    COMMENT "Looking at what ${name} depends on"
    COMMAND ${tool} --plan
    DEPENDS "${run_spec}" ${depends})

  _training_sweep_pool(pool "${name}" "${run}")
  set(stamps "")
  foreach(point IN LISTS points)
    set(stem "${folder}/${name}/${point}")
    add_custom_command(OUTPUT "${stem}.stamp" BYPRODUCTS "${stem}.result"
      COMMAND ${tool} --point "${point}"
      DEPENDS "${folder}/${name}.plan"
      COMMENT "Training ${name}/${point}; follow with: trainyard logs -f ${name}/${point}"
      VERBATIM ${pool})
    string(APPEND stamps ";${stem}.stamp")
  endforeach()
  string(SUBSTRING "${stamps}" 1 -1 stamps)

  set(best "")
  if(DEFINED arg_OBJECTIVE)
    set(best "${folder}/${name}.best")
  endif()
  add_custom_command(OUTPUT "${folder}/${name}.sweep.stamp"
    BYPRODUCTS "${folder}/${name}.json" "${folder}/${name}.csv" ${best}
    COMMAND ${tool} --summary
    DEPENDS "${folder}/${name}.sweep.json" ${stamps}
    COMMENT "Comparing the points of ${name}"
    VERBATIM)
endfunction()

# The options that limit how many points are trained at a time: the sweep's own pool, or that of the run.
function(_training_sweep_pool out_options name run)
  set(options "")
  if(DEFINED arg_MAX_PARALLEL)
    string(MAKE_C_IDENTIFIER "training_${name}" pool)
    _training_defer(_training_add_pool "${pool}" "${arg_MAX_PARALLEL}")
    set(options JOB_POOL "${pool}")
  else()
    get_target_property(pool "${run}" TRAINING_JOB_POOL)
    if(pool)
      set(options JOB_POOL "${pool}")
    endif()
  endif()
  set(${out_options} "${options}" PARENT_SCOPE)
endfunction()

# Deferred, so that a later set_property() of the project's own pools does not take it away.
function(_training_add_pool pool size)
  get_property(is_set GLOBAL PROPERTY JOB_POOLS SET)
  if(NOT is_set AND CMAKE_JOB_POOLS)
    set_property(GLOBAL PROPERTY JOB_POOLS ${CMAKE_JOB_POOLS})
  endif()
  set_property(GLOBAL APPEND PROPERTY JOB_POOLS "${pool}=${size}")
endfunction()

# Edges that put a point's outputs in the build tree. The points themselves leave them in the store: a thousand models
# are seldom all wanted.
function(_training_add_point_outputs name folder run points)
  _training_swept_outputs(outputs "${run}")
  set(paths "")
  foreach(element IN LISTS outputs)
    _training_unpack(value "${element}")
    _training_split_key(key path "${value}")
    list(APPEND paths "${path}")
  endforeach()
  list(REMOVE_DUPLICATES paths)
  if(paths STREQUAL "")
    return()
  endif()
  _training_tool_command(tool add_training_sweep "${name}" sweep)
  list(APPEND tool --spec "${folder}/${name}.sweep.json")
  set(all "")
  foreach(point IN LISTS points)
    set(files ${paths})
    list(TRANSFORM files PREPEND "${folder}/${name}/${point}/")
    add_custom_command(OUTPUT ${files}
      COMMAND ${tool} --put "${point}"
      DEPENDS "${folder}/${name}/${point}.result"
      COMMENT "Putting the outputs of ${name}/${point} in place"
      VERBATIM)
    foreach(file IN LISTS files)
      set_property(GLOBAL PROPERTY "_TRAINING_OUTPUT_${file}" "${name}.outputs")
    endforeach()
    string(APPEND all ";${files}")
  endforeach()
  string(SUBSTRING "${all}" 1 -1 all)
  add_custom_target("${name}.outputs" DEPENDS ${all})
  set_target_properties("${name}.outputs" PROPERTIES FOLDER Training)
  if(CMAKE_GENERATOR MATCHES "Ninja")
    add_dependencies("${name}.outputs" "${name}.prepare")  # so that one file of a point needs that point alone
  else()
    add_dependencies("${name}.outputs" "${name}.points")
  endif()
endfunction()

function(_training_add_best name folder run)
  _training_swept_outputs(outputs "${run}")
  if(outputs STREQUAL "")
    return()
  endif()
  get_target_property(files "${name}" TRAINING_OUTPUT_PATHS)
  _training_tool_command(tool add_training_sweep "${name}" sweep)
  add_custom_command(OUTPUT ${files}
    COMMAND ${tool} --spec "${folder}/${name}.sweep.json" --put best
    DEPENDS "${folder}/${name}.best"
    COMMENT "Putting the outputs of the best point of ${name} in place"
    VERBATIM)
endfunction()

include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_references.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_tool.cmake")

#[=[
SMOKE of add_training_test(): an edge of the test's own that trains the run with some parameters replaced, as `trainyard run -S`
does. Its result file lies beside those of the folder's runs, its outputs stay in the store; what the run itself made is left alone.
It needs all that the run's edge needs, but not that edge.
]=]
function(_training_add_smoke out_result out_fixture name run packed)
  _training_check_pairs(add_training_test "${name}" SMOKE "${packed}")
  set(values "")
  foreach(element IN LISTS packed)
    _training_unpack(value "${element}")
    list(APPEND values -S "${value}")
  endforeach()
  string(REGEX REPLACE "[^A-Za-z0-9_.+-]" "_" target "${name}")
  string(APPEND target ".smoke")
  _training_output_folder(folder)
  set(stem "${folder}/${target}")
  add_custom_target("${target}" DEPENDS "${stem}.stamp")
  set_target_properties("${target}" PROPERTIES FOLDER Training)
  # Behind what resolves the run's own references, which is deferred too.
  _training_defer(_training_defer _training_share_dependencies "${target}" "${run}")
  _training_tool_command(train add_training_test "${name}" run)
  set(spec "$<TARGET_GENEX_EVAL:${run},$<TARGET_PROPERTY:${run},TRAINING_SPEC>>")
  _training_add_edge("${target}" STAMP "${stem}.stamp" BYPRODUCT "${stem}.result" DEPFILE "${stem}.d"
    COMMENT "Smoke training of ${run} for ${name}"
    COMMAND ${train} --spec "${spec}" ${values} --result "${stem}.result" --depfile "${stem}.d" --stamp "${stem}.stamp"
    DEPENDS "${spec}")
  _training_add_fixture("training.${target}" "${target}" "${run}")
  set(${out_result} "${stem}.result" PARENT_SCOPE)
  set(${out_fixture} "training.${target}" PARENT_SCOPE)
endfunction()

function(_training_share_dependencies target run)
  if(TARGET "${run}" AND NOT TARGET "${run}.train")
    _training_fail(add_training_test "${target}" "SMOKE wants a run, not a sweep" "${run}")
  elseif(NOT TARGET "${run}.train")
    return()  # _training_check_test_run tells of it
  endif()
  get_target_property(targets "${run}.train" MANUALLY_ADDED_DEPENDENCIES)
  if(targets)
    add_dependencies("${target}" ${targets})
  endif()
  get_target_property(files "${run}.train" TRAINING_FILE_DEPENDENCIES)
  get_target_property(depends "${run}" TRAINING_DEPENDS)
  foreach(list IN ITEMS files depends)
    if(${list})
      set_property(TARGET "${target}" APPEND PROPERTY TRAINING_FILE_DEPENDENCIES "${${list}}")
    endif()
  endforeach()
endfunction()

include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_references.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_smoke.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_tool.cmake")

#[=======================================================================[.rst:
add_training_test
-----------------

Adds a test of what a run reached::

  add_training_test(NAME <name> RUN <run> [ASSERT <assertion>...] [BASELINE <file> [TOLERANCE <distance>]]
    [SMOKE <k=v>...] [LABELS <label>...])

``RUN <run>``
  A target of :command:`add_training_run`, made before or after this call. A set-up entry of ``ctest``,
  one for all tests of the run, builds it first; it holds a lock on the build folder. The run's ``GPUS`` are
  its ``RESOURCE_GROUPS``: with ``ctest --resource-spec-file`` it gets those that ctest allots.
``ASSERT <assertion>...``
  ``<metric><op><number>`` with one of ``>= <= > < == !=``, over the run's ``METRICS``: ``"accuracy>=0.95"``.
  ``"abs(<metric>-baseline)<op><number>"`` compares with ``BASELINE``.
``BASELINE <file> [TOLERANCE <distance>]``
  Metrics of a run that was good, as ``METRICS`` holds them, kept with the project. With ``TOLERANCE`` each of them
  may be so far from it, such as ``0.01``, or ``1%`` of its value.
``SMOKE <k=v>...``
  A short training of the run's image for this test, with these of its parameters replaced, such as ``epochs=1``: the set-up
  entry is the test's own, and trains this instead of the run. Its outputs stay in the store. Once trained, it is found there.
``LABELS <label>...``
  Labels of the test.

Nothing of this is part of ``all``: ``ctest`` trains when a test needs it.
#]=======================================================================]
function(add_training_test)
  set(command add_training_test)
  _training_pack_arguments(packed 0)
  _training_parse_arguments(${command} "" "${packed}" "" "NAME;RUN;BASELINE;TOLERANCE" "ASSERT;SMOKE;LABELS")
  foreach(keyword NAME RUN)
    if(NOT DEFINED arg_${keyword})
      _training_fail(${command} "${arg_NAME}" "missing keyword" "${keyword}")
    endif()
  endforeach()
  if(NOT DEFINED arg_ASSERT AND NOT DEFINED arg_TOLERANCE)
    _training_fail(${command} "${arg_NAME}" "missing keyword, one of" "ASSERT, TOLERANCE")
  elseif(DEFINED arg_TOLERANCE AND NOT DEFINED arg_BASELINE)
    _training_fail(${command} "${arg_NAME}" "missing keyword, with TOLERANCE" "BASELINE")
  endif()
  set(distance "^([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?%?$")
  if(DEFINED arg_TOLERANCE AND NOT arg_TOLERANCE MATCHES "${distance}|\\$<")
    _training_fail(${command} "${arg_NAME}" "TOLERANCE wants a distance such as 0.01 or 1%" "${arg_TOLERANCE}")
  endif()
  set(number "[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]+)?")
  set(assertions "")
  foreach(element IN LISTS arg_ASSERT)
    _training_unpack(assertion "${element}")
    if(NOT assertion MATCHES "^(abs\\( *[^<>=! ;]+ *- *baseline *\\)|[^<>=! ;]+) *(>=|<=|==|!=|>|<) *${number}$" AND NOT assertion MATCHES "\\$<")
      _training_fail(${command} "${arg_NAME}" "ASSERT wants <metric><op><number>" "${assertion}" ""
                     "Operators are >= <= > < == and !=.")
    endif()
    list(APPEND assertions "${assertion}")
  endforeach()
  _training_check_target_name(${command} "${arg_NAME}" RUN "${arg_RUN}")
  _training_defer(_training_check_test_run "${arg_NAME}" "${arg_RUN}")

  set(baseline "")
  if(DEFINED arg_BASELINE)
    _training_unpack(file "${arg_BASELINE}")
    _training_absolute(file "${file}" "${CMAKE_CURRENT_SOURCE_DIR}")
    set(baseline --baseline "${file}")
    if(DEFINED arg_TOLERANCE)
      list(APPEND baseline --tolerance "${arg_TOLERANCE}")
    endif()
  endif()

  if(DEFINED arg_SMOKE)
    _training_add_smoke(result fixture "${arg_NAME}" "${arg_RUN}" "${arg_SMOKE}")
  else()
    set(result "$<TARGET_GENEX_EVAL:${arg_RUN},$<TARGET_PROPERTY:${arg_RUN},TRAINING_RESULT>>")
    set(fixture "training.${arg_RUN}")
    _training_add_fixture("${fixture}" "${arg_RUN}" "${arg_RUN}")
  endif()
  _training_tool_command(tool ${command} "${arg_NAME}" assert)
  add_test(NAME "${arg_NAME}"
    COMMAND ${tool} --spec "$<TARGET_GENEX_EVAL:${arg_RUN},$<TARGET_PROPERTY:${arg_RUN},TRAINING_SPEC>>"
            --result "${result}" ${baseline} ${assertions})
  set_tests_properties("${arg_NAME}" PROPERTIES FIXTURES_REQUIRED "${fixture}")
  foreach(element IN LISTS arg_LABELS)
    _training_unpack(label "${element}")
    set_property(TEST "${arg_NAME}" APPEND PROPERTY LABELS "${label}")
  endforeach()
endfunction()

# One entry builds a target for all tests that need it, with the devices that `run` asks for. Builds of one folder must
# not overlap.
function(_training_add_fixture fixture target run)
  get_property(exists GLOBAL PROPERTY "_TRAINING_SET_UP_${fixture}")
  if(exists)
    return()
  endif()
  set_property(GLOBAL PROPERTY "_TRAINING_SET_UP_${fixture}" TRUE)
  set(config "")
  get_property(multi_config GLOBAL PROPERTY GENERATOR_IS_MULTI_CONFIG)
  if(multi_config)
    set(config --config $<CONFIG>)
  endif()
  add_test(NAME "${fixture}" COMMAND "${CMAKE_COMMAND}" --build "${CMAKE_BINARY_DIR}" --target "${target}" ${config})
  set_tests_properties("${fixture}" PROPERTIES FIXTURES_SETUP "${fixture}" RESOURCE_LOCK "${CMAKE_BINARY_DIR}"
    RESOURCE_GROUPS "$<TARGET_PROPERTY:${run},TRAINING_RESOURCE_GROUPS>")
endfunction()

function(_training_check_test_run name run)
  get_property(runs GLOBAL PROPERTY _TRAINING_RUNS)
  if(NOT run IN_LIST runs)
    _training_nearest(near "${run}" "${runs}")
    _training_fail(add_training_test "${name}" "RUN names no training run" "${run}" "${near}")
  endif()
endfunction()

include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")

set_property(GLOBAL PROPERTY _TRAINING_MODULES "${CMAKE_CURRENT_LIST_DIR}")

#[=[
_training_tool_command(<out> <command> <target> <subcommand>)

The start of an edge's command line. The tool is named as a target where it is one: CMake then builds it
first, but a tool that was linked again is no reason to train again, as its file is no dependency.
]=]
function(_training_tool_command out_command command target subcommand)
  if(Trainyard_EXECUTABLE)
    set(tool "${Trainyard_EXECUTABLE}")
  elseif(TARGET Trainyard::trainyard)
    set(tool Trainyard::trainyard)
  else()
    _training_fail("${command}" "${target}" "the tool is not known" "Trainyard_EXECUTABLE" ""
                   "Use find_package(Trainyard), add_subdirectory(trainyard), or set this variable to the tool's path.")
  endif()
  set(tool_command "${tool}" "${subcommand}")
  if(TRAINYARD_STORE)
    list(APPEND tool_command --store "${TRAINYARD_STORE}")
  endif()
  if(TRAINYARD_RUNTIME AND subcommand MATCHES "^(build|run|import|sweep)$")
    list(APPEND tool_command --runtime "${TRAINYARD_RUNTIME}")
  endif()
  set(${out_command} "${tool_command}" PARENT_SCOPE)
endfunction()

#[=[
_training_add_edge(<owner> STAMP <file> BYPRODUCT <file> DEPFILE <file> COMMENT <text> COMMAND <arg>...
                   [DEPENDS <file or target>...] [OPTIONS <add_custom_command option>...])

An edge that always touches its stamp, and touches its digest only when that changed. What the owner's
references resolve to (_training_references.cmake) joins its dependencies at generate time.
]=]
function(_training_add_edge owner)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "STAMP;BYPRODUCT;DEPFILE;COMMENT" "COMMAND;DEPENDS;OPTIONS")
  set(depfile "")
  set(forget "")
  if(arg_DEPFILE)
    set(depfile DEPFILE "${arg_DEPFILE}")
    if(CMAKE_GENERATOR MATCHES "Makefiles")
      get_property(modules GLOBAL PROPERTY _TRAINING_MODULES)
      set(forget COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${CMAKE_CURRENT_BINARY_DIR}" -P
                         "${modules}/_training_forget_depends.cmake")
    endif()
  endif()
  add_custom_command(
    OUTPUT "${arg_STAMP}"
    BYPRODUCTS "${arg_BYPRODUCT}"
    COMMAND ${arg_COMMAND}
    ${forget}
    DEPENDS ${arg_DEPENDS} "$<TARGET_GENEX_EVAL:${owner},$<TARGET_PROPERTY:${owner},TRAINING_FILE_DEPENDENCIES>>"
    ${depfile}
    COMMENT "${arg_COMMENT}"
    VERBATIM ${arg_OPTIONS})
endfunction()

# cmake -DPROGRAM=<clang-format or clang-tidy> -DMODE=<format|format-check|tidy> [-DCOMMANDS=<build folder>]
#       -P check_form.cmake, in the source tree's root. Goes over all files before it fails, so that one run shows all.

set(patterns tool/*.cpp tests/*.cpp)
if(MODE STREQUAL "tidy")
  if(NOT EXISTS "${COMMANDS}/compile_commands.json")
    message(FATAL_ERROR "${COMMANDS} has no compile_commands.json.\n"
                        "Configure it with -DCMAKE_EXPORT_COMPILE_COMMANDS=ON.")
  endif()
  # Headers are checked where they are included (HeaderFilterRegex); tests are macros, of which the checks know nothing.
  set(patterns tool/*.cpp)
  set(command "${PROGRAM}" -p "${COMMANDS}" --quiet --warnings-as-errors=*)
elseif(MODE STREQUAL "format")
  list(APPEND patterns tool/*.hpp tests/*.hpp)
  set(command "${PROGRAM}" -i)
else()
  list(APPEND patterns tool/*.hpp tests/*.hpp)
  set(command "${PROGRAM}" --dry-run --Werror)
endif()

file(GLOB_RECURSE files RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" ${patterns})
set(failed "")
foreach(file IN LISTS files)
  if(MODE STREQUAL "tidy")
    message(STATUS "${file}")
  endif()
  execute_process(COMMAND ${command} "${file}" RESULT_VARIABLE result ERROR_VARIABLE errors)
  if(NOT result EQUAL 0)
    message("${errors}")
    list(APPEND failed "${file}")
  endif()
endforeach()

if(failed)
  list(JOIN failed "\n  " lines)
  message(FATAL_ERROR "${MODE}: these files need a look:\n  ${lines}")
endif()

include_guard(GLOBAL)

#[=[
Targets for the form of the C++ sources in tool/ and tests/, each there when its program is installed:

``format``        rewrites them by .clang-format;
``format-check``  fails when a file differs from that;
``tidy``          runs the checks of .clang-tidy over what the tool is compiled from, in a build folder with
                  compile_commands.json (the presets make it: CMAKE_EXPORT_COMPILE_COMMANDS); takes long.

Formatters of different versions disagree, so the version that the tree is kept in goes first.
]=]
set(trainyard_clang_version 14)
find_program(TRAINYARD_CLANG_FORMAT NAMES clang-format-${trainyard_clang_version} clang-format
             DOC "clang-format, for the targets format and format-check")
find_program(TRAINYARD_CLANG_TIDY NAMES clang-tidy-${trainyard_clang_version} clang-tidy
             DOC "clang-tidy, for the target tidy")
mark_as_advanced(TRAINYARD_CLANG_FORMAT TRAINYARD_CLANG_TIDY)

if(TRAINYARD_CLANG_FORMAT)
  # The list is made when the target runs: a new file is in it without configuring again.
  foreach(target IN ITEMS format format-check)
    add_custom_target(${target}
      COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=${TRAINYARD_CLANG_FORMAT}" "-DMODE=${target}"
              -P "${CMAKE_CURRENT_LIST_DIR}/check_form.cmake"
      WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" VERBATIM)
  endforeach()
endif()

if(TRAINYARD_CLANG_TIDY)
  add_custom_target(tidy
    COMMAND "${CMAKE_COMMAND}" "-DPROGRAM=${TRAINYARD_CLANG_TIDY}" -DMODE=tidy "-DCOMMANDS=${PROJECT_BINARY_DIR}"
            -P "${CMAKE_CURRENT_LIST_DIR}/check_form.cmake"
    WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}" USES_TERMINAL VERBATIM)
endif()

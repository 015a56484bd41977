# The tool as part of the user's build: it is built before an image, but is no file that the image depends on.
configure_case(WITHOUT_TOOL OPTIONS "-DTRAINYARD_SOURCE=${TRAINYARD_SOURCE}" -DCMAKE_EXPORT_COMPILE_COMMANDS=ON)
foreach(file trainer.stamp model.stamp)
  run_step(COMMAND ninja -C "${BUILD}" -t query ${file})
  expect_text("${stdout}" "\\|\\| (trainyard/[^\n]*/)?trainyard\n")
  if(stdout MATCHES "\n    [^|\n]*trainyard\n")
    message(FATAL_ERROR "${file} depends on the tool's file:\n${stdout}")
  endif()
endforeach()
# Nothing of the user's is in `all`, and nothing of the tool's is installed with his project.
run_step(COMMAND ninja -C "${BUILD}" -t query all)
if(stdout MATCHES "(trainer|model)")
  message(FATAL_ERROR "joined all:\n${stdout}")
endif()
file(READ "${BUILD}/trainyard/cmake_install.cmake" install)
if(install MATCHES "TrainyardConfig")
  message(FATAL_ERROR "installs the package:\n${install}")
endif()

# expect_optimised(<ON|OFF> <option>...): whether what the tool is compiled from is, in a project configured so.
function(expect_optimised wanted)
  configure_case(WITHOUT_TOOL OPTIONS "-DTRAINYARD_SOURCE=${TRAINYARD_SOURCE}" ${ARGN})
  file(STRINGS "${BUILD}/compile_commands.json" commands REGEX "\"command\"")
  foreach(command IN LISTS commands)
    if(command MATCHES " -O2 .*-c " AND NOT wanted OR NOT command MATCHES " -O2 .*-c " AND wanted)
      message(FATAL_ERROR "with ${ARGN}, optimised: not ${wanted}:\n${command}")
    endif()
  endforeach()
endfunction()

# A project without a build type gets a tool that is worth its while; one with a build type or a flag gets what it says.
expect_optimised(ON)
expect_optimised(OFF -DCMAKE_CXX_FLAGS=-O1)
expect_optimised(OFF -DCMAKE_CXX_FLAGS= -DCMAKE_BUILD_TYPE=Debug)

# cmake -DCASE=<folder> -DWORK=<folder> -DTOOL=<trainyard> -DGENERATOR=<generator> -DTRAINYARD_CMAKE=<folder of the
#       modules> -DTRAINYARD_SOURCE=<folder> -DTRAINYARD_PREFIX=<where the tool is installed> -P run_case.cmake
#
# Runs one case. Its folder is copied to <WORK>/source, so that nothing is written beside the tests and a case
# may edit its files. Without a case.cmake it is configured, and
#   result.txt   holds the expected exit code (0 without it)
#   stdout.txt, stderr.txt   hold a regular expression a line, which must match lines of the output in this order
# With a case.cmake, that script does the steps (steps.cmake has them).
cmake_minimum_required(VERSION 3.25)

file(REMOVE_RECURSE "${WORK}")
file(COPY "${CASE}/" DESTINATION "${WORK}/source")
set(SOURCE "${WORK}/source")
set(BUILD "${WORK}/build")
set(STORE "${WORK}/store")
# What is made lies in ${BUILD}${IN_CONFIG}: a folder per configuration where a build tree has several.
set(CONFIG "")
set(IN_CONFIG "")
if(GENERATOR MATCHES "Multi-Config")
  set(CONFIG Release)
  set(IN_CONFIG "/Release")
endif()
include("${CMAKE_CURRENT_LIST_DIR}/steps.cmake")

if(EXISTS "${CASE}/case.cmake")
  include("${CASE}/case.cmake")
else()
  set(wanted 0)
  if(EXISTS "${CASE}/result.txt")
    file(STRINGS "${CASE}/result.txt" wanted LIMIT_COUNT 1)
  endif()
  configure_case(RESULT ${wanted})
  foreach(stream stdout stderr)
    if(EXISTS "${CASE}/${stream}.txt")
      file(STRINGS "${CASE}/${stream}.txt" expressions)
      expect_lines("${${stream}}" "${expressions}")
    endif()
  endforeach()
endif()

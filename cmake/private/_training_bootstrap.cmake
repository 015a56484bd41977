# cmake -DFOLDER=<folder> -DEPOCH=<seconds> -DMMDEBSTRAP=<program> -P _training_bootstrap.cmake -- <argument>...
#
# Makes <FOLDER>/root.tar with mmdebstrap, unless it was made with these very arguments before: the tar is no
# declared output, so that `clean` does not cost a download and the same base is there afterwards.
# `@TAR@` among the arguments stands for the tar.
cmake_policy(VERSION 3.25)
set(arguments "")
set(seen FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(seen)
    list(APPEND arguments "${CMAKE_ARGV${i}}")
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(seen TRUE)
  endif()
endforeach()

set(made_with "")
if(EXISTS "${FOLDER}/root.tar" AND EXISTS "${FOLDER}/made-with.txt")
  file(READ "${FOLDER}/made-with.txt" made_with)
endif()
if(NOT made_with STREQUAL "${EPOCH} ${arguments}")
  file(MAKE_DIRECTORY "${FOLDER}")
  file(REMOVE "${FOLDER}/made-with.txt")
  # Under another name first: one that is cut short is never taken for whole.
  set(command ${arguments})
  list(TRANSFORM command REPLACE "^@TAR@$" "${FOLDER}/part.tar")
  execute_process(COMMAND "${CMAKE_COMMAND}" -E env "SOURCE_DATE_EPOCH=${EPOCH}" "${MMDEBSTRAP}" ${command}
                  RESULT_VARIABLE result)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "mmdebstrap ended with ${result}")
  endif()
  file(RENAME "${FOLDER}/part.tar" "${FOLDER}/root.tar")
  file(WRITE "${FOLDER}/made-with.txt" "${EPOCH} ${arguments}")
endif()
file(TOUCH "${FOLDER}/made")

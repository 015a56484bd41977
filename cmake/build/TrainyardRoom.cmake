include_guard(GLOBAL)

#[[.rst:
trainyard_room(<name> SOURCES <file>... [MAY_INCLUDE <room>...] [LINK <library>...])

Defines one room of the tool (docs/ARCHITECTURE.md) as a static library. Headers are reached as
"room/header.hpp" through a folder that holds only this room and the rooms it may include, so the
compiler itself refuses an include that points the wrong way.
#]]
function(trainyard_room name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;MAY_INCLUDE;LINK")
  set(library trainyard_${name})
  add_library(${library} STATIC ${arg_SOURCES})
  add_library(Trainyard::${name} ALIAS ${library})

  # <build>/rooms/<name>/<name> is a link to the room: an include path with nothing else in it.
  set(view "${PROJECT_BINARY_DIR}/rooms/${name}")
  file(MAKE_DIRECTORY "${view}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${view}/${name}" SYMBOLIC)
  target_include_directories(${library} PUBLIC "${view}")

  list(TRANSFORM arg_MAY_INCLUDE PREPEND Trainyard::)
  target_link_libraries(${library} PUBLIC ${arg_MAY_INCLUDE} ${arg_LINK})
  trainyard_compile_options(${library})
endfunction()

# trainyard_compile_options(<target> [WITHOUT_SANITIZERS]): warnings, standard and sanitizers of everything that the
# project itself compiles.
function(trainyard_compile_options target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "WITHOUT_SANITIZERS" "" "")
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF POSITION_INDEPENDENT_CODE ON)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
                                           -Wno-missing-field-initializers
    # GCC 12 sees overlapping copies in std::string's operator+ that are not there (its bug 105651).
    $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
  # A part of a project that has no build type: several times as slow as it could be, in every build of that project. Whoever
  # says something about optimisation in CMAKE_CXX_FLAGS means it.
  if(NOT CMAKE_CXX_FLAGS MATCHES "(^| )-O")
    target_compile_options(${target} PRIVATE $<$<NOT:$<BOOL:$<CONFIG>>>:-O2>)
  endif()
  if(TRAINYARD_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
  if(TRAINYARD_SANITIZE AND NOT arg_WITHOUT_SANITIZERS)
    target_compile_options(${target} PRIVATE -fsanitize=${TRAINYARD_SANITIZE} -fno-sanitize-recover=all
                                             -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=${TRAINYARD_SANITIZE})
  endif()
endfunction()

# Tests of what executes containers: who executes them, times the OCI runtime.
include_guard(GLOBAL)

# The system's: it can be executed by the ordinary users that tests become.
find_program(TRAINYARD_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)

set(TRAINYARD_VARIANTS root.crun root.runc user.crun user.runc single.crun single.runc)

#[=[
trainyard_variant_tests(<name> COMMAND <word>... [VARIANTS <who>.<runtime>...] [COPY <path>...] [WORK <folder>]
                        [ENVIRONMENT <K=V>...] [LABELS <label>...] [TIMEOUT <seconds>] [FIXTURES <fixture>...])

Adds the tests <name>.<who>.<runtime>, all six of them unless VARIANTS names some. `who` is root, user (an ordinary
user with sub-uids) or single (one without): as_user.py makes it so, and says what COPY is for. With WORK, `{work}` in
the command is a folder of the test's own: below <folder>, or in the home of the user that it becomes. Each test has its
variant as a label, so that ctest's summary of labels is the table of who times runtime.
]=]
function(trainyard_variant_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT;WORK" "COMMAND;VARIANTS;COPY;ENVIRONMENT;LABELS;FIXTURES")
  if(NOT DEFINED arg_VARIANTS)
    set(arg_VARIANTS ${TRAINYARD_VARIANTS})
  endif()
  if(NOT DEFINED arg_TIMEOUT)
    set(arg_TIMEOUT 600)
  endif()
  if(TRAINYARD_SANITIZE)
    math(EXPR arg_TIMEOUT "4 * ${arg_TIMEOUT}")
  endif()
  set(copies "")
  foreach(path IN LISTS arg_COPY)
    list(APPEND copies --copy "${path}")
  endforeach()
  foreach(variant IN LISTS arg_VARIANTS)
    string(REGEX MATCH "^[a-z]+" who "${variant}")
    string(REGEX MATCH "[a-z]+$" runtime "${variant}")
    set(test "${name}.${variant}")
    set(options ${copies})
    if(DEFINED arg_WORK)
      list(APPEND options --work "${arg_WORK}/${test}")
    endif()
    add_test(NAME "${test}" COMMAND "${TRAINYARD_PYTHON}" -B "${PROJECT_SOURCE_DIR}/tests/as_user.py" ${who} ${options} --
                                    ${arg_COMMAND})
    set_tests_properties("${test}" PROPERTIES ENVIRONMENT "${arg_ENVIRONMENT};TRAINYARD_RUNTIME=${runtime}"
      LABELS "${arg_LABELS};engine;${variant}" SKIP_RETURN_CODE 77 TIMEOUT "${arg_TIMEOUT}")
    if(arg_FIXTURES)
      set_tests_properties("${test}" PROPERTIES FIXTURES_REQUIRED "${arg_FIXTURES}")
    endif()
  endforeach()
endfunction()

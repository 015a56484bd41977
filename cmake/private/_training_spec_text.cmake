include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")

#[=[
Text of spec files (docs/spec-files.md), written by file(GENERATE). A value without generator expression is
escaped as JSON here. One with a generator expression has its value only after the text is written, so it
goes raw between delimiters: R"~ty(…)ty~" for a string, L"~ty(…)ty~" where a list may expand.
]=]

# TRUE when CMake will evaluate something in `value`. A "$<" that nothing ends, or with a blank behind it, is
# ordinary text.
function(_training_has_genex out_has command target value)
  set(has FALSE)
  if(value MATCHES "\\$<[A-Za-z0-9_$]")
    string(GENEX_STRIP "${value}" stripped)
    if(NOT "x${stripped}" STREQUAL "x${value}")
      set(has TRUE)
      string(FIND "${stripped}" "$<" unfinished)
      string(FIND "${value}" ")ty~\"" delimiter)
      if(NOT unfinished EQUAL -1)
        _training_fail("${command}" "${target}" "unfinished generator expression" "${value}")
      elseif(NOT delimiter EQUAL -1)
        _training_fail("${command}" "${target}" "a value with a generator expression cannot hold )ty~\"" "${value}")
      endif()
    endif()
  endif()
  set(${out_has} ${has} PARENT_SCOPE)
endfunction()

# A JSON string of a value without generator expression.
function(_training_json_string out_text value)
  string(REPLACE "\\" "\\\\" text "${value}")
  string(REPLACE "\"" "\\\"" text "${text}")
  if(text MATCHES "[^ -~]")
    _training_escape_control_characters(text "${text}")
  endif()
  # A lone "$<" must not meet a ">" further on in the file.
  string(REPLACE "$<" "\\u0024<" text "${text}")
  set(${out_text} "\"${text}\"" PARENT_SCOPE)
endfunction()

function(_training_escape_control_characters out_text text)
  foreach(pair "8 b" "9 t" "10 n" "12 f" "13 r")
    string(REPLACE " " ";" pair "${pair}")
    list(GET pair 0 code)
    list(GET pair 1 letter)
    string(ASCII ${code} character)
    string(REPLACE "${character}" "\\${letter}" text "${text}")
  endforeach()
  foreach(code RANGE 1 31)
    string(ASCII ${code} character)
    string(FIND "${text}" "${character}" at)
    if(NOT at EQUAL -1)
      math(EXPR hex "0x10000 + ${code}" OUTPUT_FORMAT HEXADECIMAL)
      string(SUBSTRING "${hex}" 3 4 hex)
      string(REPLACE "${character}" "\\u${hex}" text "${text}")
    endif()
  endforeach()
  set(${out_text} "${text}" PARENT_SCOPE)
endfunction()

function(_training_spec_string out_text command target value)
  _training_has_genex(has_genex "${command}" "${target}" "${value}")
  if(has_genex)
    set(text "R\"~ty(${value})ty~\"")
  else()
    _training_json_string(text "${value}")
  endif()
  set(${out_text} "${text}" PARENT_SCOPE)
endfunction()

#[=[
_training_spec_list(<out> <command> <target> <kind> <packed list>)

An array. Kind VALUES: a generator expression may expand to several elements. Kind PAIRS: `K=…` is one
element whatever its value; an element that is all generator expression may expand.
]=]
function(_training_spec_list out_text command target kind packed)
  set(items "")
  set(separator "")
  foreach(element IN LISTS packed)
    _training_unpack(value "${element}")
    set(has_genex FALSE)
    if(value MATCHES "\\$<")
      _training_has_genex(has_genex "${command}" "${target}" "${value}")
    endif()
    if(NOT has_genex)
      _training_json_string(item "${value}")
    elseif(kind STREQUAL "PAIRS" AND value MATCHES "^[^$]*=")
      set(item "R\"~ty(${value})ty~\"")
    else()
      _training_escape_semicolons(value "${value}")
      set(item "L\"~ty(${value})ty~\"")
    endif()
    string(APPEND items "${separator}${item}")
    set(separator ", ")
  endforeach()
  set(${out_text} "[${items}]" PARENT_SCOPE)
endfunction()

# Semicolons that the user wrote beside a generator expression separate nothing; those inside of it may.
function(_training_escape_semicolons out_text value)
  if(NOT value MATCHES ";")
    set(${out_text} "${value}" PARENT_SCOPE)
    return()
  endif()
  set(text "")
  set(depth 0)
  while(NOT value STREQUAL "")
    if(value MATCHES "^(\\$<)")
      math(EXPR depth "${depth} + 1")
    elseif(value MATCHES "^(>)")
      if(depth GREATER 0)
        math(EXPR depth "${depth} - 1")
      endif()
    elseif(NOT value MATCHES "^([^$>]+)")
      string(REGEX MATCH "^(.)" ignored "${value}")
    endif()
    set(piece "${CMAKE_MATCH_1}")
    string(LENGTH "${piece}" length)
    string(SUBSTRING "${value}" ${length} -1 value)
    if(depth EQUAL 0)
      string(REPLACE ";" "\\;" piece "${piece}")
    endif()
    string(APPEND text "${piece}")
  endwhile()
  set(${out_text} "${text}" PARENT_SCOPE)
endfunction()

#[=[
_training_spec_member(<inout spec> <command> <target> <member> <STRING|VALUES|PAIRS> <value or packed list>)

Adds a member; one that is not given is left out, since its default is the same.
]=]
function(_training_spec_member inout_spec command target member kind value)
  if(value STREQUAL "")
    return()
  endif()
  if(kind STREQUAL "STRING")
    _training_spec_string(text "${command}" "${target}" "${value}")
  else()
    _training_spec_list(text "${command}" "${target}" ${kind} "${value}")
  endif()
  set(${inout_spec} "${${inout_spec}},\n  \"${member}\": ${text}" PARENT_SCOPE)
endfunction()

# Generator expressions in the members are evaluated for `owner`.
function(_training_write_spec file owner kind name members)
  # TARGET last: CMake 3.25 crashes when it stands before CONTENT.
  file(GENERATE OUTPUT "${file}"
       CONTENT "{\n  \"schema\": 1,\n  \"kind\": \"${kind}\",\n  \"name\": \"${name}\"${members}\n}\n"
       TARGET "${owner}")
endfunction()

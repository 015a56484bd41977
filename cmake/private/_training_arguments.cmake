include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")

#[=[
Arguments of the public commands, byte for byte.

CMake's lists cannot carry every value: "a;b", "[" and "\" change where a list is split, "" disappears in
places. Arguments are therefore kept in *packed lists*: ordinary lists of packed elements, in which these
characters stand as a mark (ASCII 2) and a letter. Most values hold none of them, and one look says so: a graph
of a thousand runs has tens of thousands of values.
]=]
function(_training_pack out_packed value)
  if(value MATCHES "^[ -:<-Z^-~]+$")  # printable, and not one of ; [ ] \
    set(${out_packed} "${value}" PARENT_SCOPE)
    return()
  endif()
  string(ASCII 2 mark)
  string(REPLACE "${mark}" "${mark}m" value "${value}")
  string(REPLACE "\\" "${mark}b" value "${value}")
  string(REPLACE ";" "${mark}s" value "${value}")
  string(REPLACE "[" "${mark}o" value "${value}")
  string(REPLACE "]" "${mark}c" value "${value}")
  if(value STREQUAL "")
    set(value "${mark}e")
  endif()
  set(${out_packed} "${value}" PARENT_SCOPE)
endfunction()

function(_training_unpack out_value packed)
  if(NOT packed MATCHES "[^ -~]")
    set(${out_value} "${packed}" PARENT_SCOPE)
    return()
  endif()
  string(ASCII 2 mark)
  string(REPLACE "${mark}e" "" value "${packed}")
  string(REPLACE "${mark}c" "]" value "${value}")
  string(REPLACE "${mark}o" "[" value "${value}")
  string(REPLACE "${mark}s" ";" value "${value}")
  string(REPLACE "${mark}b" "\\" value "${value}")
  string(REPLACE "${mark}m" "${mark}" value "${value}")
  set(${out_value} "${value}" PARENT_SCOPE)
endfunction()

# Packs the calling function's arguments from number `first` on. A macro, since only the function itself
# sees its ARGV<n>; the detour over `_training_argc` keeps CMake from putting in the macro's own ARGC.
macro(_training_pack_arguments out_packed first)
  set(${out_packed} "")
  set(_training_argc ARGC)
  set(_training_plain "^[ -:<-Z^-~]+$")  # as in _training_pack(); a call for each argument is what costs here
  set(_training_argument ${first})
  while(_training_argument LESS "${${_training_argc}}")
    set(_training_packed "${ARGV${_training_argument}}")
    if(NOT _training_packed MATCHES "${_training_plain}")
      _training_pack(_training_packed "${_training_packed}")
    endif()
    list(APPEND ${out_packed} "${_training_packed}")
    math(EXPR _training_argument "${_training_argument} + 1")
  endwhile()
endmacro()

#[=[
_training_parse_arguments(<command> <target> <packed arguments> <options> <one-value keywords> <many-value keywords>)

Sets `arg_<KEYWORD>` in the caller: TRUE or FALSE for an option, the value itself for one value, a packed
list for many; unset when the keyword is absent. Whatever is not understood ends the configuration.
]=]
function(_training_parse_arguments command target packed options one many)
  set(known ${options} ${one} ${many})
  foreach(keyword IN LISTS known)
    unset(arg_${keyword})
  endforeach()
  foreach(keyword IN LISTS options)
    set(arg_${keyword} FALSE)
  endforeach()

  set(current "")
  foreach(element IN LISTS packed)
    set(value "${element}")
    if(element MATCHES "[^ -~]")  # as in _training_unpack()
      _training_unpack(value "${element}")
    endif()
    if(value MATCHES "^[A-Z][A-Z_]*$" AND value IN_LIST known)
      _training_check_keyword_has_value("${command}" "${target}" "${current}" "${options}" "${arg_${current}}")
      if(DEFINED arg_${value} AND value IN_LIST one)
        _training_fail("${command}" "${target}" "keyword given twice" "${value}")
      endif()
      set(current "${value}")
      if(value IN_LIST options)
        set(arg_${value} TRUE)
      endif()
    elseif(current IN_LIST many)
      if(value MATCHES "^[A-Z][A-Z_]+$")
        _training_check_no_misspelt_keyword("${command}" "${target}" "${value}" "${known}")
      endif()
      list(APPEND arg_${current} "${element}")
    elseif(current IN_LIST one AND NOT DEFINED arg_${current})
      if(value STREQUAL "")
        _training_fail("${command}" "${target}" "keyword without value" "${current}")
      endif()
      set(arg_${current} "${value}")
    else()
      _training_nearest(near "${value}" "${known}")
      _training_fail("${command}" "${target}" "unknown keyword" "${value}" ${near})
    endif()
  endforeach()
  _training_check_keyword_has_value("${command}" "${target}" "${current}" "${options}" "${arg_${current}}")

  foreach(keyword IN LISTS known)
    if(DEFINED arg_${keyword})
      set(arg_${keyword} "${arg_${keyword}}" PARENT_SCOPE)
    else()
      unset(arg_${keyword} PARENT_SCOPE)
    endif()
  endforeach()
endfunction()

function(_training_check_keyword_has_value command target keyword options value)
  if(NOT keyword STREQUAL "" AND NOT keyword IN_LIST options AND value STREQUAL "")
    _training_fail("${command}" "${target}" "keyword without value" "${keyword}")
  endif()
endfunction()

# A misspelt keyword (`value` is written like one) inside a list would silently become one of its values. Short
# words count only when a single letter is off.
function(_training_check_no_misspelt_keyword command target value known)
  _training_nearest(near "${value}" "${known}")
  if(near)
    _training_edit_distance(distance "${value}" "${near}")
  endif()
  if(near AND (distance EQUAL 1 OR value MATCHES "^......"))
    _training_fail("${command}" "${target}" "unknown keyword" "${value}" "${near}"
                   "If it is meant as a value, write $<1:${value}>.")
  endif()
endfunction()

# An ordinary list, packed.
function(_training_pack_list out_packed list)
  set(packed "")
  foreach(value IN LISTS list)
    _training_pack(element "${value}")
    list(APPEND packed "${element}")
  endforeach()
  set(${out_packed} "${packed}" PARENT_SCOPE)
endfunction()

include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_error.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/_training_paths.cmake")

#[=[
Names of other targets. The target that a name means may be made after the call that names it, so references
are resolved when the top CMakeLists.txt is at its end. What they resolve to is put in properties of the
*owner*, the target whose edge needs it; the edge and the spec read these with $<TARGET_GENEX_EVAL:…>, as they may
hold $<CONFIG>:

  TRAINING_FILE_DEPENDENCIES  files that the edge depends on
  TRAINING_IMAGE_SOURCE       an image as the spec names it: digest-file:… or a reference
  TRAINING_CONTEXTS           <name>=<image>
  TRAINING_INPUTS             [<key>=]<path>
]=]

# Calls a function with the given arguments at the end of the top CMakeLists.txt.
function(_training_defer function)
  set(arguments "")
  set(i 1)
  while(i LESS ARGC)
    string(APPEND arguments " [=======[${ARGV${i}}]=======]")
    math(EXPR i "${i} + 1")
  endwhile()
  cmake_language(EVAL CODE
    "cmake_language(DEFER DIRECTORY [=======[${CMAKE_SOURCE_DIR}]=======] CALL ${function}${arguments})")
endfunction()

# TRUE for "name@sha256:<64 digits>".
function(_training_is_pinned out_is_pinned reference)
  string(REGEX MATCH "@sha256:([0-9a-f]+)$" pinned "${reference}")
  string(LENGTH "${CMAKE_MATCH_1}" digits)
  if(pinned AND digits EQUAL 64)
    set(${out_is_pinned} TRUE PARENT_SCOPE)
  else()
    set(${out_is_pinned} FALSE PARENT_SCOPE)
  endif()
endfunction()

# Whatever can be no target's name and is no pinned reference is refused at once.
function(_training_check_image_name command target keyword value)
  _training_is_pinned(pinned "${value}")
  if(NOT pinned AND NOT value MATCHES "^([A-Za-z0-9_.+-]|::)+$")
    _training_fail("${command}" "${target}" "${keyword} wants an image target or a pinned reference" "${value}" ""
                   "A reference is pinned by its digest: <name>@sha256:<64 digits>.")
  endif()
endfunction()

# Makes `owner` depend on the image target `image`; gives the image as a spec names it.
function(_training_use_image out_source command target keyword owner image)
  if(TARGET "${image}")
    get_target_property(digest_file "${image}" TRAINING_IMAGE_DIGEST_FILE)
    get_target_property(reference "${image}" TRAINING_IMAGE_REFERENCE)
    if(digest_file)
      add_dependencies("${owner}" "${image}")
      set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_FILE_DEPENDENCIES "${digest_file}")
      set(${out_source} "digest-file:${digest_file}" PARENT_SCOPE)
      return()
    elseif(reference)
      set(${out_source} "${reference}" PARENT_SCOPE)
      return()
    endif()
  endif()
  get_property(images GLOBAL PROPERTY _TRAINING_IMAGES)
  _training_nearest(near "${image}" "${images}")
  _training_fail("${command}" "${target}" "${keyword} names no image target" "${image}" "${near}")
endfunction()

function(_training_resolve_image command target keyword owner image)
  _training_use_image(source "${command}" "${target}" "${keyword}" "${owner}" "${image}")
  set_property(TARGET "${owner}" PROPERTY TRAINING_IMAGE_SOURCE "${source}")
endfunction()

function(_training_resolve_context command target keyword owner name image)
  _training_use_image(source "${command}" "${target}" "${keyword}" "${owner}" "${image}")
  set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_CONTEXTS "${name}=${source}")
endfunction()

# DEPENDS: the files that a target of ours makes; others are left to add_custom_command.
function(_training_resolve_dependency owner value)
  if(TARGET "${value}")
    get_target_property(files "${value}" TRAINING_RESULT_FILES)
    if(files)
      add_dependencies("${owner}" "${value}")
      set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_FILE_DEPENDENCIES "${files}")
    endif()
  endif()
endfunction()

# A file that is there, or that something in the folder of `target` makes.
function(_training_check_file_exists command target keyword file)
  _training_is_generated(generated "${target}" "${file}")
  if(NOT EXISTS "${file}" AND NOT generated)
    _training_fail("${command}" "${target}" "${keyword} does not exist" "${file}")
  endif()
endfunction()

# INPUTS: the outputs of a run, a file that something in this project makes, or a file that is there.
function(_training_resolve_input command target owner value source_dir binary_dir output_dir)
  _training_split_key(key path "${value}")
  if(TARGET "${path}")
    get_target_property(outputs "${path}" TRAINING_OUTPUT_PATHS)
    if(outputs)
      _training_use_outputs("${owner}" "${key}" "${path}" "${outputs}")
      return()
    endif()
  endif()

  _training_find_input(file "${owner}" "${path}" "${source_dir}" "${binary_dir}" "${output_dir}")
  if(file STREQUAL "")
    get_property(sweeps GLOBAL PROPERTY _TRAINING_SWEEPS_WITHOUT_BEST)
    if(path IN_LIST sweeps)
      _training_fail("${command}" "${target}" "INPUTS names a sweep that has no best point" "${path}" "" "Give it an OBJECTIVE.")
    endif()
    get_property(runs GLOBAL PROPERTY _TRAINING_RUNS)
    _training_nearest(near "${path}" "${runs}")
    _training_fail("${command}" "${target}" "INPUTS names no file, no folder and no run" "${path}" "${near}")
  endif()
  _training_depend_on_makers("${owner}" "${file}")
  if(NOT IS_DIRECTORY "${file}")
    set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_FILE_DEPENDENCIES "${file}")
  endif()
  if(NOT key STREQUAL "")
    string(PREPEND file "${key}=")
  endif()
  set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_INPUTS "${file}")
endfunction()

# The absolute path of an input; empty when nothing is there and nothing makes it.
function(_training_find_input out_file owner path source_dir binary_dir output_dir)
  set(${out_file} "" PARENT_SCOPE)
  foreach(folder "${source_dir}" "${binary_dir}" "${output_dir}")
    _training_absolute(file "${path}" "${folder}")
    set(exists FALSE)
    if(file MATCHES "^\\$<" OR EXISTS "${file}")
      set(exists TRUE)
    else()
      _training_is_generated(exists "${owner}" "${file}")
    endif()
    if(exists)
      set(${out_file} "${file}" PARENT_SCOPE)
      return()
    endif()
  endforeach()
endfunction()

# All outputs of a run; with a key, the run has one output, or they lie below the key.
function(_training_use_outputs owner key run outputs)
  list(LENGTH outputs count)
  foreach(output IN LISTS outputs)
    set(input "${output}")
    if(NOT key STREQUAL "")
      cmake_path(GET output FILENAME name)
      if(count EQUAL 1)
        set(input "${key}=${output}")
      else()
        set(input "${key}/${name}=${output}")
      endif()
    endif()
    set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_INPUTS "${input}")
  endforeach()
  set_property(TARGET "${owner}" APPEND PROPERTY TRAINING_FILE_DEPENDENCIES "${outputs}")
  add_dependencies("${owner}" "${run}")
endfunction()

# TRUE for what a run or a custom command makes.
function(_training_is_generated out_is_generated owner file)
  get_property(run GLOBAL PROPERTY "_TRAINING_OUTPUT_${file}")
  get_property(generated SOURCE "${file}" TARGET_DIRECTORY "${owner}" PROPERTY GENERATED)
  if(run OR generated)
    set(${out_is_generated} TRUE PARENT_SCOPE)
  else()
    set(${out_is_generated} FALSE PARENT_SCOPE)
  endif()
endfunction()

# A file of another folder's run needs that run's target: CMake finds makers of files in one folder only.
function(_training_depend_on_makers owner file)
  get_property(run GLOBAL PROPERTY "_TRAINING_OUTPUT_${file}")
  if(run)
    add_dependencies("${owner}" "${run}")
  elseif(file MATCHES "\\$<")
    _training_named_targets(named "${file}")
    get_property(runs GLOBAL PROPERTY _TRAINING_RUNS)
    foreach(run IN LISTS named)
      if(run IN_LIST runs)
        add_dependencies("${owner}" "${run}")
      endif()
    endforeach()
  endif()
endfunction()

# Targets whose names stand somewhere in generator expressions.
function(_training_named_targets out_targets text)
  string(REGEX MATCHALL "([A-Za-z0-9_.+-]|::)+" words "${text}")
  set(targets "")
  foreach(word IN LISTS words)
    string(REGEX REPLACE "^::|::$" "" word "${word}")
    if(TARGET "${word}")
      list(APPEND targets "${word}")
    endif()
  endforeach()
  list(REMOVE_DUPLICATES targets)
  set(${out_targets} "${targets}" PARENT_SCOPE)
endfunction()

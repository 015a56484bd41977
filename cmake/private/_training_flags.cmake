include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/_training_spec_text.cmake")

#[=[
_training_write_flags(<out packed files> <name> <folder> <target>...)

Files that say how the executables of an image were compiled, for `trainyard provenance`: <name>.<language>.flags,
one for each language of the project, because options depend on it. No edge depends on them: what they change is in
the executables.
]=]
function(_training_write_flags out_files name folder)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  list(FILTER languages INCLUDE REGEX "^(C|CXX|CUDA|HIP|Fortran)$")
  set(compiler "")
  set(common "")
  set(files "")
  set(types "${CMAKE_CONFIGURATION_TYPES}")
  if(NOT types)
    set(types "${CMAKE_BUILD_TYPE}")
  endif()
  foreach(language IN LISTS languages)
    string(APPEND compiler "$<$<COMPILE_LANGUAGE:${language}>:${CMAKE_${language}_COMPILER_ID} "
           "${CMAKE_${language}_COMPILER_VERSION}>")
    _training_append_flags(common ${language} "1" "${CMAKE_${language}_FLAGS}")
    foreach(type IN LISTS types)
      string(TOUPPER "${type}" upper)
      _training_append_flags(common ${language} "$<CONFIG:${type}>" "${CMAKE_${language}_FLAGS_${upper}}")
    endforeach()
    list(APPEND files "${folder}/${name}.${language}.flags")
  endforeach()
  set(rows "")
  set(separator "")
  foreach(target IN LISTS ARGN)
    string(APPEND rows "${separator}\n    {\"executable\": R\"~ty($<TARGET_FILE:${target}>)ty~\", \"target\": \"${target}\", "
           "\"build_type\": \"$<CONFIG>\",\n     \"flags\": [L\"~ty(${common}$<TARGET_PROPERTY:${target},COMPILE_OPTIONS>)ty~\", "
           "L\"~ty($<$<BOOL:$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>>:-D$<JOIN:"
           "$<TARGET_PROPERTY:${target},COMPILE_DEFINITIONS>,;-D>>)ty~\"]}")
    set(separator ",")
  endforeach()
  if(files AND NOT rows STREQUAL "")
    file(GENERATE OUTPUT "${folder}/${name}.$<COMPILE_LANGUAGE>.flags"
         CONTENT "{\n  \"language\": \"$<COMPILE_LANGUAGE>\",\n  \"compiler\": \"${compiler}\",\n  \"executables\": [${rows}]\n}\n")
  else()
    set(files "")
  endif()
  _training_pack_list(packed "${files}")
  set(${out_files} "${packed}" PARENT_SCOPE)
endfunction()

function(_training_append_flags inout_text language condition flags)
  set(text "${${inout_text}}")
  separate_arguments(flags UNIX_COMMAND "${flags}")
  foreach(flag IN LISTS flags)
    string(REPLACE ">" "$<ANGLE-R>" flag "${flag}")
    string(REPLACE "," "$<COMMA>" flag "${flag}")
    string(APPEND text "$<$<AND:$<COMPILE_LANGUAGE:${language}>,${condition}>:${flag};>")
  endforeach()
  set(${inout_text} "${text}" PARENT_SCOPE)
endfunction()

include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_image.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_tool.cmake")

#[=======================================================================[.rst:
add_training_base
-----------------

Adds a base image that no registry is needed for::

  add_training_base(<name> [SUITE <suite>] [PACKAGES <package>...] [MIRROR <url>...])
  add_training_base(<name> TARBALL <file>)

``SUITE <suite>``
  A release of Debian, installed by ``mmdebstrap``; ``bookworm`` by default.
``PACKAGES <package>...``
  Packages beside the essential ones and ``apt``.
``MIRROR <url>...``
  Where packages come from; what ``mmdebstrap`` takes by default. A ``deb …`` line or a file of such lines
  is understood too.
``TARBALL <file>``
  A root file system that is there already, instead.

The target is an image like those of :command:`add_training_image`: name it in ``CONTEXTS``, ``FROM``, ``IMAGE``
and ``DEPENDS``. It is made once: neither ``clean`` nor packages that are released later change it. Remove the
folder ``CMakeFiles/<name>.base`` from the binary folder to make it again. The time stamps in it are
``SOURCE_DATE_EPOCH``, or a constant, so the same packages give the same image.
#]=======================================================================]
function(add_training_base name)
  set(command add_training_base)
  _training_pack_arguments(packed 1)
  _training_parse_arguments(${command} "${name}" "${packed}" "" "SUITE;TARBALL" "PACKAGES;MIRROR")
  _training_output_folder(folder)
  if(DEFINED arg_TARBALL)
    foreach(keyword SUITE PACKAGES MIRROR)
      if(DEFINED arg_${keyword})
        _training_fail(${command} "${name}" "keywords exclude each other" "TARBALL and ${keyword}")
      endif()
    endforeach()
    _training_check_path(${command} "${name}" TARBALL "${arg_TARBALL}")
    _training_absolute(tarball "${arg_TARBALL}" "${CMAKE_CURRENT_SOURCE_DIR}")
    set(made "${tarball}")
  else()
    set(base "${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.base")
    set(tarball "${base}/root.tar")
    _training_bootstrap("${name}" "${base}" "${arg_SUITE}" "${arg_PACKAGES}" "${arg_MIRROR}")
    set(made "${base}/made")
  endif()

  _training_add_image_target("${name}" "${folder}" "" "")
  if(DEFINED arg_TARBALL AND NOT tarball MATCHES "\\$<")
    _training_defer(_training_check_file_exists ${command} "${name}" TARBALL "${tarball}")
  endif()
  _training_tool_command(tool ${command} "${name}" import)
  _training_add_edge("${name}" STAMP "${folder}/${name}.stamp" BYPRODUCT "${folder}/${name}.digest"
    COMMENT "Importing image ${name}"
    COMMAND ${tool} --name "${name}" --build-dir "${CMAKE_BINARY_DIR}" --digest-file "${folder}/${name}.digest"
            --stamp "${folder}/${name}.stamp" "${tarball}"
    DEPENDS "${made}")
endfunction()

# An edge that makes <folder>/root.tar.
function(_training_bootstrap name folder suite packages mirrors)
  find_program(Trainyard_MMDEBSTRAP mmdebstrap DOC "mmdebstrap, for add_training_base()")
  mark_as_advanced(Trainyard_MMDEBSTRAP)
  if(NOT Trainyard_MMDEBSTRAP)
    _training_fail(add_training_base "${name}" "program not found" "mmdebstrap" ""
                   "Install the package mmdebstrap, or give TARBALL a root file system.")
  endif()
  if(suite STREQUAL "")
    set(suite bookworm)
  endif()
  set(include "")
  if(NOT packages STREQUAL "")
    list(JOIN packages "," include)
    _training_unpack(include "${include}")
    set(include "--include=${include}")
  endif()
  set(from "")
  foreach(element IN LISTS mirrors)
    _training_unpack(mirror "${element}")
    list(APPEND from "${mirror}")
  endforeach()
  set(epoch "$ENV{SOURCE_DATE_EPOCH}")
  if(epoch STREQUAL "")
    set(epoch 315532800)  # 1980-01-01, as in the layers that the tool makes
  endif()
  get_property(modules GLOBAL PROPERTY _TRAINING_MODULES)
  add_custom_command(
    OUTPUT "${folder}/made"
    COMMAND "${CMAKE_COMMAND}" "-DFOLDER=${folder}" "-DEPOCH=${epoch}" "-DMMDEBSTRAP=${Trainyard_MMDEBSTRAP}"
            -P "${modules}/_training_bootstrap.cmake" -- --quiet --variant=apt ${include} "${suite}" @TAR@ ${from}
    COMMENT "Installing ${suite} for image ${name}"
    VERBATIM)
endfunction()

include_guard(GLOBAL)

#[=[
Packages of the installed tool: ``cpack -G DEB`` or ``cpack -G TGZ`` in the build folder. A .deb gets what Debian wants
of one from debian_conventions.cmake, and its dependencies on libraries from what the tool is linked with.

``TRAINYARD_MAINTAINER``
  Who answers for the package: a name and an address, as in ``Ann Other <ann@example.org>``.
]=]
if(NOT TRAINYARD_INSTALL)
  return()
endif()
set(TRAINYARD_MAINTAINER "Trainyard maintainers <maintainers@trainyard.invalid>" CACHE STRING "Maintainer of packages")

set(CPACK_PACKAGE_NAME trainyard)
set(CPACK_PACKAGE_VENDOR Trainyard)
set(CPACK_PACKAGE_CONTACT "${TRAINYARD_MAINTAINER}")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "containerised model training as part of a CMake build")
set(CPACK_PACKAGE_DESCRIPTION
"Images and training runs become targets of a CMake project: it builds the image
step by step, trains in a container, and puts the model in the build tree. What
has not changed is not done again. Containers need no daemon and no root.
.
This package holds the tool trainyard and the CMake package that
find_package(Trainyard) finds.")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR TGZ)
set(CPACK_INSTALL_CMAKE_PROJECTS "${PROJECT_BINARY_DIR};Trainyard;Trainyard;/")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# A library that is loaded by name when it is needed is none that dpkg-shlibdeps sees.
find_program(TRAINYARD_DPKG_QUERY dpkg-query)
mark_as_advanced(TRAINYARD_DPKG_QUERY)
if(TRAINYARD_DPKG_QUERY AND TRAINYARD_LIBARCHIVE_NAME)
  execute_process(COMMAND "${TRAINYARD_DPKG_QUERY}" --search "*/${TRAINYARD_LIBARCHIVE_NAME}"
                  OUTPUT_VARIABLE trainyard_owner ERROR_QUIET)
  string(REGEX MATCH "^[a-z0-9.+-]+" CPACK_DEBIAN_PACKAGE_DEPENDS "${trainyard_owner}")
endif()
# What runs containers, and what lets an ordinary user have more ids than his own.
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "crun | runc, uidmap, tini")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "cmake (>= 3.25), ninja-build, mmdebstrap, busybox-static, slirp4netns, librsvg2-bin")
set(CPACK_PRE_BUILD_SCRIPTS "${CMAKE_CURRENT_LIST_DIR}/debian_conventions.cmake")
set(CPACK_TRAINYARD_CHANGELOG "${PROJECT_SOURCE_DIR}/CHANGELOG.md")

include(CPack)

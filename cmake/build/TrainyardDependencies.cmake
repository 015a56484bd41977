include_guard(GLOBAL)
include(FetchContent)

#[[.rst:
Where the tool's dependencies come from.

``TRAINYARD_DEPS``
  ``AUTO`` (default): what the system has, the rest downloaded, pinned and hashed.
  ``LOCAL``: what the system has; a missing one is an error.
  ``DOWNLOAD``: header-only and source dependencies are downloaded even if the system has them.
  OpenSSL always comes from the system: its security updates must.
#]]
set(TRAINYARD_DEPS AUTO CACHE STRING "Where dependencies come from: AUTO, LOCAL or DOWNLOAD")
set_property(CACHE TRAINYARD_DEPS PROPERTY STRINGS AUTO LOCAL DOWNLOAD)

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(LibArchive REQUIRED)
find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
add_library(xxHash::xxhash UNKNOWN IMPORTED)
set_target_properties(xxHash::xxhash PROPERTIES IMPORTED_LOCATION "${XXHASH_LIBRARY}" INTERFACE_INCLUDE_DIRECTORIES "${XXHASH_INCLUDE_DIR}")
find_package(CLI11 REQUIRED)
if(TRAINYARD_TESTS)
  find_package(Boost 1.74 REQUIRED COMPONENTS unit_test_framework)
endif()

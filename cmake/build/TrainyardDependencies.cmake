include_guard(GLOBAL)
include(FetchContent)

#[=[
Where the tool's dependencies come from.

``TRAINYARD_DEPS``
  ``AUTO`` (default): what the system has; the rest is downloaded.
  ``LOCAL``: what the system has; a missing one is an error that names its package.
  ``DOWNLOAD``: downloaded even if the system has it.

A download is a git commit named by its full hash, so its content is known. OpenSSL and threads always come
from the system (OpenSSL's security updates must), and so does Boost.Test, which only the tests use.
]=]
set(TRAINYARD_DEPS AUTO CACHE STRING "Where dependencies come from: AUTO, LOCAL or DOWNLOAD")
set_property(CACHE TRAINYARD_DEPS PROPERTY STRINGS AUTO LOCAL DOWNLOAD)
if(NOT TRAINYARD_DEPS MATCHES "^(AUTO|LOCAL|DOWNLOAD)$")
  message(FATAL_ERROR "TRAINYARD_DEPS is AUTO, LOCAL or DOWNLOAD, not\n  ${TRAINYARD_DEPS}")
endif()

# A row of the summary.
function(trainyard_note_dependency name version origin)
  string(SUBSTRING "${name}                " 0 16 name)
  string(SUBSTRING "${version}            " 0 12 version)
  set_property(GLOBAL APPEND PROPERTY TRAINYARD_DEPENDENCIES "${name}${version}${origin}")
endfunction()

function(trainyard_print_dependencies)
  get_property(rows GLOBAL PROPERTY TRAINYARD_DEPENDENCIES)
  message(STATUS "Dependencies (TRAINYARD_DEPS=${TRAINYARD_DEPS}):")
  foreach(row IN LISTS rows)
    message(STATUS "  ${row}")
  endforeach()
endfunction()

# What only the system can give.
function(trainyard_system_dependency name package)
  find_package(${name} ${ARGN} QUIET)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} was not found on this system.\nInstall its development package (Debian: ${package}).")
  endif()
  string(TOUPPER "${name}" upper)
  trainyard_note_dependency(${name} "${${name}_VERSION}${${upper}_VERSION}" system)
endfunction()

#[=[
trainyard_dependency(<name> VERSION <at least> PACKAGE <Debian package> TARGET <imported target>
                     REPOSITORY <url> COMMIT <hash> RELEASE <its version>
                     [SOURCE_SUBDIR <folder of its CMakeLists.txt>] [OPTIONS <var>=<value>...] [HEADERS_ONLY])

With HEADERS_ONLY its CMakeLists.txt is left alone.
]=]
function(trainyard_dependency name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "HEADERS_ONLY" "VERSION;PACKAGE;TARGET;REPOSITORY;COMMIT;RELEASE;SOURCE_SUBDIR" "OPTIONS")
  if(NOT TRAINYARD_DEPS STREQUAL "DOWNLOAD")
    find_package(${name} ${arg_VERSION} QUIET)
    if(${name}_FOUND)
      trainyard_note_dependency(${name} "${${name}_VERSION}" system)
      return()
    elseif(TRAINYARD_DEPS STREQUAL "LOCAL")
      message(FATAL_ERROR
        "${name} ${arg_VERSION} was not found on this system, and TRAINYARD_DEPS is LOCAL.\n"
        "Install its development package (Debian: ${arg_PACKAGE}), or configure with -DTRAINYARD_DEPS=AUTO.")
    endif()
  endif()

  message(STATUS "Fetching ${name} ${arg_RELEASE} from ${arg_REPOSITORY}")
  FetchContent_Declare(${name} GIT_REPOSITORY "${arg_REPOSITORY}" GIT_TAG ${arg_COMMIT})
  FetchContent_GetProperties(${name})
  string(TOLOWER "${name}" lower)
  if(NOT ${lower}_POPULATED)
    FetchContent_Populate(${name})
    set(CMAKE_POLICY_DEFAULT_CMP0048 NEW)
    set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)  # its option() calls keep what is set here
    set(CMAKE_WARN_DEPRECATED OFF)
    set(BUILD_SHARED_LIBS OFF)
    set(BUILD_TESTING OFF)
    set(CMAKE_POSITION_INDEPENDENT_CODE ON)
    set(CMAKE_COMPILE_WARNING_AS_ERROR OFF)
    set(CMAKE_MESSAGE_LOG_LEVEL WARNING)
    foreach(option IN LISTS arg_OPTIONS)
      string(REGEX MATCH "^([^=]+)=(.*)$" ignored "${option}")
      set(${CMAKE_MATCH_1} "${CMAKE_MATCH_2}")
    endforeach()
    if(NOT arg_HEADERS_ONLY)
      add_subdirectory("${${lower}_SOURCE_DIR}/${arg_SOURCE_SUBDIR}" "${${lower}_BINARY_DIR}" EXCLUDE_FROM_ALL SYSTEM)
    endif()
  endif()
  set(${lower}_SOURCE_DIR "${${lower}_SOURCE_DIR}" PARENT_SCOPE)
  trainyard_note_dependency(${name} "${arg_RELEASE}" "${arg_REPOSITORY}")
endfunction()

trainyard_system_dependency(Threads libc6-dev)
trainyard_system_dependency(OpenSSL libssl-dev)

trainyard_dependency(nlohmann_json VERSION 3.11 PACKAGE nlohmann-json3-dev TARGET nlohmann_json::nlohmann_json
  REPOSITORY https://github.com/nlohmann/json.git RELEASE 3.11.2 COMMIT bc889afb4c5bf1c0d8ee29ef35eaaf4c8bef8a5d
  OPTIONS JSON_BuildTests=OFF JSON_Install=OFF)

trainyard_dependency(CLI11 VERSION 2.1 PACKAGE libcli11-dev TARGET CLI11::CLI11
  REPOSITORY https://github.com/CLIUtils/CLI11.git RELEASE 2.3.2 COMMIT 291c58789c031208f08f4f261a858b5b7083e8e2
  OPTIONS CLI11_BUILD_TESTS=OFF CLI11_BUILD_EXAMPLES=OFF CLI11_BUILD_DOCS=OFF CLI11_INSTALL=OFF)

trainyard_dependency(xxHash VERSION 0.8.1 PACKAGE libxxhash-dev TARGET xxHash::xxhash
  REPOSITORY https://github.com/Cyan4973/xxHash.git RELEASE 0.8.1 COMMIT 35b0373c697b5f160d3db26b1cbb45a0d5ba788c
  SOURCE_SUBDIR cmake_unofficial OPTIONS XXHASH_BUILD_XXHSUM=OFF XXHASH_BUNDLED_MODE=ON)

trainyard_dependency(LibArchive VERSION 3.6 PACKAGE libarchive-dev TARGET LibArchive::LibArchive
  REPOSITORY https://github.com/libarchive/libarchive.git RELEASE 3.6.2 COMMIT ba80276ccc3c941c4918ec6e2460059f0c525c43
  OPTIONS ENABLE_TEST=OFF ENABLE_TAR=OFF ENABLE_CPIO=OFF ENABLE_CAT=OFF ENABLE_INSTALL=OFF ENABLE_WERROR=OFF
          ENABLE_LIBXML2=OFF ENABLE_EXPAT=OFF)

trainyard_dependency(yaml-cpp VERSION 0.6 PACKAGE libyaml-cpp-dev TARGET yaml-cpp
  REPOSITORY https://github.com/jbeder/yaml-cpp.git RELEASE 0.8.0 COMMIT f7320141120f720aecc4c32be25586e7da9eb978
  OPTIONS YAML_CPP_BUILD_TOOLS=OFF YAML_CPP_BUILD_CONTRIB=OFF YAML_CPP_INSTALL=OFF YAML_CPP_FORMAT_SOURCE=OFF)

trainyard_dependency(tomlplusplus VERSION 3.3 PACKAGE libtomlplusplus-dev TARGET tomlplusplus::tomlplusplus
  REPOSITORY https://github.com/marzer/tomlplusplus.git RELEASE 3.4.0 COMMIT 30172438cee64926dc41fdd9c11fb3ba5b2ba9de)

trainyard_dependency(protozero VERSION 1.7 PACKAGE libprotozero-dev HEADERS_ONLY
  REPOSITORY https://github.com/mapbox/protozero.git RELEASE 1.7.1 COMMIT f379578a3f7c8162aac0ac31c2696de09a5b5f93)

# Trainyard::protozero: its headers.
add_library(trainyard_protozero INTERFACE)
add_library(Trainyard::protozero ALIAS trainyard_protozero)
if(protozero_SOURCE_DIR)  # downloaded
  target_include_directories(trainyard_protozero SYSTEM INTERFACE "${protozero_SOURCE_DIR}/include")
else()
  target_include_directories(trainyard_protozero SYSTEM INTERFACE "${protozero_INCLUDE_DIR}")
endif()

# Trainyard::toml: its headers alone, which hold all of it; a shared library would be loaded by every command.
add_library(trainyard_toml INTERFACE)
add_library(Trainyard::toml ALIAS trainyard_toml)
target_include_directories(trainyard_toml SYSTEM INTERFACE
  "$<TARGET_PROPERTY:tomlplusplus::tomlplusplus,INTERFACE_INCLUDE_DIRECTORIES>")
target_compile_definitions(trainyard_toml INTERFACE TOML_HEADER_ONLY=1)

# Trainyard::yaml: the static library where the system has one, as Debian does beside the shared one: few commands read YAML, and
# each would load it and a second C++ library.
add_library(trainyard_yaml INTERFACE)
add_library(Trainyard::yaml ALIAS trainyard_yaml)
set(TRAINYARD_SHARED_YAML OFF)
set(yaml yaml-cpp)
if(TARGET yaml-cpp::yaml-cpp)  # from 0.8 on
  set(yaml yaml-cpp::yaml-cpp)
endif()
get_target_property(imported ${yaml} IMPORTED)
if(imported)
  get_target_property(location ${yaml} LOCATION)
  get_filename_component(folder "${location}" DIRECTORY)
  find_library(TRAINYARD_YAML_STATIC libyaml-cpp.a PATHS "${folder}" NO_DEFAULT_PATH)
  mark_as_advanced(TRAINYARD_YAML_STATIC)
endif()
if(imported AND TRAINYARD_YAML_STATIC)
  get_target_property(folder ${yaml} INTERFACE_INCLUDE_DIRECTORIES)
  target_include_directories(trainyard_yaml SYSTEM INTERFACE ${folder})
  target_link_libraries(trainyard_yaml INTERFACE "${TRAINYARD_YAML_STATIC}")
else()
  target_link_libraries(trainyard_yaml INTERFACE ${yaml})
  if(imported)
    set(TRAINYARD_SHARED_YAML ON)
  endif()
endif()

# Trainyard::libarchive: linked when it is ours, static and without most of what a distribution's needs. A shared one costs more to
# load than most commands take, so it is loaded by the name TRAINYARD_LIBARCHIVE_NAME when it is needed (tool/oci/late_archive.cpp).
add_library(trainyard_libarchive INTERFACE)
add_library(Trainyard::libarchive ALIAS trainyard_libarchive)
set(TRAINYARD_LIBARCHIVE_NAME "")
if(NOT TARGET LibArchive::LibArchive)
  target_link_libraries(trainyard_libarchive INTERFACE archive_static)
  target_include_directories(trainyard_libarchive SYSTEM INTERFACE "${libarchive_SOURCE_DIR}/libarchive")
  target_compile_definitions(trainyard_libarchive INTERFACE LIBARCHIVE_STATIC)
else()
  file(REAL_PATH "${LibArchive_LIBRARY}" real)
  get_filename_component(real "${real}" NAME)
  if(real MATCHES "^libarchive\\.so\\.[0-9]+")
    set(TRAINYARD_LIBARCHIVE_NAME "${CMAKE_MATCH_0}")
    target_include_directories(trainyard_libarchive SYSTEM INTERFACE ${LibArchive_INCLUDE_DIR})
    target_link_libraries(trainyard_libarchive INTERFACE ${CMAKE_DL_LIBS})
  else()
    target_link_libraries(trainyard_libarchive INTERFACE LibArchive::LibArchive)
  endif()
endif()

# Trainyard::sha256: the few object files of libcrypto.a that hold SHA-256, where there is one. The shared libcrypto takes two
# milliseconds to load, as long as a whole build in which nothing is to be done.
add_library(trainyard_sha256 INTERFACE)
add_library(Trainyard::sha256 ALIAS trainyard_sha256)
get_filename_component(folder "${OPENSSL_CRYPTO_LIBRARY}" DIRECTORY)
find_library(TRAINYARD_LIBCRYPTO_STATIC libcrypto.a HINTS "${folder}")
mark_as_advanced(TRAINYARD_LIBCRYPTO_STATIC)
if(TRAINYARD_LIBCRYPTO_STATIC)
  target_include_directories(trainyard_sha256 SYSTEM INTERFACE ${OPENSSL_INCLUDE_DIR})
  target_link_libraries(trainyard_sha256 INTERFACE "${TRAINYARD_LIBCRYPTO_STATIC}" ${CMAKE_DL_LIBS})
else()
  target_link_libraries(trainyard_sha256 INTERFACE OpenSSL::Crypto)
endif()

if(TRAINYARD_TESTS)
  trainyard_system_dependency(Boost libboost-test-dev 1.74 COMPONENTS unit_test_framework)
endif()

cmake_language(DEFER CALL trainyard_print_dependencies)

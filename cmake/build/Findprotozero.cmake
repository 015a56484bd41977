# protozero's headers from the system; Debian ships no CMake package for them.
find_path(protozero_INCLUDE_DIR protozero/pbf_reader.hpp)
mark_as_advanced(protozero_INCLUDE_DIR)

if(protozero_INCLUDE_DIR)
  file(STRINGS "${protozero_INCLUDE_DIR}/protozero/version.hpp" lines REGEX "^#define PROTOZERO_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
  list(TRANSFORM lines REPLACE "^.* ([0-9]+).*$" "\\1")
  list(JOIN lines "." protozero_VERSION)
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(protozero REQUIRED_VARS protozero_INCLUDE_DIR VERSION_VAR protozero_VERSION)

include_guard(GLOBAL)
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# The tool and its CMake package: find_package(Trainyard 1.0) from another project. Destinations are relative,
# so that the prefix may be moved.

if(NOT TRAINYARD_INSTALL OR NOT TARGET trainyard)
  return()
endif()

set(trainyard_package "${CMAKE_INSTALL_LIBDIR}/cmake/Trainyard")
configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/TrainyardConfig.cmake.in"
  "${PROJECT_BINARY_DIR}/TrainyardConfig.cmake" INSTALL_DESTINATION "${trainyard_package}")
write_basic_package_version_file("${PROJECT_BINARY_DIR}/TrainyardConfigVersion.cmake"
  VERSION "${PROJECT_VERSION}" COMPATIBILITY SameMajorVersion)

install(TARGETS trainyard EXPORT TrainyardTargets RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT Trainyard)
install(EXPORT TrainyardTargets NAMESPACE Trainyard:: DESTINATION "${trainyard_package}" COMPONENT Trainyard)
install(FILES
    "${PROJECT_BINARY_DIR}/TrainyardConfig.cmake"
    "${PROJECT_BINARY_DIR}/TrainyardConfigVersion.cmake"
    cmake/Trainyard.cmake
    cmake/AddTrainingBase.cmake
    cmake/AddTrainingImage.cmake
    cmake/AddTrainingRun.cmake
    cmake/AddTrainingSweep.cmake
    cmake/AddTrainingTest.cmake
  DESTINATION "${trainyard_package}" COMPONENT Trainyard)
install(DIRECTORY cmake/private DESTINATION "${trainyard_package}" COMPONENT Trainyard FILES_MATCHING PATTERN "*.cmake")
install(DIRECTORY templates DESTINATION "${CMAKE_INSTALL_DATADIR}/trainyard" COMPONENT Trainyard)
install(FILES tool/cli/completion.bash DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions"
        RENAME trainyard COMPONENT Trainyard)
if(NOT CMAKE_CROSSCOMPILING)  # tool/CMakeLists.txt makes it
  install(FILES "${PROJECT_BINARY_DIR}/trainyard.1" DESTINATION "${CMAKE_INSTALL_MANDIR}/man1" COMPONENT Trainyard)
endif()
install(FILES LICENSE DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/trainyard" COMPONENT Trainyard)

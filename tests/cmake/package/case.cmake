# Installed to a prefix that is moved afterwards, and found from another project: it builds an image and trains.
file(COPY "${TRAINYARD_PREFIX}/" DESTINATION "${WORK}/prefix" USE_SOURCE_PERMISSIONS)
configure_case(WITHOUT_TOOL OPTIONS "-DCMAKE_PREFIX_PATH=${WORK}/prefix" -DCMAKE_BUILD_TYPE=Release)
file(READ "${BUILD}/tool.txt" tool)
expect_equal("${tool}" "${WORK}/prefix/bin/trainyard")
run_step(COMMAND "${tool}" --version)
expect_equal("${stdout}" "trainyard 1.0.0\n")

build_case(model RAN "image trainer" "train model" "outputs model")
build_case(model RAN nothing)
file(READ "${BUILD}/model.bin" model)
expect_equal("${model}" "trained\n")
run_step(COMMAND "${CMAKE_CTEST_COMMAND}" --output-on-failure DIRECTORY "${BUILD}")
expect_text("${stdout}" "100% tests passed, 0 tests failed out of 2")

# What people read and what the shell reads came along; templates are found in the moved prefix.
file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix/share" "${WORK}/prefix/share/*")
foreach(file bash-completion/completions/trainyard man/man1/trainyard.1 doc/trainyard/LICENSE
             trainyard/templates/cpp/CMakeLists.txt)
  expect_exists("${WORK}/prefix/share/${file}")
endforeach()
run_step(COMMAND "${tool}" init cpp "${WORK}/new")
foreach(file IN LISTS installed)
  file(READ "${WORK}/prefix/share/${file}" text)
  if(text MATCHES "${TRAINYARD_SOURCE}" OR text MATCHES "${WORK}")
    message(FATAL_ERROR "${file} holds a path of this machine")
  endif()
endforeach()

# Versions that are asked for: those of this major version, up to this one.
function(expect_version asked result)
  file(WRITE "${WORK}/other/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES NONE)\n"
       "find_package(Trainyard ${asked} REQUIRED)\n")
  configure_case(WITHOUT_TOOL SOURCE "${WORK}/other" BUILD "${WORK}/other-${asked}" RESULT ${result}
                 OPTIONS "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
  if(NOT result EQUAL 0)
    expect_text("${stderr}" "version: 1\\.0\\.0")
  endif()
endfunction()
expect_version(1 0)
expect_version(1.0.0 0)
expect_version(0.9 1)
expect_version(1.1 1)
expect_version(2.0 1)

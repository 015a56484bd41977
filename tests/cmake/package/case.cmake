# Installed to a prefix that is moved afterwards, and found from another project.
run_step(COMMAND "${CMAKE_COMMAND}" --install "${TRAINYARD_BINARY}" --prefix "${WORK}/first" --component Trainyard)
file(RENAME "${WORK}/first" "${WORK}/prefix")
configure_case(WITHOUT_TOOL OPTIONS "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
file(READ "${BUILD}/tool.txt" tool)
expect_equal("${tool}" "${WORK}/prefix/bin/trainyard")
run_step(COMMAND "${tool}" --version)

# A version that is asked for and is not there.
file(WRITE "${WORK}/other/CMakeLists.txt" "cmake_minimum_required(VERSION 3.25)\nproject(other LANGUAGES NONE)\nfind_package(Trainyard 2.0 REQUIRED)\n")
configure_case(WITHOUT_TOOL SOURCE "${WORK}/other" BUILD "${WORK}/other-build" RESULT 1
               OPTIONS "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
expect_text("${stderr}" "version: 1\\.0\\.0")

# An image target is exported, from the build tree and by installing it; another project names it, gets the image from
# the store, and trains in it.
configure_case(OPTIONS -DCMAKE_BUILD_TYPE=Release)
run_step(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
file(GLOB_RECURSE installed RELATIVE "${WORK}/prefix" "${WORK}/prefix/*")
expect_text("${installed}" "/example.cmake$")
file(READ "${WORK}/prefix/${installed}" package)
if(package MATCHES "${BUILD}")
  message(FATAL_ERROR "holds a path of the build:\n${package}")
endif()

# An image that was not built yet is named, with what to do.
configure_case(SOURCE "${SOURCE}/user" BUILD "${WORK}/user" OPTIONS "-DPACKAGE=${WORK}/prefix/${installed}")
file(READ "${WORK}/user/model.run.json" spec)
expect_text("${spec}" "example/trainer:1")
build_case(model BUILD "${WORK}/user" RESULT failure)
expect_text("${stdout}${stderr}" "example/trainer:1")

build_case(trainer RAN "image trainer")
build_case(model other BUILD "${WORK}/user" RAN "train model" "outputs model" "image labelled" "train other")
build_case(model other BUILD "${WORK}/user" RAN nothing)
file(READ "${WORK}/user/model.bin" model)
expect_equal("${model}" "trained\n")
run_step(COMMAND "${CMAKE_CTEST_COMMAND}" --output-on-failure DIRECTORY "${WORK}/user")

# The same image and the same command: what the exporting project asks for was trained already.
build_case(model)
expect_text("${stdout}${stderr}" "cached")

# From the build tree, without installing.
configure_case(SOURCE "${SOURCE}/user" BUILD "${WORK}/second" OPTIONS "-DPACKAGE=${BUILD}/example.cmake")
build_case(model BUILD "${WORK}/second" RAN "train model" "outputs model")
expect_text("${stdout}${stderr}" "cached")
build_case(model BUILD "${WORK}/second" RAN nothing)

# Two configurations in one build tree: each has its image, its training and its model, and rebuilds by itself.
set(GENERATOR "Ninja Multi-Config")
configure_case()

function(expect_model config wanted)
  file(READ "${BUILD}/${config}/model.bin" model)
  expect_text("${model}" "^${wanted},")
endfunction()
macro(build_both)
  build_case(model CONFIG Debug ${ARGN})
  build_case(model CONFIG Release ${ARGN})
endmacro()

build_both(RAN "image trainer" "train model" "outputs model")
build_both(RAN nothing)
expect_model(Debug "Debug build, version 1, data first, rate 0.1")
expect_model(Release "Release build, version 1, data first, rate 0.2")

touch(data.csv)
build_both(RAN "train model")
build_both(RAN nothing)

# An edit is seen by both, whichever is built first; what one builds is no news to the other.
edit(train.c "version 1" "version 2")
build_case(model CONFIG Release RAN "image trainer" "train model" "outputs model")
expect_model(Debug "Debug build, version 1, data first, rate 0.1")
build_case(model CONFIG Release RAN nothing)
build_case(model CONFIG Debug RAN "image trainer" "train model" "outputs model")
build_both(RAN nothing)
expect_model(Debug "Debug build, version 2, data first, rate 0.1")
expect_model(Release "Release build, version 2, data first, rate 0.2")

# A parameter of one configuration.
edit(CMakeLists.txt "Debug>,0.1" "Debug>,0.3")
build_case(model CONFIG Release RAN nothing)
build_case(model CONFIG Debug RAN "train model" "outputs model")
expect_model(Debug "Debug build, version 2, data first, rate 0.3")

# Each has its test.
foreach(config Debug Release)
  run_step(COMMAND "${CMAKE_CTEST_COMMAND}" -C ${config} --output-on-failure DIRECTORY "${BUILD}")
  expect_text("${stdout}" "100% tests passed, 0 tests failed out of 2")
endforeach()

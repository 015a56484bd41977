# A training that is interrupted leaves the model of the one before.
configure_case(OPTIONS -DCMAKE_BUILD_TYPE=Release)
build_case(model)
file(READ "${BUILD}/model.bin" model)

edit(data.csv first slow)
run_step(RESULT failure COMMAND timeout --signal=INT 8 "${CMAKE_COMMAND}" --build "${BUILD}" --target model)
expect_exists("${BUILD}/model.bin")
file(READ "${BUILD}/model.bin" kept)
expect_equal("${kept}" "${model}")

edit(data.csv slow second)
build_case(model RAN "train model" "outputs model")
file(READ "${BUILD}/model.bin" model)
expect_text("${model}" "data second")
build_case(model RAN nothing)

# examples/embed: an output of a run as a source of a program, and as a file to install.
file(REMOVE_RECURSE "${SOURCE}")
file(COPY "${TRAINYARD_SOURCE}/examples/embed/" DESTINATION "${SOURCE}")
configure_case(OPTIONS "-DCMAKE_PREFIX_PATH=${TRAINYARD_PREFIX}")

build_case(all RAN "image trainer" "train model" "outputs model")
run_step(COMMAND "${BUILD}/predict" 10)
expect_text("${stdout}" "^20\\.99")
set(first "${stdout}")
build_case(all RAN nothing)
if(stdout MATCHES "Building|Linking")
  message(FATAL_ERROR "something was built although nothing changed\n${stdout}")
endif()

# The model is what is trained anew; the program takes it in.
wait_for_a_new_time_stamp()
file(WRITE "${SOURCE}/data/night.csv" "7,15\n8,17.5\n9,20\n")
build_case(all RAN "train model" "outputs model")
expect_text("${stdout}" "Linking CXX executable predict")
run_step(COMMAND "${BUILD}/predict" 10)
if(stdout STREQUAL first)
  message(FATAL_ERROR "predict has the old model in it")
endif()

# Touched, it is trained no more, and nothing is linked.
touch(data/night.csv)
build_case(all RAN "train model")
if(stdout MATCHES "Linking CXX executable predict")
  message(FATAL_ERROR "the model did not change, and predict was linked\n${stdout}")
endif()

run_step(COMMAND "${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/installed")
run_step(COMMAND "${WORK}/installed/bin/predict" 10)
file(SHA256 "${BUILD}/model.bin" built)
file(SHA256 "${WORK}/installed/share/embed/model.bin" installed)
expect_equal("${installed}" "${built}")

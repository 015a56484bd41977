# What ctest allots is what the training gets; without a resource specification the lease alone decides.
set(ENV{TRAINYARD_SLOT_FOLDER} "${WORK}/slots")
configure_case(OPTIONS "-DTRAINYARD_SLOTS=gpu:0,gpu:1,gpu:2,gpu:3,tpu:x")

function(expect_devices run wanted)
  file(READ "${BUILD}/${run}.txt" devices)
  expect_equal("${devices}" "${wanted}")
endfunction()

run_step(COMMAND "${CMAKE_CTEST_COMMAND}" -R "^(training\\.)?(run|any)" --output-on-failure --parallel 4
         --resource-spec-file "${SOURCE}/slots.json" DIRECTORY "${BUILD}")
file(READ "${BUILD}/run1.txt" devices)
expect_text("${devices}" "^gpu:[23]$")
expect_devices(run2 "gpu:2,gpu:3")
expect_devices(runall "gpu:0,gpu:1,gpu:2,gpu:3")
expect_devices(runtpu1 "tpu:x")
expect_devices(any "gpu:0,gpu:1,gpu:2,gpu:3")

file(REMOVE_RECURSE "${STORE}/runs")
file(GLOB stamps "${BUILD}/run*.stamp")
file(REMOVE ${stamps})
run_step(COMMAND "${CMAKE_CTEST_COMMAND}" -R run2 --output-on-failure DIRECTORY "${BUILD}")
expect_devices(run2 "gpu:0,gpu:1")

# Fewer than the run needs: ctest does not start what it cannot serve.
file(WRITE "${WORK}/few.json" [[{"version": {"major": 1, "minor": 0}, "local": [{"gpus": [{"id": "2"}]}]}]])
run_step(RESULT failure COMMAND "${CMAKE_CTEST_COMMAND}" -R run2 --resource-spec-file "${WORK}/few.json" DIRECTORY "${BUILD}")
expect_text("${stdout}${stderr}" "training.run2")

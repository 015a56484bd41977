# Patterns of inputs: what a change, a new file and a removed one rebuild. The build graph knows no name of a file.
configure_case(OPTIONS -DCMAKE_BUILD_TYPE=Release)
function(expect_model text)
  file(READ "${BUILD}${IN_CONFIG}/model.txt" model)
  expect_equal("${model}" "${text}\n")
endfunction()

build_case(model RAN "image counter" "train prepare" "outputs prepare" "train model" "outputs model")
expect_model("data 2, sub 1, parts 2")
build_case(model RAN nothing)

touch(data/a.csv)
build_case(model RAN "train prepare" "train model")
build_case(model RAN nothing)

edit(data/sub/c.csv 3 4)
build_case(model RAN "train model" "outputs model")
build_case(model RAN nothing)

wait_for_a_new_time_stamp()
file(WRITE "${SOURCE}/data/new.csv" "5")
build_case(model RAN "train prepare" "outputs prepare" "train model" "outputs model")
expect_model("data 3, sub 1, parts 2")
build_case(model RAN nothing)

wait_for_a_new_time_stamp()
file(WRITE "${SOURCE}/data/other.txt" "does not match")
build_case(model RAN "train prepare" "train model")
build_case(model RAN nothing)

wait_for_a_new_time_stamp()
file(REMOVE "${SOURCE}/data/new.csv")
build_case(model RAN "train prepare" "outputs prepare" "train model" "outputs model")
expect_model("data 2, sub 1, parts 2")
build_case(model RAN nothing)

edit(CMakeLists.txt "\"data/*.csv\"" "\"data/*.cvs\"")
build_case(model RESULT failure)
expect_text("${stdout}${stderr}" "data/\\*.cvs: no file matches")
expect_text("${stdout}${stderr}" "did you mean \"\\*.csv\"")

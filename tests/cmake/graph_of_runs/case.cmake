# A graph of six runs: prepare, two trainings, an evaluation of each, their comparison; then a program that embeds the
# best model. What a change costs, counted in processes: how often the tool and how often a container was started.
set(tool "${TOOL}")
set(TOOL "${WORK}/counted/trainyard")
find_program(runtime $ENV{TRAINYARD_RUNTIME} REQUIRED)
set(TRAINYARD_RUNTIME "${WORK}/counted/$ENV{TRAINYARD_RUNTIME}")  # what it is it tells by its name
file(WRITE "${TOOL}" "#!/bin/sh\ncase $1 in build|run|restore) echo $1 >> '${WORK}/tools';; esac\nexec '${tool}' \"$@\"\n")
file(WRITE "${TRAINYARD_RUNTIME}" "#!/bin/sh\nfor word; do case $word in create|run) echo $word >> '${WORK}/containers'; break;; esac; done\nexec '${runtime}' \"$@\"\n")
file(CHMOD "${TOOL}" "${TRAINYARD_RUNTIME}" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)

function(expect_count what file wanted)
  set(lines "")
  if(EXISTS "${WORK}/${file}")
    file(STRINGS "${WORK}/${file}" lines)
  endif()
  list(LENGTH lines count)
  if(NOT count EQUAL wanted)
    message(FATAL_ERROR "${what}: ${count} of ${file} were started, not ${wanted}: ${lines}\n${stdout}\n${stderr}")
  endif()
endfunction()

# step(<what> TOOLS <n> CONTAINERS <n> SAYS <what predict prints>)
macro(step what)
  cmake_parse_arguments(step "" "TOOLS;CONTAINERS;SAYS" "" ${ARGN})
  file(REMOVE "${WORK}/tools" "${WORK}/containers")
  build_case(predict ENVIRONMENT "TRAINYARD_RUNTIME=${TRAINYARD_RUNTIME}")
  expect_count("${what}" tools ${step_TOOLS})
  expect_count("${what}" containers ${step_CONTAINERS})
  run_step(COMMAND "${BUILD}${IN_CONFIG}/predict")
  expect_equal("${stdout}" "${step_SAYS}\n")
endmacro()

configure_case(OPTIONS -DCMAKE_BUILD_TYPE=Release)
# Four images, six runs and their six outputs; six containers, and one in which the tool tries the runtime, once.
step("from nothing" TOOLS 16 CONTAINERS 7 SAYS "model 3 of width 5")
step("no change" TOOLS 0 CONTAINERS 0 SAYS "model 3 of width 5")

touch(data.txt)
step("a touched file" TOOLS 1 CONTAINERS 0 SAYS "model 3 of width 5")
touch(train.c)
step("a touched source" TOOLS 1 CONTAINERS 0 SAYS "model 3 of width 5")
step("no change" TOOLS 0 CONTAINERS 0 SAYS "model 3 of width 5")

# A comment in the data: prepared anew, to the same table. Its result file names another run, so what depends on it looks.
edit(data.txt "numbers to learn" "some numbers to learn")
step("a comment in the data" TOOLS 6 CONTAINERS 1 SAYS "model 3 of width 5")
step("no change" TOOLS 0 CONTAINERS 0 SAYS "model 3 of width 5")

edit(train.c "A model is" "Each model is")
step("a comment in the source" TOOLS 1 CONTAINERS 0 SAYS "model 3 of width 5")

# A parameter of one training: that one, its evaluation, and the comparison.
edit(CMakeLists.txt ",3,5>" ",3,7>")
step("a parameter" TOOLS 6 CONTAINERS 3 SAYS "model 3 of width 7")
edit(CMakeLists.txt ",3,7>" ",2,7>")
step("a parameter of the worse one" TOOLS 6 CONTAINERS 3 SAYS "model 3 of width 7")

# Evaluated otherwise, with the same outcome: nothing is compared again.
edit(evaluate.c "/* The wider" "int other = 1; /* The wider")
step("another evaluation" TOOLS 6 CONTAINERS 2 SAYS "model 3 of width 7")
edit(evaluate.c "width * 10" "100 - width")
step("the other one is better" TOOLS 7 CONTAINERS 3 SAYS "model 0 of width 2")

# And all the way back.
edit(evaluate.c "100 - width" "width * 10")
edit(evaluate.c "int other = 1; /* The wider" "/* The wider")
edit(CMakeLists.txt ",2,7>" ",3,5>")
step("as it was" TOOLS 11 CONTAINERS 0 SAYS "model 3 of width 5")

file(REMOVE "${BUILD}${IN_CONFIG}/best.bin")
step("the best model removed" TOOLS 1 CONTAINERS 0 SAYS "model 3 of width 5")
build_case(clean)
step("after clean" TOOLS 16 CONTAINERS 0 SAYS "model 3 of width 5")
edit(data.txt "42" "43")
step("other data" TOOLS 12 CONTAINERS 6 SAYS "model 4 of width 5")
step("no change" TOOLS 0 CONTAINERS 0 SAYS "model 4 of width 5")

include_guard(GLOBAL)
cmake_policy(VERSION 3.25)

# The commands of Trainyard, one module each. docs/ has the manual.

set(TRAINYARD_SLOTS "" CACHE STRING "Names that stand for GPUs where runs ask for some, such as gpu:0,gpu:1; the machine's GPUs when empty")
set(TRAINYARD_STORE "" CACHE PATH "Folder of images, layers and runs; the user's own store when empty")
set(TRAINYARD_RUNTIME "" CACHE STRING "OCI runtime (a name or a path); found by the tool when empty")

include("${CMAKE_CURRENT_LIST_DIR}/AddTrainingBase.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddTrainingImage.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddTrainingRun.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddTrainingSweep.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/AddTrainingTest.cmake")

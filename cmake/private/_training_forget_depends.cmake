# Run after an edge with a depfile, with Make only: cmake -DFOLDER=<binary dir> -P _training_forget_depends.cmake
#
# CMake's Makefiles add each depfile to what they read from it before (compiler_depend.internal) and never
# take an entry away: once a file that was listed is removed, Make would run the edge in every build.
# Without this file the depfile is read afresh at the next build, alone.
file(GLOB caches "${FOLDER}/CMakeFiles/*.dir/compiler_depend.internal")
if(caches)
  file(REMOVE ${caches})
endif()

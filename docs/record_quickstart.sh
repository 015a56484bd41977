#!/bin/sh
# Records docs/quickstart.svg: a first build of examples/digits, a second one, and some after edits.
#   sh docs/record_quickstart.sh PREFIX      where PREFIX is what `cmake --install` installed Trainyard to
set -eu
prefix=$(cd "$1" && pwd)
docs=$(cd "$(dirname "$0")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r "$docs/../examples/digits" "$folder/digits"
cd "$folder/digits"
sed -i 's/--epochs 30/--epochs 6/' CMakeLists.txt # six lines are enough for a picture
export TRAINYARD_STORE="$folder/store"
cmake -S . -B build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
"$docs/record_terminal.py" "$docs/quickstart.svg" "$folder/digits" \
  "cmake --build build --target train_model" \
  "cmake --build build --target train_model   # again" \
  "touch train.cpp && cmake --build build --target train_model" \
  "rm build/model.bin && cmake --build build --target train_model" \
  "ctest --test-dir build 2>&1 | tail -n 6"

#!/bin/sh
# From a fresh clone to a trained model: installs what is missing (Debian and Ubuntu), builds the tool, makes
# the image of examples/digits, trains in a container, checks how well it learned, and says what came out.
# A second call does nothing over again.
#
#   sh examples/quickstart.sh [--no-install]
#
# --no-install   leave the system's packages alone: they are there, or another system has its own
set -eu
cd "$(dirname "$0")/.."

build=build/quickstart
prefix=$PWD/$build/installed
digits=$build/digits
trainyard=$prefix/bin/trainyard
seconds_tool="" seconds_image="" seconds_training=""

packages="g++ cmake ninja-build git ca-certificates libssl-dev libarchive-dev nlohmann-json3-dev
  libcli11-dev libxxhash-dev libyaml-cpp-dev libtomlplusplus-dev libprotozero-dev crun uidmap tini"

fail() {
  printf 'quickstart: %s\n' "$1" >&2
  exit 1
}

# Milliseconds; whole seconds where date has no better clock.
now() {
  time=$(date +%s%N)
  case $time in
    *[!0-9]*) echo "$(date +%s)000" ;;
    *) echo "${time%??????}" ;;
  esac
}

seconds_since() {
  awk -v from="$1" -v to="$(now)" 'BEGIN { printf "%.1f", (to - from) / 1000 }'
}

# What a person has to install where this script does not do it.
name_packages() {
  echo "Install these, then call: sh examples/quickstart.sh --no-install" >&2
  if command -v dnf >/dev/null; then
    echo "  dnf install gcc-c++ cmake ninja-build git openssl-devel libarchive-devel json-devel cli11-devel" \
      "xxhash-devel yaml-cpp-devel protozero-devel crun shadow-utils tini" >&2
  elif command -v pacman >/dev/null; then
    echo "  pacman -S gcc cmake ninja git openssl libarchive nlohmann-json cli11 xxhash yaml-cpp protozero crun shadow tini" >&2
  elif command -v brew >/dev/null; then
    echo "  brew install cmake ninja git openssl@3 libarchive nlohmann-json cli11 xxhash yaml-cpp protozero" >&2
    echo "Containers need Linux: on macOS, call it in a Linux virtual machine." >&2
  else
    echo "  a C++20 compiler, CMake 3.25, Ninja, git, OpenSSL, libarchive, nlohmann-json, CLI11, xxHash, yaml-cpp," \
      "crun or runc, newuidmap and newgidmap, tini" >&2
  fi
  exit 1
}

install_packages() {
  if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then name_packages; fi
  # shellcheck disable=SC2086 # a list of words
  installed=" $(dpkg-query -W -f '${Package}=${db:Status-Status} ' $packages 2>/dev/null || true)"
  missing=""
  for package in $packages; do
    case $installed in *" $package=installed "*) continue ;; esac
    if [ "$package" = crun ] && command -v runc >/dev/null; then continue; fi
    missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  echo "Installing packages:$missing"
  sudo=""
  if [ "$(id -u)" -ne 0 ]; then
    sudo=sudo
    command -v sudo >/dev/null || fail "sudo is not there; as root: apt-get install --no-install-recommends$missing"
  fi
  $sudo apt-get update -qq
  # shellcheck disable=SC2086 # lists of words
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends $missing >/dev/null
}

# Whether `cmake --build <folder> --target <target>` would do nothing.
is_built() {
  [ -f "$1/build.ninja" ] && cmake --build "$1" --target "$2" -- -n 2>/dev/null | grep -q 'no work to do'
}

build_tool() {
  if is_built "$build" trainyard && [ -x "$trainyard" ] &&
    [ -z "$(find cmake -newer "$build/installed.stamp" -print 2>&1)" ]; then
    return
  fi
  echo "Building the tool in $build"
  start=$(now)
  [ -f "$build/build.ninja" ] ||
    cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTRAINYARD_TESTS=OFF -DCMAKE_UNITY_BUILD=ON
  cmake --build "$build" --target trainyard
  cmake --install "$build" --prefix "$prefix" --component Trainyard >/dev/null
  touch "$build/installed.stamp"
  seconds_tool=$(seconds_since "$start")
}

make_image() {
  if is_built "$digits" trainer; then return; fi
  echo "Making the image of examples/digits in $digits"
  start=$(now)
  [ -f "$digits/build.ninja" ] ||
    cmake -S examples/digits -B "$digits" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix"
  cmake --build "$digits" --target trainer || explain_failure
  seconds_image=$(seconds_since "$start")
}

train() {
  if is_built "$digits" train_model; then return; fi
  echo "Training in a container"
  start=$(now)
  cmake --build "$digits" --target train_model || explain_failure
  seconds_training=$(seconds_since "$start")
}

check_accuracy() {
  log=$digits/accuracy.log
  if ! ctest --test-dir "$digits" --output-on-failure >"$log" 2>&1; then
    cat "$log" >&2
    fail "the model is not as good as it should be"
  fi
}

explain_failure() {
  echo "What this machine can and cannot do:" >&2
  "$trainyard" doctor >&2 || true
  fail "the example was not built; the reason stands above"
}

# report_time <part> <seconds>
report_time() {
  if [ -n "$2" ]; then echo "  $1  $2 s"; else echo "  $1  was there"; fi
}

report() {
  digest=$(cat "$digits/trainer.digest")
  size=$("$trainyard" inspect "$digest" | sed -n 's/^  "size": \([0-9]*\).*/\1/p')
  accuracy=$(sed -n 's/.*"accuracy": *\([0-9.]*\).*/\1/p' "$digits/metrics.json")
  [ -n "$seconds_tool$seconds_image$seconds_training" ] || echo "Nothing to do over again."
  echo
  echo "image     $digest"
  echo "size      $(awk -v bytes="$size" 'BEGIN { printf "%.1f MB", bytes / 1e6 }')"
  echo "accuracy  $accuracy on images that it never saw (at least 0.95 is asked for)"
  echo "model     $PWD/$digits/model.bin"
  echo "time"
  report_time "tool    " "$seconds_tool"
  report_time "image   " "$seconds_image"
  report_time "training" "$seconds_training"
}

case ${1-} in
  "") install_packages ;;
  --no-install) ;;
  *) fail "unknown option $1; there is --no-install" ;;
esac
build_tool
make_image
train
check_accuracy
report

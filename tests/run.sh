#!/bin/sh
# Installs what the tests need (Debian and Ubuntu), builds the tool and its tests, and runs all of them.
# Ends in ctest's own summary, whose times by label are the table of who (root; user: with sub-uids; single: without)
# times OCI runtime. As root a skipped test is a failure; an ordinary user cannot become the others, and skips theirs.
# Set TRAINYARD_BUILD to choose the build folder, JOBS the parallelism.
set -eu
cd "$(dirname "$0")/.."

packages="g++ make cmake ninja-build git ca-certificates pkg-config
  libssl-dev libarchive-dev nlohmann-json3-dev libcli11-dev libxxhash-dev libyaml-cpp-dev libtomlplusplus-dev libprotozero-dev libboost-test-dev
  crun runc uidmap tini busybox-static mmdebstrap skopeo umoci podman python3 python3-protobuf attr acl libcap2-bin
  e2fsprogs faketime curl librsvg2-bin libtorch-dev
  bash man-db dpkg-dev lintian slirp4netns strace openssh-client procps tzdata xz-utils bzip2 zstd util-linux passwd"

as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"

missing=""
for package in $packages; do
  dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
if [ -n "$missing" ]; then
  echo "installing:$missing"
  $as_root apt-get update -qq
  # shellcheck disable=SC2086 # a list of words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
fi

# As root, the tests also run as an ordinary user with sub-uids; this is that user.
if [ "$(id -u)" -eq 0 ] && ! id trainyard-test >/dev/null 2>&1; then
  useradd --create-home --shell /bin/sh trainyard-test
fi

build=${TRAINYARD_BUILD:-build/ci}
jobs=${JOBS:-$(nproc)}
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DTRAINYARD_TESTS=ON \
  -DCMAKE_COMPILE_WARNING_AS_ERROR=ON
cmake --build "$build" --parallel "$jobs"
if [ "$(id -u)" -eq 0 ]; then export TRAINYARD_TESTS_NO_SKIP=1; fi
# Many tests wait for something: one more than there are processors.
ctest --test-dir "$build" --output-on-failure --parallel "$((jobs + 1))" --output-junit tests.xml
if [ "$(id -u)" -eq 0 ] && grep -q '<skipped' "$build/tests.xml"; then
  echo "tests were skipped: see above" >&2
  exit 1
fi

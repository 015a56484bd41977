#!/bin/sh
# as_single_id.sh PROGRAM: runs the suite `single_id` of PROGRAM under an id without a name and without sub-uids.
# Exit code 77 (skipped) when we are not root.
set -eu
program=$1
skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "only root can become a user without sub-uids"
command -v setpriv > /dev/null || skip "setpriv is not installed (package util-linux)"
id=60123
grep -qE "^$id:" /etc/subuid && skip "uid $id has sub-uids here"

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$program" "$folder/program"
mkdir "$folder/tmp"
chown "$id:$id" "$folder/tmp"
chmod 755 "$folder" "$folder/program"
setpriv --reuid "$id" --regid "$id" --clear-groups \
  env -i PATH="$PATH" HOME=/ TMPDIR="$folder/tmp" TRAINYARD_RUNTIME="$TRAINYARD_RUNTIME" \
  "$folder/program" --run_test=single_id

#!/bin/sh
# as_ordinary_user.sh PROGRAM: runs PROGRAM as an ordinary user with sub-uids, who is made for it and removed
# afterwards. Exit code 77 (skipped) when we are not root: then PROGRAM ran as an ordinary user already.
set -eu
program=$1
skip() { echo "skipped: $1"; exit 77; }
[ "$(id -u)" = 0 ] || skip "not root, so the test without .user is the one of an ordinary user"
for tool in useradd setpriv newuidmap; do
  command -v $tool > /dev/null || skip "$tool is not installed (packages passwd, util-linux, uidmap)"
done

user=trainyard-test-$$
useradd --create-home --shell /bin/sh "$user" 2> /dev/null || skip "useradd cannot make a user here"
folder=$(mktemp -d)
# Files of sub-uids are the user's to make, and root's to remove.
trap 'rm -rf "$folder"; userdel --remove "$user" 2> /dev/null' EXIT
trap 'exit 130' INT TERM
grep -q "^$user:" /etc/subuid || skip "useradd gave the user no sub-uids (see SUB_UID_COUNT in /etc/login.defs)"
cp "$program" "$folder/program"
mkdir "$folder/tmp"
chown "$user" "$folder/tmp"
chmod 755 "$folder" "$folder/program"
setpriv --reuid "$user" --regid "$user" --init-groups \
  env -i PATH="$PATH" HOME="/home/$user" TMPDIR="$folder/tmp" TRAINYARD_RUNTIME="$TRAINYARD_RUNTIME" "$folder/program"

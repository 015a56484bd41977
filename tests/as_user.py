#!/usr/bin/python3
"""Runs a test as one of the three users that it is made for; how each variant of a test becomes its user.

    as_user.py root|user|single [--copy PATH]... [--work FOLDER] -- COMMAND [WORD]...

root    root itself
user    an ordinary user with sub-uids: as root, trainyard-test (tests/run.sh makes it); otherwise the caller
single  an ordinary user without sub-uids, who has one id alone: as root, an id that has no name; otherwise the caller

As root the user gets a home of their own, which is also their working folder, with the environment of a login and the
variables that begin with TRAINYARD. What they must read or execute is named by --copy: it lies in their home then, and
stands so in the command and in the variables. {work} in the command is FOLDER, or one in their home. All that the user leaves in that home goes with the test.

The test finds in TRAINYARD_TEST_WHO who it is. Exit code 77, which ctest calls skipped, where the caller is not and cannot become that user. With
TRAINYARD_TESTS_NO_SKIP that is a failure.
"""
import argparse
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
TEST_USER = "trainyard-test"
NAMELESS = 60123  # an id without a name and without sub-uids
KEPT = ("PATH", "LANG", "TERM", "http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
        "SSL_CERT_FILE", "CURL_CA_BUNDLE", "ASAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")


def skip(reason):
    print(f"skipped: {reason}", flush=True)
    sys.exit(1 if os.environ.get("TRAINYARD_TESTS_NO_SKIP") else SKIPPED)


def has_sub_uids(uid):
    try:
        names = {pwd.getpwuid(uid).pw_name, str(uid)}
    except KeyError:
        names = {str(uid)}
    try:
        lines = pathlib.Path("/etc/subuid").read_text().splitlines()
    except OSError:
        lines = []
    return any(line.split(":")[0] in names for line in lines)


def check_caller(who):
    """The test runs as whoever calls; skipped when that is somebody else."""
    caller = os.geteuid()
    if who == "root" and caller != 0:
        skip("only root can be root: the variants of an ordinary user are this user's")
    if who == "user" and not has_sub_uids(caller):
        skip("this user has no sub-uids (sudo usermod --add-subuids …): the variants called single are this user's")
    if who == "single" and has_sub_uids(caller):
        skip("this user has sub-uids, and only root can become a user without")


def user_to_be(who):
    """(name, uid, gid, groups)"""
    if who == "single":
        if has_sub_uids(NAMELESS):
            skip(f"uid {NAMELESS} has sub-uids here")
        return str(NAMELESS), NAMELESS, NAMELESS, []
    try:
        user = pwd.getpwnam(TEST_USER)
    except KeyError:
        skip(f"there is no user {TEST_USER}; tests/run.sh makes it")
    if not has_sub_uids(user.pw_uid):
        skip(f"{TEST_USER} has no sub-uids (see SUB_UID_COUNT in /etc/login.defs)")
    return user.pw_name, user.pw_uid, user.pw_gid, os.getgrouplist(user.pw_name, user.pw_gid)


def copy_for_all(source, folder):
    """A copy that everybody can read, under its own name; returns its path."""
    source = pathlib.Path(source)
    target = folder / source.name
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
        subprocess.run(["chmod", "-R", "a+rX", str(target)], check=True)
    else:
        shutil.copy2(source, target)
        target.chmod(target.stat().st_mode | 0o555)
    return str(target)


def environment_of(name, home):
    environment = {key: value for key, value in os.environ.items()
                   if key in KEPT or key.startswith(("LC_", "TRAINYARD"))}
    environment.update(HOME=str(home), USER=name, LOGNAME=name, SHELL="/bin/sh", TMPDIR=str(home / "tmp"))
    return environment


def with_work(command, folder):
    return [word.replace("{work}", str(folder)) for word in command]


def run_as(name, uid, gid, groups, copies, command):
    home = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-user-"))
    try:
        home.chmod(0o755)
        (home / "tmp").mkdir()
        environment = environment_of(name, home)
        for number, source in enumerate(copies):
            folder = home / f"given-{number}"
            folder.mkdir()
            copy = copy_for_all(source, folder)
            command = [word.replace(source, copy) for word in command]
            environment.update({key: value.replace(source, copy) for key, value in environment.items()
                                if key.startswith("TRAINYARD")})
        command = with_work(command, home / "work")
        for folder in (home, home / "tmp"):
            os.chown(folder, uid, gid)
        process = subprocess.Popen(command, user=uid, group=gid, extra_groups=groups, umask=0o022, cwd=home,
                                   env=environment)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda received, _: process.send_signal(received))
        return process.wait()
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("who", choices=("root", "user", "single"))
    parser.add_argument("--copy", action="append", default=[])
    parser.add_argument("--work", default="{work}")
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    os.environ["TRAINYARD_TEST_WHO"] = arguments.who
    if arguments.who == "root" or os.geteuid() != 0:
        check_caller(arguments.who)
        command = with_work(arguments.command, arguments.work)
        os.execvp(command[0], command)
    code = run_as(*user_to_be(arguments.who), arguments.copy, arguments.command)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == "__main__":
    main()

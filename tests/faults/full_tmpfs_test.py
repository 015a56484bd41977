"""A store on a tmpfs without room or inodes, and a TMPDIR without: clear message, nothing lost, the next try succeeds once
there is room; gc and rmi work on such a store.

  full_tmpfs_test.py [--all]
"""
import argparse
import errno
import os
import pathlib
import shutil

import world  # noqa: F401  (first: it says where the others lie)
import support
import oracle
from disk import enter_own_mounts, run
from trial import check, check_told, conclude, left_behind, repeat
from upkeep import UPKEEP
from world import DEEDS, Worlds, new_folder

NO_SPACE = os.strerror(errno.ENOSPC)
ROOM = "size=96m,nr_inodes=6000"
FREE_KIB = (0, 64, 300, 700, 1500)
FREE_INODES = (0, 3, 6, 12, 24, 40)
FEW_KIB, FEW_INODES = (0, 64), (0, 12)  # in the suite
COLLECTING = ("gc", "rmi")  # what makes room must do so where there is none


class Tmpfs:
    """A tmpfs whose limits follow what is in it."""

    def __init__(self, place):
        self.place = place
        place.mkdir()
        run("mount", "-t", "tmpfs", "-o", ROOM, "tmpfs", place)
        (place / "there").write_text("no room at all would be a limit of 0, which is none")

    def leave_kib(self, kib):
        status = os.statvfs(self.place)
        used = (status.f_blocks - status.f_bfree) * status.f_frsize // 1024
        run("mount", "-o", f"remount,size={used + kib}k", self.place)

    def leave_inodes(self, count):
        status = os.statvfs(self.place)
        run("mount", "-o", f"remount,nr_inodes={status.f_files - status.f_ffree + count}", self.place)

    def make_room(self):
        run("mount", "-o", f"remount,{ROOM}", self.place)

    def drop(self):
        run("umount", self.place)
        self.place.rmdir()


def attempt(worlds, deed, limit, amount):
    """A deed in a store on a tmpfs with so much left; findings."""
    disk = Tmpfs(worlds.folder / "tmpfs")
    try:
        world = worlds.prepared.get(deed.name, worlds.first).copy(disk.place / "world")
        limit(disk, amount)
        done = world.call(*deed.words(world))
        findings = check_told(done, NO_SPACE, "exit code", "is the store's file system full")
        findings += ["the message does not say what to do"] if done.returncode == 3 and "hint: " not in done.stderr else []
        if deed.name in COLLECTING and done.returncode != 0:
            findings.append(f"it made no room: {done.returncode}")
        disk.make_room()
        findings += oracle.check_store(world.store) + check(world) + worlds.kept.lost(world)
        if done.returncode == 0 and (made := deed.result(world)) != worlds.expected[deed.name]:
            findings.append(f"it ended well with {made}")
        findings += repeat(world, deed, worlds.expected[deed.name]) + left_behind(world.folder)
    finally:
        disk.drop()
    name = f"{deed}, {amount} {limit.__name__.removeprefix('leave_')} left"
    said = [line for line in done.stderr.splitlines() if "error:" in line or "hint:" in line]
    print(f"{name}: exit {done.returncode}" + (": " + "; ".join(said) if done.returncode else ""), flush=True)
    return [f"{name}: {finding}\n{done.stderr}" for finding in findings]


def without_temporary_folder(worlds, deed):
    """TMPDIR is full: nothing goes through it."""
    disk = Tmpfs(worlds.folder / "tmpfs")
    findings = []
    try:
        for limit in (Tmpfs.leave_kib, Tmpfs.leave_inodes):
            world = worlds.fresh(deed)
            limit(disk, 0)
            done = world.call(*deed.words(world), env={"TMPDIR": disk.place})
            findings += [f"it ended with {done.returncode}"] if done.returncode != 0 else []
            findings += ["it gives something else"] if done.returncode == 0 and (
                deed.result(world) != worlds.expected[deed.name]) else []
            world.remove()
            disk.make_room()
    finally:
        disk.drop()
    print(f"{deed}, TMPDIR full: {len(findings)} failures", flush=True)
    return [f"{deed}, TMPDIR full: {finding}\n{done.stderr}" for finding in findings]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true", help="more amounts that are left")
    chosen = parser.parse_args()
    if shutil.which("busybox") is None:
        support.skip("busybox is not installed; tests/run.sh installs it")
    if os.geteuid() != 0:
        support.skip("mounting needs root")
    folder = pathlib.Path(new_folder())
    failures = []
    try:
        enter_own_mounts()
        worlds = Worlds(folder / "worlds", {**DEEDS, "gc": UPKEEP["gc"], "rmi": UPKEEP["rmi"]})
        for deed in worlds.deeds.values():
            for kib in FREE_KIB if chosen.all else FEW_KIB:
                failures += attempt(worlds, deed, Tmpfs.leave_kib, kib)
            for count in FREE_INODES if chosen.all else FEW_INODES:
                failures += attempt(worlds, deed, Tmpfs.leave_inodes, count)
            failures += without_temporary_folder(worlds, deed)
    finally:
        support.remove_folder(folder)
    conclude(failures)


main()

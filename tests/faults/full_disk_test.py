"""A disk that is full, or out of inodes, or read-only, under import, build and run: clear message, nothing lost, and the
next try succeeds once there is room."""
import errno
import os
import pathlib
import shutil

import world  # noqa: F401  (first: it says where the others lie)
import support
import oracle
from disk import Disk, enter_own_mounts, run
from trial import check, check_told, conclude, has_command, repeat
from world import DEEDS, Kept, World, Worlds, new_folder

MEGABYTES = 96
INODES = 2400
FREE_KIB = (0, 24, 200, 700, 1800)
FREE_INODES = (0, 3, 12, 40)
NO_SPACE = os.strerror(errno.ENOSPC)
READ_ONLY = os.strerror(errno.EROFS)


def fill_space(place, kib):
    """Leaves about `kib` KiB free."""
    filler = place / "filler"
    chunk = 1 << 20
    with open(filler, "wb") as file:
        size = 0
        while chunk >= 4096 and (left := available(place) - kib * 1024) >= 4096:
            try:
                os.posix_fallocate(file.fileno(), size, min(chunk, left))
                size = os.fstat(file.fileno()).st_size
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                chunk //= 2
    return filler


def available(place):
    status = os.statvfs(place)
    return status.f_bavail * status.f_frsize


def fill_inodes(place, count):
    filler = place / "filler"
    filler.mkdir()
    for i in range(max(os.statvfs(place).f_ffree - count, 0)):
        (filler / str(i)).touch()
    return filler


def remove(filler):
    if filler.is_dir():
        shutil.rmtree(filler)
    else:
        filler.unlink(missing_ok=True)


class Rooms:
    """A disk that holds a world, copied for each trial."""

    def __init__(self, folder):
        self.place = folder / "disk"
        self.folder = folder
        self.base = Disk.make(folder / "base.img", self.place, MEGABYTES, "-N", INODES, "-m", "0")
        self.base.mount()
        worlds = Worlds(self.place)
        self.expected = worlds.expected
        self.kept = Kept(worlds.first)
        self.base.unmount()

    def attempt(self, deed, fill, amount):
        disk = self.base.copy(self.folder / "trial.img")
        disk.mount()
        try:
            world = World(self.place / "first")
            filler = fill(self.place, amount)
            done = world.call(*deed.words(world))
            findings = check_told(done, NO_SPACE, "exit code", "is the store's file system full")
            findings += oracle.check_store(world.store)
            remove(filler)
            findings += check(world) + self.kept.lost(world) + repeat(world, deed, self.expected[deed.name])
            findings += oracle.check_store(world.store)
            disk.unmount()
        finally:
            disk.drop()
        said = done.stderr.strip().splitlines()
        print(f"{deed}, {amount} {fill.__name__[5:]} left: exit {done.returncode}"
              + (": " + "; ".join(line for line in said if "error:" in line or "hint:" in line) if done.returncode else ""),
              flush=True)
        return [f"{deed}, {amount} {fill.__name__[5:]} left: {finding}\n{done.stderr}" for finding in findings]

    def collect(self, fill):
        """What the message of a full disk names as the way out must work on it."""
        disk = self.base.copy(self.folder / "trial.img")
        disk.mount()
        try:
            world = World(self.place / "first")
            world.must("build", world.folder / "context")  # without a tag: nobody needs it
            fill(self.place, 0)
            before = available(self.place)
            told = world.call("df")
            done = world.call("gc", "--unused-for", "0")
            freed = available(self.place) - before
            findings = [] if done.returncode == 0 else [f"gc ended with {done.returncode}"]
            findings += [] if told.returncode == 0 else [f"df ended with {told.returncode}: {told.stderr}"]
            findings += [] if freed > 500_000 else [f"gc freed {freed} bytes"]
            remove(self.place / "filler")
            findings += check(world) + self.kept.lost(world) + oracle.check_store(world.store)
            disk.unmount()
        finally:
            disk.drop()
        print(f"gc, 0 {fill.__name__[5:]} left: exit {done.returncode}, {freed} bytes freed", flush=True)
        return [f"gc, 0 {fill.__name__[5:]} left: {finding}\n{done.stdout}{done.stderr}" for finding in findings]

    def read_only(self, deed):
        disk = self.base.copy(self.folder / "trial.img")
        disk.mount()
        try:
            world = World(self.place / "first")
            run("mount", "--bind", world.store, world.store)
            run("mount", "-o", "remount,ro,bind", world.store)
            done = world.call(*deed.words(world))
            findings = [] if done.returncode == 3 and READ_ONLY in done.stderr and str(world.store) in done.stderr else [
                f"it ended with {done.returncode}"]
            run("umount", world.store)
            findings += self.kept.lost(world) + repeat(world, deed, self.expected[deed.name])
            disk.unmount()
        finally:
            disk.drop()
        print(f"{deed}, read-only store: exit {done.returncode}: {done.stderr.strip()}", flush=True)
        return [f"{deed}, read-only store: {finding}\n{done.stderr}" for finding in findings]


def without_permission(folder):
    """An ordinary user's store that is not theirs to write, whole or in part; where root is, nothing is forbidden."""
    if os.geteuid() == 0:
        return []
    findings = []
    worlds = Worlds(folder / "forbidden")
    for deed in DEEDS.values():
        for part in ("", "blobs/sha256", "tmp", "runs", "index.json"):
            world = worlds.fresh()
            path = world.store / part
            mode = path.stat().st_mode & 0o777
            path.chmod(mode & ~0o222)
            done = world.call(*deed.words(world))
            path.chmod(mode)
            findings += [f"{deed}, no writing to {part or 'the store'}: {f}"
                         for f in check_told(done, os.strerror(errno.EACCES)) + check(world) + worlds.kept.lost(world)
                         + repeat(world, deed, worlds.expected[deed.name])]
            if done.returncode != 0:
                print(f"{deed}, no writing to {part or 'the store'}: exit {done.returncode}: {done.stderr.strip()}", flush=True)
            world.remove()
    return findings


def main():
    if shutil.which("busybox") is None:
        support.skip("busybox is not installed; tests/run.sh installs it")
    folder = pathlib.Path(new_folder())
    failures = []
    try:
        if os.geteuid() == 0:
            enter_own_mounts()
            rooms = Rooms(folder)
            for deed in DEEDS.values():
                for kib in FREE_KIB:
                    failures += rooms.attempt(deed, fill_space, kib)
                for count in FREE_INODES:
                    failures += rooms.attempt(deed, fill_inodes, count)
                failures += rooms.read_only(deed)
            if has_command("gc"):
                failures += rooms.collect(fill_space) + rooms.collect(fill_inodes)
            rooms.base.drop()
        failures += without_permission(folder)
    finally:
        support.remove_folder(folder)
    conclude(failures)


main()

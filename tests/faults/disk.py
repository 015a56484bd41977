"""File systems in a file, whose power can be cut. Root alone can mount them."""
import ctypes
import fcntl
import os
import pathlib
import subprocess
import time

import oracle

SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN, _IOR('X', 125, __u32)
# How much the disk still gets: nothing at all, or the journal without what it does not hold (file contents).
NOTHING, JOURNAL = 2, 1
# Harsh on purpose: by default ext4 writes a file out that is renamed over another one, which other file systems do not.
OPTIONS = "loop,noauto_da_alloc,commit=600"
MILLISECONDS = 100


def run(*words):
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{words}: {done.stdout}{done.stderr}")


def enter_own_mounts():
    """Gives this process mounts of its own: a mount namespace that somebody makes meanwhile must not hold our disks."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(0x00020000) != 0:  # CLONE_NEWNS
        raise OSError(ctypes.get_errno(), "unshare")
    run("mount", "--make-rprivate", "/")
    run("mount", "--make-rshared", "/")


def users_of(place):
    """Processes that hold what is mounted at `place`: they know its path, or have mounts of their own with it."""
    own = os.readlink("/proc/self/ns/mnt")
    found = oracle.processes_of(place)
    for line in oracle.processes_of(place, ("mountinfo",)):
        try:
            if os.readlink(f"/proc/{line.split()[1]}/ns/mnt") != own:
                found.append(line)
        except OSError:
            continue
    return found


class Disk:
    """An ext4 file system in `image`, to be mounted at `place`."""

    def __init__(self, image, place):
        self.image = pathlib.Path(image)
        self.place = pathlib.Path(place)

    @staticmethod
    def make(image, place, megabytes, *options):
        with open(image, "wb") as file:
            file.truncate(megabytes << 20)
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", *options, image)
        return Disk(image, place)

    def copy(self, image):
        run("cp", "--sparse=always", self.image, image)
        return Disk(image, self.place)

    def mount(self):
        self.place.mkdir(exist_ok=True)
        run("mount", "-o", OPTIONS, self.image, self.place)

    def cut(self, how):
        """From now on nothing reaches the disk; whoever writes gets EIO."""
        folder = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(folder, SHUTDOWN, ctypes.c_uint32(how))
        finally:
            os.close(folder)

    def unmount(self):
        """Who uses it is waited for: mounted again before they end, it would still be the disk whose power was cut."""
        self.wait(lambda: users_of(self.place))
        run("umount", self.place)
        self.wait(lambda: subprocess.run(["losetup", "-j", str(self.image)], capture_output=True, text=True,
                                         check=True).stdout.splitlines())

    @staticmethod
    def wait(left):
        """Until `left` gives nothing."""
        for _ in range(20_000 // MILLISECONDS):
            if not (lines := left()):
                return
            time.sleep(MILLISECONDS / 1000)
        raise AssertionError("still in use: " + "\n".join(lines))

    def drop(self):
        """Unmounts if need be and removes the file."""
        subprocess.run(["umount", "-l", str(self.place)], capture_output=True, check=False)
        self.image.unlink(missing_ok=True)

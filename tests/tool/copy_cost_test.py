"""What a COPY of many files costs, in system calls and bytes: numbers that hold on every machine, which times do not."""
import collections
import os
import re
import subprocess

import support
from copy_test import DOCKERFILE, FOLDERS, SIZE, CopyCase

if os.geteuid() != 0:
    support.skip("newuidmap has no effect under an ordinary user's strace")


class Trace:
    """System calls of the tool and its children, from strace."""

    LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")

    def __init__(self, text):
        self.calls = [match.groups() for match in map(self.LINE.match, text.splitlines()) if match]

    def named(self, *names):
        return [(arguments, int(result)) for name, arguments, result in self.calls if name in names]

    def opened(self, folder):
        """How often each file below `folder` was opened."""
        paths = re.compile(r'"(' + re.escape(str(folder)) + r'/[^"]*)"')
        found = collections.Counter()
        for arguments, result in self.named("open", "openat", "openat2"):
            match = paths.search(arguments)
            if match and result >= 0 and "O_DIRECTORY" not in arguments:
                found[match.group(1)] += 1
        return found

    def bytes(self, folder, *names):
        """What went through descriptors of files below `folder`."""
        return sum(result for arguments, result in self.named(*names)
                   if result > 0 and f"<{folder}/" in arguments.split(",")[0])


class Cost(CopyCase):
    def traced(self, dockerfile=DOCKERFILE):
        self.write("context/Dockerfile", dockerfile)
        logs = self.folder / f"trace.{len(list(self.folder.glob('trace.*')))}"
        logs.mkdir()
        # A file a thread: in one file a call may be cut in two by another thread's.
        subprocess.run(["strace", "-ff", "-qq", "-y", "-s", "4096", "-o", logs / "log",
                        "-e", "trace=open,openat,openat2,read,pread64,write,copy_file_range,link,linkat,newfstatat,fstat,lstat,"
                              "stat,statx,getdents64,clone,clone3,fork,vfork,flistxattr,llistxattr",
                        support.TOOL, "build", "-q", self.folder / "context"],
                       env=support.traceable(self.environment()), check=True, stdout=subprocess.DEVNULL)
        return Trace("\n".join(log.read_text(errors="replace") for log in sorted(logs.iterdir())))

    def test_unchanged_one_look_at_each_file_and_no_open(self):
        self.digest()
        trace = self.traced()
        self.assertEqual(trace.opened(self.data), {})
        looks = [arguments for arguments, _ in trace.named("newfstatat", "lstat", "stat", "statx")
                 if f"{self.data}/" in arguments]
        # One for each file and folder; that a folder is one is looked at once more when it is opened.
        self.assertLessEqual(len(looks), self.count + 2 * FOLDERS + 4)
        lists = [arguments for arguments, _ in trace.named("getdents64") if f"<{self.data}" in arguments]
        self.assertEqual(len(lists), 2 * (FOLDERS + 1))
        self.assertEqual(trace.named("fork", "vfork"), [])
        self.assertFalse([a for a, _ in trace.named("clone", "clone3") if "CLONE_VM" not in a], "a process was started")
        indexes = trace.opened(self.store / "fingerprints")
        self.assertEqual(sum(indexes.values()), 1, indexes)

    def test_cold_each_file_is_read_to_hash_and_to_copy(self):
        trace = self.traced()
        self.assertEqual(set(trace.opened(self.data).values()), {2})
        self.assertEqual(trace.bytes(self.data, "read", "pread64", "copy_file_range"), 2 * self.count * SIZE)
        layers = self.store / "tmp"
        self.assertEqual(trace.bytes(self.store / "layers", "read", "pread64"), self.count * SIZE)  # for the tar
        self.assertGreaterEqual(trace.bytes(layers, "write"), 2 * self.count * SIZE)  # tree and tar
        self.assertLess(trace.bytes(layers, "write"), 2 * self.count * (SIZE + 1024) + 2 * 10240 + self.count * 200)

    def test_one_changed_file_is_read_and_the_others_are_linked(self):
        self.digest()
        self.put("d2/f7", b"changed".ljust(SIZE, b"y"))
        self.pass_the_tick()
        trace = self.traced()
        changed = str(self.data / "d2/f7")
        self.assertEqual(set(trace.opened(self.data)), {changed})
        # XXH3, SHA-256, copy: a file of the same size is first asked whether it has changed at all.
        self.assertEqual(trace.bytes(self.data, "read", "pread64", "copy_file_range"), 3 * SIZE)
        links = [arguments for arguments, result in trace.named("link", "linkat") if result == 0]
        self.assertEqual(len(links), self.count - 1)

    def test_a_large_file_is_not_written_again_for_a_small_one(self):
        self.put("large", os.urandom(20 << 20))
        self.pass_the_tick()
        self.digest()
        self.put("d0/f0", b"small")
        self.pass_the_tick()
        trace = self.traced()
        self.assertEqual(trace.bytes(self.data, "read", "pread64", "copy_file_range"), 2 * 5)


if __name__ == "__main__":
    support.main()

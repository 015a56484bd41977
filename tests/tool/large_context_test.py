"""A context of very many files, and one with gigabytes that its ignore file leaves out: what a build holds in memory, and what it
looks at and opens. No times: those are a matter of the machine."""
import os
import pathlib
import subprocess
import tempfile

import support
from copy_cost_test import Trace
from copy_test import CopyCase

if support.SANITIZED:
    support.skip("a sanitizer's memory would be counted with the tool's")

MANY, FEW = 100_000, 2_000
FOLDERS = 100
MIB = 1 << 20
MOST_MEMORY = 256 * MIB  # 158 MiB were measured
EXCLUDED = 10 << 30
BESIDE = {"Dockerfile", ".dockerignore", "keep/x"}  # what the image holds beside the files that are counted
IN_MEMORY = pathlib.Path("/dev/shm")
# What takes a path or lists a folder.
CALLS = ("open,openat,openat2,getdents64,newfstatat,lstat,stat,statx,readlink,readlinkat,access,faccessat,faccessat2,getxattr,"
         "lgetxattr,listxattr,llistxattr,chdir,inotify_add_watch,name_to_handle_at,execve")


def folder_for_many_files():
    """In memory where there is room for it: some disks take minutes to remove what the test makes."""
    if IN_MEMORY.is_dir() and os.access(IN_MEMORY, os.W_OK):
        room = os.statvfs(IN_MEMORY)
        if room.f_bavail * room.f_frsize > 4 << 30 and room.f_favail > 5 * MANY:
            return IN_MEMORY
    return None


class LargeContext(CopyCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-test-", dir=folder_for_many_files()))
        self.addCleanup(support.remove_folder, self.folder)
        self.store = self.folder / "store"
        self.context = self.folder / "context"

    def fill(self, count):
        """`count` files of one byte in as many folders as FOLDERS says, and 10 GiB that the ignore file leaves out."""
        for number in range(FOLDERS):
            folder = self.context / f"d{number:03}"
            folder.mkdir(parents=True)
            for file in range(number, count, FOLDERS):
                (folder / f"f{file}").write_bytes(b"x")
        self.exclude()
        self.write("context/Dockerfile", "FROM scratch\nCOPY . /\n")
        self.pass_the_tick()

    def exclude(self):
        folders, files = 20, 8
        for number in range(folders):
            folder = self.context / f"excluded/a{number}/b/c"
            folder.mkdir(parents=True)
            for file in range(files):
                with open(folder / f"large{file}", "wb") as out:
                    out.truncate(EXCLUDED // folders // files)  # a hole, which takes no room
        self.assertEqual(sum(path.stat().st_size for path in (self.context / "excluded").rglob("large*")), EXCLUDED)
        for name in ("keep/x", "keep/y"):
            self.write(f"context/{name}", name)
        self.write("context/.dockerignore", "excluded\nkeep\n!keep/x\n")

    def peak_of_a_build(self):
        """The image, and the most memory that the tool, or anything that it started, held at a time."""
        with subprocess.Popen([support.TOOL, "build", "-q", str(self.context)], env=self.environment(), text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            digest = process.stdout.read().strip()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return digest, usage.ru_maxrss * 1024

    def traced(self):
        """(what strace wrote of an own build, the image)"""
        logs = self.folder / f"trace.{len(list(self.folder.glob('trace.*')))}"
        logs.mkdir()
        # The filter lets what is not listened for pass at full speed; with a file a thread no call is cut in two.
        done = subprocess.run(["strace", "-ff", "--seccomp-bpf", "-qq", "-y", "-s", "4096", "-o", logs / "log", "-e",
                               f"trace={CALLS}", support.TOOL, "build", "-q", self.context], env=self.environment(),
                              check=True, stdout=subprocess.PIPE, text=True)
        return "\n".join(log.read_text(errors="replace") for log in sorted(logs.iterdir())), done.stdout.strip()

    def test_memory_of_a_hundred_thousand_files(self):
        self.fill(MANY)
        image, first = self.peak_of_a_build()
        again, unchanged = self.peak_of_a_build()
        self.assertEqual(again, image)
        self.assertEqual(sum(len(names) for _, _, names in os.walk(self.top_tree(image))), MANY + len(BESIDE))
        self.assertLess(first, MOST_MEMORY)
        self.assertLess(unchanged, MOST_MEMORY)

    def test_nothing_excluded_is_looked_at_and_each_file_opened_twice_at_most(self):
        self.fill(FEW)
        text, image = self.traced()
        # Neither by a path from the root, nor from a folder's descriptor, whose path strace shows.
        inside = [line for line in text.splitlines() if "large" in line or f"{self.context}/excluded/" in line or
                  f"<{self.context}/excluded>" in line]
        self.assertEqual(inside, [])
        tree = self.top_tree(image)
        found = {str(path.relative_to(tree)) for path in tree.rglob("*") if path.is_file()}
        self.assertEqual({path for path in found if not path.startswith("d")}, BESIDE)
        self.assertEqual(len(found), FEW + len(BESIDE))
        opened = {path: times for path, times in Trace(text).opened(self.context).items() if "/d" in path[len(str(self.context)):]}
        self.assertEqual(len(opened), FEW)
        self.assertEqual(set(opened.values()), {2}, "once to hash, once to copy")

    def test_an_unchanged_rebuild_opens_no_file_of_the_context(self):
        self.fill(FEW)
        _, image = self.traced()
        text, again = self.traced()
        self.assertEqual(again, image)
        opened = set(Trace(text).opened(self.context))
        self.assertLessEqual(opened, {str(self.context / name) for name in ("Dockerfile", ".dockerignore",
                                                                            "Dockerfile.dockerignore")})
        self.assertNotIn("large", text)


if __name__ == "__main__":
    support.main()

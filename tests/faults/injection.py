"""Faults put into system calls by strace: which calls there are, and what happens when one of them fails or kills.

strace counts the calls of each kind in each thread by itself. So a point is (kind, ordinal in its thread); it strikes
the first thread that comes to it, be it the tool's, its keeper's, a job's or the runtime's.
"""
import collections
import os
import re
import signal
import subprocess

import oracle
import support
from world import LIMIT

# What changes something that outlives the process.
KINDS = ("openat", "creat", "write", "pwrite64", "writev", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
         "symlinkat", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "mknod", "mknodat", "fsync", "fdatasync", "syncfs",
         "ftruncate", "fallocate", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utimensat",
         "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "copy_file_range", "sendfile")
OPENING = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC)")
LOCKING = ("flock",)
# What somebody who removes things must not take for "nothing there" when it fails.
LOOKING = ("openat", "newfstatat", "statx", "readlink", "readlinkat", "getdents64", "read", "pread64")
TRACED = tuple(dict.fromkeys(KINDS + LOCKING + LOOKING))
MAKING = tuple(kind for kind in KINDS if re.match(r"openat|creat|.*write|rename|link|symlink|mkdir|mknod|fsync|fallocate|ftruncate|"
                                                  "copy_file_range|sendfile|f?l?setxattr", kind))
BY_NAME = tuple(kind for kind in KINDS if not re.match(r".*write|.*sync|copy_file_range|sendfile", kind))
# Where each error can come from: of calls that change something, of locks, and of looks.
ERRORS = {"ENOSPC": (KINDS, (), ()), "EIO": (KINDS, (), LOOKING), "EACCES": (KINDS, (), ()),
          "EDQUOT": (MAKING, (), ()), "EROFS": (BY_NAME, (), ()), "ESTALE": (KINDS, (), LOOKING),
          "EMFILE": (("openat", "creat"), (), ("openat",)), "ENOLCK": ((), LOCKING, ())}
CALL = re.compile(r"^(\d+)\s+(\w+)\((.*)$")
# Not files: what is written there is not kept.
ELSEWHERE = re.compile(r'<(pipe|socket|anon_inode|/dev/|/proc/|/memfd)|"/(proc|dev)/|<UNIX|<TCP')

# What an OCI runtime says to its own child; and a look at a socket, which has no disk that could fail: another thread than
# the one that was meant came to a look of the same number.
NO_FILES = re.compile(r" (write|newfstatat)\(\d+<(pipe|socket|UNIX)")

Call = collections.namedtuple("Call", "thread kind ordinal text")
Point = collections.namedtuple("Point", "deed kind ordinal")
# Points by what happens at them: something is changed, locked, or only looked at.
Points = collections.namedtuple("Points", "changing locking looking")


def points_of(points, error):
    """Those that can give an error."""
    return [point for group, kinds in zip(points, ERRORS[error]) for point in group if point.kind in kinds]


def strace(log, *options, kinds=TRACED):
    # Not with --seccomp-bpf: then strace 6.1 forgets to deliver the signal.
    return ["strace", "-f", "-q", "-y", "-s", "80", "-o", str(log), "-e", "signal=none", "-e",
            "trace=" + ",".join(f"?{kind}" for kind in kinds), *options]


def calls_in(log):
    """All calls of a log in its order, with their ordinals."""
    counts = collections.Counter()
    calls = []
    with open(log, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            found = CALL.match(line)
            if not found or found[2] not in TRACED:
                continue
            thread, kind, text = found.groups()
            counts[thread, kind] += 1
            calls.append(Call(thread, kind, counts[thread, kind], text))
    return calls


def is_mutating(call):
    if call.kind not in KINDS or call.kind == "openat" and not OPENING.search(call.text):
        return False
    return not ELSEWHERE.search(call.text)


def record(world, deed):
    """The mutating calls of a deed that goes well, and its points."""
    def points(chosen):
        return sorted({Point(deed.name, call.kind, call.ordinal) for call in chosen})

    log = world.folder / "strace.log"
    deed.do(world, prefix=strace(log))
    calls = calls_in(log)
    log.unlink()
    mutating = [call for call in calls if is_mutating(call)]
    changing = points(mutating)
    locking = points(call for call in calls if call.kind in LOCKING)
    below = str(world.store)
    looking = set(points(call for call in calls if call.kind in LOOKING and below in call.text)) if deed.removes else set()
    return mutating, Points(changing, locking, sorted(looking - set(changing)))


class Struck:
    """What came of a deed with a fault in it."""

    def __init__(self, code, out, error, log):
        self.code, self.out, self.error = code, out, error
        text = log.read_text(errors="replace")
        self.injected = [line for line in text.splitlines() if "(INJECTED)" in line]
        self.threads = {int(found[1]) for found in re.finditer(r"^(\d+) ", text, re.MULTILINE)}

    def never_began(self):
        """A look of the same number failed while the program was being loaded: that is not ours."""
        return self.code == 127 and "error while loading shared libraries" in self.error

    def told(self):
        where = "; ".join(self.injected[:3]) or "nothing was struck"
        return f"exit {self.code}; {where}\n{self.out}{self.error}"


def strike(world, deed, point, fault, place=None):
    """Does a deed with `fault` ("signal=SIGKILL", "error=ENOSPC") at a point; with a place, calls that name it are counted alone."""
    log = world.folder / "strace.log"
    inject = f"inject={point.kind}:{fault}:when={point.ordinal}"
    only = ("-P", str(place)) if place else ()
    words = [*strace(log, "-e", inject, *only, kinds=(point.kind,)), support.TOOL, *map(str, deed.words(world))]
    process = subprocess.Popen(words, env=world.environment(), text=True, errors="replace", stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=world.folder)
    try:
        out, error = process.communicate(timeout=LIMIT)
    except subprocess.TimeoutExpired as late:
        going_on = end_all(world.folder, process)
        struck = Struck(process.returncode, "", "", log)
        raise AssertionError(f"{deed} does not end:\n{going_on}\n{struck.told()}") from late
    return Struck(process.returncode, out, error, log)


def end_all(folder, process):
    """Ends what a deed has left going; returns what that was. strace ends after the last of them and writes its log."""
    lines = oracle.processes_of(folder, ("cmdline", "environ", "mountinfo"))
    for pid in {int(line.split()[1]) for line in lines} - {process.pid}:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    try:
        process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
    return "\n".join(lines)

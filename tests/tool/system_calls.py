"""What a command asks of the kernel, counted with strace: a measure that does not depend on the machine's load."""
import dataclasses
import os
import re
import subprocess
import tempfile

OPENS = ("open", "openat", "openat2", "creat")
STARTS = ("clone", "clone3", "fork", "vfork")
READS = ("read", "pread64", "readv", "preadv", "preadv2", "copy_file_range", "sendfile")
WRITES = ("write", "pwrite64", "writev", "pwritev", "pwritev2", "copy_file_range", "sendfile")

LINE = re.compile(r"^(\d+) +(?:<\.\.\. )?([a-z_0-9]+)(?:\(| resumed>)")
RESULT = re.compile(r" = (-?\d+)(?: |$)")


@dataclasses.dataclass
class Counts:
    """Of a command and all that it started. Bytes are those moved by read, write and their like; a mapped page is none."""

    calls: int = 0
    processes: int = 1  # clone with CLONE_THREAD makes a thread and is not counted
    threads: int = 0
    programs: int = 0  # execve that succeeded
    opens: int = 0
    read: int = 0
    written: int = 0
    by_name: dict = dataclasses.field(default_factory=dict)

    def add(self, name, line):
        self.calls += 1
        self.by_name[name] = self.by_name.get(name, 0) + 1
        result = RESULT.search(line)
        value = int(result.group(1)) if result else -1
        if value < 0:
            return
        if name in ("execve", "execveat"):
            self.programs += 1
        elif name in OPENS:
            self.opens += 1
        elif name in STARTS and value > 0:
            if "CLONE_THREAD" in line:
                self.threads += 1
            else:
                self.processes += 1
        if name in READS:
            self.read += value
        if name in WRITES:
            self.written += value


def parse(lines):
    """Counts of strace's output (-f -o FILE)."""
    counts = Counts()
    started = {}
    for line in lines:
        match = LINE.match(line)
        if not match:
            continue
        pid, name = match.groups()
        if line.rstrip().endswith("<unfinished ...>"):
            started[pid] = line
            continue
        if "resumed>" in line:
            line = started.pop(pid, "").split(" <unfinished")[0] + line
        counts.add(name, line)
    return counts


def count(argv, environment=None, **options):
    """Runs a command under strace; returns (exit code, Counts)."""
    with tempfile.TemporaryDirectory(prefix="trainyard-trace-") as folder:
        trace = os.path.join(folder, "trace")
        done = subprocess.run(["strace", "-f", "-qq", "-s", "0", "-o", trace, *map(str, argv)], env=environment, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        with open(trace, encoding="utf-8", errors="replace") as lines:
            return done.returncode, parse(lines)

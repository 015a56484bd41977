"""What the hostile shapes share: a store and an image per class, canaries around them, and the limits that hold for
every call of the tool: it ends by itself, with an exit code that it means, within its memory."""
import ctypes
import hashlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

# An ordinary user has a copy of it, elsewhere.
sys.path.insert(0, os.environ.get("TRAINYARD_TOOL_TESTS", str(pathlib.Path(__file__).resolve().parent.parent / "tool")))
import support  # noqa: E402
import raw_tar  # noqa: E402

# The largest resident set of any single process: the tool, its keeper, its supervisor, every job and every runtime
# below them. A process's ru_maxrss holds the largest of those that it waited for, and this process adopts keepers.
MEMORY_LIMIT = float("inf") if support.SANITIZED else 256 << 20  # a sanitizer keeps what was freed
TIME_LIMIT = 300  # seconds until a call counts as hung; none needs a hundredth of it
DONE, FAILED, USAGE, MACHINE = 0, 1, 2, 3
# Between vfork and exec a child counts the largest that this process ever was as its own; after fork only what it is.
subprocess._USE_VFORK = False  # pylint: disable=protected-access
SECRET = "canary: nobody may read or change this\n"
_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans():
    """Keepers leave their parents; as their reaper we see what memory they took."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")


class Usage:
    peak = 0
    peak_of = ""
    calls = 0


class Finished:
    def __init__(self, words, code, out, err, peak):
        self.words, self.returncode, self.stdout, self.stderr, self.peak = words, code, out, err, peak

    def __str__(self):
        return f"{self.words}\nexit {self.returncode}\nstdout: {self.stdout[-2000:]}\nstderr: {self.stderr[-4000:]}"


def status_row(path):
    status = os.lstat(path)
    row = [status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_size]
    return row


def picture(folder):
    """Everything below a folder: names, kinds, modes, owners, times, contents."""
    rows = {}
    for path in sorted([pathlib.Path(folder), *pathlib.Path(folder).rglob("*")]):
        row = status_row(path)
        if path.is_symlink():
            row.append(os.readlink(path))
        elif path.is_file():
            row.append(hashlib.sha256(path.read_bytes()).hexdigest())
        rows[str(path)] = row
    return rows


class HostileCase(unittest.TestCase):
    """A class has one store, one base image and one set of canaries; after each test the canaries must be as they
    were."""

    maxDiff = None
    base = True  # an image of that name is imported

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-hostile-"))
        cls.addClassCleanup(cls._clean)
        cls.store = cls.folder / "store"
        cls.home = cls.folder / "home"
        cls.out = cls.folder / "outside"
        for folder in (cls.home / ".ssh", cls.out / "folder"):
            folder.mkdir(parents=True)
        for path in (cls.home / ".ssh/id", cls.home / ".profile", cls.out / "file", cls.out / "folder/file"):
            path.write_text(SECRET)
            path.chmod(0o640)
        cls.out.chmod(0o711)
        (cls.out / "passwd").write_text("root:x:0:0::/:/bin/sh\nvictim:x:4242:4242::/:/bin/sh\n")
        handle, name = tempfile.mkstemp(prefix="trainyard-canary-", dir="/tmp")
        os.write(handle, SECRET.encode())
        os.close(handle)
        cls.tmp_canary = pathlib.Path(name)
        cls.addClassCleanup(cls.tmp_canary.unlink)
        for path in [*cls.out.rglob("*"), *cls.home.rglob("*"), cls.out, cls.home, cls.tmp_canary]:
            os.utime(path, (1_000_000_000, 1_000_000_000))
        # What belongs to the machine: programs that a container could reach for, files that it could be led to.
        programs = [shutil.which(name) or f"/usr/sbin/{name}" for name in ("crun", "runc", "tini-static", "busybox")]
        cls.machine = [pathlib.Path(name) for name in (*programs, support.TOOL, "/etc/passwd", "/etc/group", "/etc/hosts",
                                                       "/etc/resolv.conf", "/etc/hostname", "/dev/null", "/dev", "/etc",
                                                       "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger")
                       if os.path.lexists(name)]
        cls.before = cls._canaries()
        cls.root_tar = cls._busybox_entries()
        if cls.base:
            cls.write("root.tar", raw_tar.tar(cls.root_tar))
            done = cls.call("import", "-t", "base", cls.folder / "root.tar")
            if done.returncode != 0:
                raise RuntimeError(str(done))

    @classmethod
    def _clean(cls):
        trees = [str(p) for place in ("layers", "tmp", "runs") for p in (cls.store / place).glob("*")]
        if trees and os.geteuid() != 0:
            subprocess.run(["unshare", "--map-auto", "--map-root-user", "rm", "-rf", *trees], check=False,
                           capture_output=True)
        subprocess.run(["rm", "-rf", str(cls.folder)], check=False, capture_output=True)

    @classmethod
    def _canaries(cls):
        rows = {**picture(cls.out), **picture(cls.home), str(cls.tmp_canary): status_row(cls.tmp_canary)}
        for path in cls.machine:
            row = status_row(path)
            if str(path).startswith("/dev"):
                row = row[:3]  # terminals of others come and go
            if str(path).startswith("/proc/sys/"):
                row = [path.read_text()]
            rows[str(path)] = row[:3] if str(path).startswith("/proc/") and len(row) > 1 else row
        return rows

    @classmethod
    def _busybox_entries(cls):
        busybox = pathlib.Path(shutil.which("busybox") or "/bin/busybox")
        applets = ("sh", "cat", "ls", "id", "grep", "stat", "mkdir", "rm", "ln", "touch", "chmod", "mkfifo", "mknod", "dd",
                   "head", "true", "echo", "find", "sort", "mount", "umount", "ip", "hostname", "ps", "readlink", "yes",
                   "truncate", "mv", "cp", "wc", "unshare", "nc", "tr", "sleep", "env", "cut", "test", "pwd", "chown", "su")
        links = b"".join(raw_tar.symlink(f"bin/{name}", "busybox") for name in applets)
        return (raw_tar.folder("bin") + raw_tar.file("bin/busybox", busybox.read_bytes(), mode=0o755) + links
                + raw_tar.folder("tmp", mode=0o1777) + raw_tar.folder("etc")
                + raw_tar.file("etc/passwd", "root:x:0:0::/:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n")
                + raw_tar.file("etc/group", "root:x:0:\nworker:x:1000:\n"))

    def tearDown(self):
        self.assertEqual(self._canaries(), self.before, "a canary was touched")

    @classmethod
    def write(cls, path, content, mode=None):
        path = cls.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw_tar.encoded(content))
        if mode is not None:
            path.chmod(mode)
        return path

    @classmethod
    def environment(cls, **extra):
        # What the tool's own environment holds must never be seen inside.
        return dict(os.environ, TRAINYARD_STORE=str(cls.store), HOME=str(cls.home), LC_ALL="C.UTF-8",
                    SECRET_TOKEN="canary-of-the-environment", **extra)

    @classmethod
    def call(cls, *words, cwd=None, stdin=subprocess.DEVNULL, env=None):
        """Runs the tool to its end and measures it; kills it when it hangs."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            # pylint: disable-next=consider-using-with
            process = subprocess.Popen([support.TOOL, *map(str, words)], stdin=stdin, stdout=out, stderr=err,
                                       cwd=cwd or cls.folder, env=cls.environment(**(env or {})))
            watch = threading.Timer(TIME_LIMIT, process.kill)
            watch.start()
            code, peak = None, 0
            # A keeper ends a moment after its tool: until nobody is left.
            while True:
                try:
                    pid, status, usage = os.wait4(-1, 0)
                except ChildProcessError:
                    break
                peak = max(peak, usage.ru_maxrss * 1024)
                if pid == process.pid:
                    code = process.returncode = os.waitstatus_to_exitcode(status)
                    watch.cancel()
            texts = []
            for stream in (out, err):
                stream.seek(0)
                texts.append(stream.read(1 << 20).decode(errors="replace"))
        Usage.calls += 1
        if peak > Usage.peak:
            Usage.peak, Usage.peak_of = peak, str(words)
        return Finished(words, code, *texts, peak)

    def tool(self, *words, code=None, says=(), **options):
        """A call that must end as it should: by itself, by an exit code of its own, within the memory that it may take,
        and with a message when it fails. `code` is one code or several; `says` what the message must name."""
        done = self.call(*words, **options)
        self.assertGreaterEqual(done.returncode, 0, f"ended by signal {signal.Signals(-done.returncode)}: {done}"
                                if done.returncode < 0 else "")
        self.assertLess(done.peak, MEMORY_LIMIT, str(done))
        codes = (code,) if isinstance(code, int) else code
        if codes is not None:
            self.assertIn(done.returncode, codes, str(done))
        if done.returncode != 0 and words[0] != "run":
            self.assertIn("error: ", done.stderr, str(done))
        for text in (says,) if isinstance(says, str) else says:
            self.assertIn(text, done.stderr, str(done))
        # A name from outside must not drive the terminal.
        self.assertNotIn("\x1b", done.stderr, str(done))
        self.assertNotIn(SECRET.strip(), done.stdout + done.stderr, str(done))
        return done

    def import_tar(self, *entries, code=0, tag="evil", says=(), name="evil.tar"):
        """A tar of these entries becomes an image, or is refused."""
        path = self.write(name, raw_tar.tar(*entries))
        return self.tool("import", "-t", tag, path, code=code, says=says)

    def refuse_tar(self, *entries, says):
        return self.import_tar(*entries, code=USAGE, says=says, tag="refused")

    def import_root(self, *entries, tag="evil"):
        """The same with a small root file system, so that commands can be run in it."""
        return self.import_tar(self.root_tar, *entries, tag=tag)

    def run_in(self, image, script, options=(), code=0, says=()):
        return self.tool("run", *options, image, "/bin/sh", "-c", script, code=code, says=says)

    def build(self, dockerfile, *words, code=0, says=(), context="context", **options):
        self.write(f"{context}/Dockerfile", dockerfile)
        return self.tool("build", *words, self.folder / context, code=code, says=says, **options)

    def fresh_context(self, name="context"):
        shutil.rmtree(self.folder / name, ignore_errors=True)
        (self.folder / name).mkdir()
        return self.folder / name

    def find_in(self, image, path="/", options=()):
        """Names that `find` sees in an image, without the system's own folders."""
        script = f"find {path} -path /proc -prune -o -path /sys -prune -o -path /dev -prune -o -print | sort"
        return self.run_in(image, script, options=options).stdout.split("\n")

    def digest_of(self, done):
        return done.stdout.strip()


class Layout:
    """An OCI image layout, written as its files: every document may lie."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "blobs/sha256").mkdir(parents=True)
        (self.folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')

    def blob(self, content, media_type, **members):
        content = content if isinstance(content, bytes) else content.encode() if isinstance(content, str) \
            else json.dumps(content).encode()
        digest = hashlib.sha256(content).hexdigest()
        (self.folder / "blobs/sha256" / digest).write_bytes(content)
        return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(content), **members}

    def layer(self, content, kind="application/vnd.oci.image.layer.v1.tar", **members):
        return self.blob(content, kind, **members)

    def config(self, layers, config=None, **members):
        body = {"architecture": machine_architecture(), "os": "linux", "config": config or {},
                "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]}, **members}
        return self.blob(body, "application/vnd.oci.image.config.v1+json")

    def manifest(self, config, layers, **members):
        return self.blob({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                          "config": config, "layers": layers, **members},
                         "application/vnd.oci.image.manifest.v1+json")

    def index(self, *manifests, tag="latest", **members):
        first = dict(manifests[0], annotations={"org.opencontainers.image.ref.name": tag}) if manifests else None
        self.write_index({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json",
                          "manifests": [first, *manifests[1:]] if manifests else [], **members})

    def write_index(self, document):
        text = document if isinstance(document, str) else json.dumps(document)
        (self.folder / "index.json").write_text(text)

    def image(self, *layers, config=None, **members):
        """A well-formed image of these layers."""
        self.index(self.manifest(self.config(layers, config, **members), list(layers)))
        return self


def machine_architecture():
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)

"""What the tool is measured against: whatever of docker, buildah, podman, crun and runc is installed.

Each peer works in folders of its own below the bench's work folder and is ended by the pid of what was started; nothing of the
machine's own docker or containers storage is touched. Where the machine's settings keep a peer from starting a container at all, it
is left out with the reason.
"""
import contextlib
import ctypes
import json
import os
import pathlib
import shutil
import subprocess
import sys

import measure

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "dockerfile"))
from dockerd import CLIENT, Dockerd, remove_cgroups  # noqa: E402

CLONE_NEWNS = 0x00020000
MS_REC, MS_PRIVATE = 16384, 1 << 18
LIBC = ctypes.CDLL(None, use_errno=True)


def find(*paths):
    for path in paths:
        found = shutil.which(path)
        if found:
            return found
    return None


def pack(root, archive):
    if not archive.exists():
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
    return archive


class Docker:
    """dockerd with its built-in BuildKit, started here and ended by pid."""

    name = "docker"

    def __init__(self, lab):
        folder = lab.work / "docker"
        folder.mkdir(parents=True, exist_ok=True)
        self.daemon = Dockerd(folder)
        self.environment = dict(self.daemon.environment, DOCKER_BUILDKIT="1")
        try:
            self.run("import", pack(lab.root, lab.work / "root.tar"), "base")
        except Exception:
            self.stop()
            raise

    def run(self, *words):
        return measure.run([CLIENT, *words], self.environment).seconds

    def build(self, context, *words):
        return self.run("build", "--network=host", "-t", "bench", *words, context)

    def run_true(self):
        return self.run("run", "--rm", "--network=host", "base", "/bin/true")

    def forget(self):
        """Removes the bench's image and what the builder remembers."""
        subprocess.run([CLIENT, "rmi", "bench"], env=self.environment, capture_output=True, check=False)
        self.run("builder", "prune", "--all", "--force")

    def stop(self):
        self.daemon.stop()


class ContainersStorage:
    """What buildah and podman share: a storage folder, and a runtime that can start containers for them here."""

    def __init__(self, lab):
        self.program = find(self.name)
        if not self.program:
            raise LookupError(f"{self.name} is not installed")
        folder = lab.work / self.name
        self.options = ["--root", folder / "root", "--runroot", folder / "run", "--storage-driver", "overlay"]
        self.lab = lab
        self.runtime = self._first_that_works(lab)

    def _first_that_works(self, lab):
        reason = "there is neither crun nor runc"
        self.prepare(lab)
        for runtime in filter(None, (find("crun"), find("runc"))):
            self.runtime = runtime
            try:
                self.probe(lab)
                return runtime
            except measure.CommandFailed as error:
                reason = str(error).strip().splitlines()[-1]
        raise LookupError(f"{self.name} starts no container on this machine: {reason}")

    def run(self, *words):
        return measure.run([self.program, *self.options, *words]).seconds

    def stop(self):
        subprocess.run([self.program, *map(str, self.options), "rm", "-a"], capture_output=True, check=False)
        remove_cgroups("libpod_parent", "buildah")


class Buildah(ContainersStorage):
    name = "buildah"

    def prepare(self, lab):
        text = subprocess.run([self.program, *map(str, self.options), "from", "--name", "bench-base", "scratch"], check=True,
                              capture_output=True, text=True).stdout.strip()
        self.run("add", text, lab.root, "/")
        self.run("commit", text, "localhost/base")

    def probe(self, lab):
        self.build(lab.context("probe", "FROM base\nRUN true\n"), "--no-cache")

    def build(self, context, *words):
        return self.run("build", "--isolation", "oci", "--runtime", self.runtime, "--layers", "--network=host", "-t", "bench",
                        *words, context)

    def forget(self):
        subprocess.run([self.program, *map(str, self.options), "rmi", "--force", "bench"], capture_output=True, check=False)
        subprocess.run([self.program, *map(str, self.options), "rmi", "--prune"], capture_output=True, check=False)


class Podman(ContainersStorage):
    name = "podman"

    def prepare(self, lab):
        self.options += ["--cgroup-manager=cgroupfs"]
        self.run("import", pack(lab.root, lab.work / "root.tar"), "localhost/base")

    def probe(self, lab):
        self.run_true()

    def run_true(self):
        # The limits are named because podman's defaults may be above what the caller may set.
        return self.run("--runtime", self.runtime, "run", "--rm", "--network=host", "--ulimit", "nofile=1024:1024", "--ulimit",
                        "nproc=4096:4096", "localhost/base", "/bin/true")


class BareRuntime:
    """The OCI runtime alone, with a root file system that is there and the configuration that its own `spec` command writes, but for
    the network of the machine, as builds have it. No overlay, no seccomp filter, no store: the least that a container start costs."""

    def __init__(self, lab, name, seccomp=None):
        self.name = f"{name} with the same filter" if seccomp else name
        self.program = find(name)
        if not self.program or os.geteuid() != 0:
            raise LookupError(f"{name} is not installed, or this is not root")
        self.bundle = lab.work / f"bundle-{name}{'-filter' if seccomp else ''}"
        self.bundle.mkdir(exist_ok=True)
        if not (self.bundle / "config.json").exists():
            shutil.copytree(lab.root, self.bundle / "rootfs", symlinks=True)
            self._write_config(seccomp)
        self.state = lab.work / f"state-{name}"
        self.view = MountView() if name == "crun" else None
        self.options = ["--cgroup-manager=disabled"] if name == "crun" else []
        self.started = 0
        self.run_true()

    def _write_config(self, seccomp):
        subprocess.run([self.program, "spec"], cwd=self.bundle, check=True)
        path = self.bundle / "config.json"
        config = json.loads(path.read_text())
        config["process"].update(terminal=False, args=["/bin/true"])
        config["linux"]["namespaces"] = [n for n in config["linux"]["namespaces"] if n["type"] in ("pid", "ipc", "uts", "mount")]
        if seccomp:
            config["linux"]["seccomp"] = seccomp
        path.write_text(json.dumps(config))

    def command(self):
        self.started += 1
        return [self.program, "--root", self.state, *self.options, "run", "--bundle", self.bundle, f"bench-{self.started}"]

    def run_true(self, launch=measure.run):
        with self.view or contextlib.nullcontext():
            return launch(self.command()).seconds

    def stop(self):
        if self.view:
            self.view.close()


class MountView:
    """A mount namespace in which only cgroup v2 is to be seen: crun refuses a machine that has both versions."""

    def __init__(self):
        self.outside = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self._call("unshare", CLONE_NEWNS)
        self._call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
        if pathlib.Path("/sys/fs/cgroup/unified").is_dir():
            self._call("mount", b"cgroup2", b"/sys/fs/cgroup", b"cgroup2", 0, None)
        self.inside = os.open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC)
        self.__exit__()

    def _call(self, name, *arguments):
        if getattr(LIBC, name)(*arguments) != 0:
            raise OSError(ctypes.get_errno(), f"{name}: {os.strerror(ctypes.get_errno())}")

    def __enter__(self):
        self._call("setns", self.inside, CLONE_NEWNS)

    def __exit__(self, *_):
        self._call("setns", self.outside, CLONE_NEWNS)

    def close(self):
        os.close(self.inside)
        os.close(self.outside)

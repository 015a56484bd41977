"""The bench's room: the work folder, the tool with its stores, the base image, the peers."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import measure
import peers

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tool"))
import support  # noqa: E402  (the tests' own base image)

PEERS = {"docker": peers.Docker, "buildah": peers.Buildah, "podman": peers.Podman,
         "crun": lambda lab: peers.BareRuntime(lab, "crun"), "runc": lambda lab: peers.BareRuntime(lab, "runc"),
         "runc with the same filter": lambda lab: peers.BareRuntime(lab, "runc", lab.seccomp_profile())}


class Lab:
    def __init__(self, tool, work, wanted_peers):
        self.tool = pathlib.Path(tool).resolve()
        self.work = pathlib.Path(work).resolve()
        self.work.mkdir(parents=True, exist_ok=True)
        self.root = self.work / "busybox"
        if not self.root.exists():
            support.make_busybox_root(self.root)
            for name in ("dev", "proc", "sys"):  # as every real base image has them
                (self.root / name).mkdir()
        self.wanted = wanted_peers
        self.started = {}
        self.absent = {}
        self.stores = 0

    def peer(self, name):
        """The peer, started on first use; None where it is not wanted or not to be had (`absent` tells why)."""
        if name.split(" ", 1)[0] not in self.wanted or name in self.absent:
            return None
        if name not in self.started:
            try:
                self.started[name] = PEERS[name](self)
            except (LookupError, OSError, subprocess.CalledProcessError, measure.CommandFailed) as error:
                self.absent[name] = str(error)
                measure.say(f"{name} is left out: {error}")
                return None
        return self.started[name]

    def builders(self):
        return [peer for peer in map(self.peer, ("docker", "buildah")) if peer]

    def stop(self):
        for peer in self.started.values():
            peer.stop()
        self.started.clear()

    def seccomp_profile(self):
        """What the tool gives to runc: from the configuration of a container, kept by a program that is started in runc's place."""
        kept = self.work / "config-of-the-tool.json"
        script = self.work / "runc-that-keeps-its-configuration"
        script.write_text(f'#!/bin/sh\ncp config.json "{kept}"\nexec {shutil.which("runc")} "$@"\n')
        script.chmod(0o755)
        self.new_store().on(str(script)).run("run", "base", "/bin/true")
        return json.loads(kept.read_text())["linux"]["seccomp"]

    def folder(self, name):
        path = self.work / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    def context(self, name, dockerfile):
        folder = self.folder(f"context-{name}")
        (folder / "Dockerfile").write_text(dockerfile)
        return folder

    def runtimes(self):
        return [name for name in ("crun", "runc") if shutil.which(name)]

    def new_store(self):
        """A store that holds the base image and nothing else."""
        self.stores += 1
        store = Store(self, self.work / f"store-{os.getpid()}-{self.stores}")
        store.run("import", "-t", "base", self.root)
        return store

    def settle(self):
        """What was written so far goes to the disk, so that the next sample does not pay for it."""
        subprocess.run(["sync", "-f", str(self.work)], check=True)


class Store:
    """The tool with a store of its own."""

    def __init__(self, lab, folder, runtime=None):
        self.lab = lab
        self.folder = folder
        self.environment = dict(os.environ, TRAINYARD_STORE=str(folder))
        self.environment.pop("TRAINYARD_RUNTIME", None)
        if runtime:
            self.environment["TRAINYARD_RUNTIME"] = runtime

    def on(self, runtime):
        return Store(self.lab, self.folder, runtime)

    def run(self, *words, launch=measure.run):
        return launch([self.lab.tool, *words], self.environment).seconds

    def build(self, context, *words, launch=measure.run):
        return self.run("build", "-t", "bench", *words, context, launch=launch)

    def remove(self):
        shutil.rmtree(self.folder, ignore_errors=True)

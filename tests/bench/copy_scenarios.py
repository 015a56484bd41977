"""Contexts of many files and of a large one, and a step that writes as much."""
import json
import os
import random
import shutil
import subprocess

from measure import Contestant, Target
from scenario import Scenario

FILES, FILE_SIZE, FILES_A_FOLDER = 20_000, 4096, 100
LARGE = 1 << 30
BLOCK = 1 << 20


def many_files(lab):
    """A folder of FILES files of FILE_SIZE random bytes."""
    folder = lab.work / "many-files"
    if (folder / "Dockerfile").exists():
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    source = random.Random(1)
    for number in range(FILES):
        parent = folder / f"data/{number // FILES_A_FOLDER:03}"
        if number % FILES_A_FOLDER == 0:
            parent.mkdir(parents=True)
        (parent / f"file-{number:05}").write_bytes(source.randbytes(FILE_SIZE))
    (folder / "Dockerfile").write_text("FROM base\nCOPY data /data\n")
    return folder


def large_file(lab):
    folder = lab.work / "large-file"
    if (folder / "Dockerfile").exists():
        return folder
    folder.mkdir(exist_ok=True)
    source = random.Random(2)
    with open(folder / "large", "wb") as file:
        for _ in range(LARGE // BLOCK):
            file.write(source.randbytes(BLOCK))
    (folder / "Dockerfile").write_text("FROM base\nCOPY large /large\n")
    return folder


class NewStores:
    """A store that is new for each sample. Large ones are removed at once; small files only with the work folder, because removing
    many files makes the next ones on ext4 slow for minutes."""

    def __init__(self, lab, remove):
        self.lab, self.remove_at_once, self.store = lab, remove, None

    def renew(self):
        if self.store and self.remove_at_once:
            self.store.remove()
        self.store = self.lab.new_store()
        self.store.run("run", "base", "/bin/true")  # tries the runtime, once per store
        self.lab.settle()


class NewContexts:
    """The same files under a name that a peer has not seen, so that it takes all of them over again."""

    def __init__(self, lab, context):
        self.lab, self.context, self.count, self.now = lab, context, 0, None

    def renew(self):
        self.count += 1
        self.now = self.context.with_name(f"{self.context.name}-{os.getpid()}-{self.count}")
        subprocess.run(["cp", "-al", str(self.context), str(self.now)], check=True)
        self.lab.settle()


def cold(context_of, remove):
    def contestants(lab):
        context = context_of(lab)
        stores = NewStores(lab, remove)
        list_ = [Contestant("trainyard", lambda launch: stores.store.build(context, launch=launch), before=stores.renew)]
        for peer in lab.builders():
            contexts = NewContexts(lab, context)

            def before(peer=peer, contexts=contexts):
                if remove:
                    peer.forget()
                contexts.renew()
            list_.append(Contestant(peer.name, lambda launch, peer=peer, contexts=contexts: peer.build(contexts.now, "--no-cache"),
                                    before=before, counted=False))
        return list_ + ([copy_and_hash(lab, context / "large")] if remove else [])
    return contestants


def unchanged(context_of):
    def contestants(lab):
        context = context_of(lab)
        store = lab.new_store()
        ours = Contestant("trainyard", lambda launch: store.build(context, launch=launch),
                          once=lambda: (store.build(context), store.build(context)))
        return [ours] + [Contestant(peer.name, lambda launch, peer=peer: peer.build(context), counted=False,
                                    once=lambda peer=peer: peer.build(context)) for peer in lab.builders()]
    return contestants


def one_changed(lab):
    context = many_files(lab)
    store = lab.new_store()

    def change():
        (context / "data/000/file-00000").write_bytes(os.urandom(FILE_SIZE))
        lab.settle()
    ours = Contestant("trainyard", lambda launch: store.build(context, launch=launch), before=change,
                      once=lambda: store.build(context))
    return [ours] + [Contestant(peer.name, lambda launch, peer=peer: peer.build(context), before=change, counted=False,
                                once=lambda peer=peer: peer.build(context)) for peer in lab.builders()]


def hash_command(path):
    """SHA-256 by the library that the tool uses as well, where its program is installed."""
    return ["openssl", "dgst", "-sha256", path] if shutil.which("openssl") else ["sha256sum", path]


def copy_and_hash(lab, source):
    target = lab.work / "copy-of-large"

    def before():
        target.unlink(missing_ok=True)
        lab.settle()
    return Contestant("cp and hash", lambda launch: {"cp": launch(["cp", source, target]).seconds,
                                                     "SHA-256": launch(hash_command(target)).seconds}, before=before, counted=False)


def run_large(lab):
    """A step that writes LARGE bytes, and one after it, whose start shows how soon the first was done with."""
    write = f"dd if=/dev/zero of=%s bs={BLOCK} count={LARGE // BLOCK}"
    context = lab.context("run-large", f"FROM base\nRUN {write % '/large'}\nRUN true\n")
    stores = NewStores(lab, remove=True)
    trace = lab.work / "trace"
    target = lab.work / "large-of-command"

    def ours(launch):
        trace.unlink(missing_ok=True)
        stores.store.environment["TRAINYARD_TRACE"] = str(trace)
        whole = stores.store.build(context, launch=launch)
        starts = [event["time_ns"] for event in map(json.loads, trace.read_text().splitlines()) if event["event"] == "started"]
        return {"trainyard": whole, "trainyard until the next step": (starts[1] - starts[0]) / 1e9}

    def before_command():
        target.unlink(missing_ok=True)
        lab.settle()
    command = [lab.root / "bin/busybox", *(write % target).split()]
    bare = Contestant("command", lambda launch: {"command": launch(command).seconds, "SHA-256": launch(hash_command(target)).seconds},
                      before=before_command, counted=False)
    list_ = [Contestant("trainyard", ours, before=stores.renew), bare]
    for peer in lab.builders():
        list_.append(Contestant(peer.name, lambda launch, peer=peer: peer.build(context, "--no-cache"), counted=False,
                                before=lambda peer=peer: (peer.forget(), lab.settle())))
    return list_


SCENARIOS = [
    Scenario("copy-many-cold", "COPY of 20 000 files of 4 KiB, cold", cold(many_files, remove=False),
             [Target("trainyard", theirs=("docker",), factor=0.5)]),
    Scenario("copy-many-unchanged", "COPY of 20 000 files, unchanged", unchanged(many_files), [Target("trainyard", limit=0.060)]),
    Scenario("copy-many-one-changed", "COPY of 20 000 files, one of them changed", one_changed, [Target("trainyard", limit=1.5)]),
    Scenario("copy-large-cold", "COPY of 1 GiB, cold", cold(large_file, remove=True),
             [Target("trainyard", theirs=("cp", "SHA-256"), factor=2)]),
    Scenario("copy-large-unchanged", "COPY of 1 GiB, unchanged", unchanged(large_file), [Target("trainyard", limit=0.015)]),
    Scenario("run-large", "RUN that writes 1 GiB, and a step after it", run_large,
             [Target("trainyard until the next step", theirs=("command",), factor=1.2),
              Target("trainyard", theirs=("command", "SHA-256"), factor=1)]),
]

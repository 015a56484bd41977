"""A small store with something dear in it, and the things that a user does to it: what faults are put into.

A World is one folder: `store/`, a context, inputs and a build tree. It is made once, copied for each trial, and each
trial copy is at a path of its own. Everything that is done is reproducible, so that "the same digests" can be asked for.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "tool"))
import oracle  # noqa: E402
import support  # noqa: E402  (it lies with the other tests of the whole tool)

LIMIT = 120  # seconds for one call of the tool, a guard against one that hangs
APPLETS = ("sh", "cat", "cp", "mkdir", "rm", "ls", "echo", "true", "sleep", "head", "sync")

DOCKERFILE = """FROM base AS made
WORKDIR /work
RUN mkdir -p out/deep && cat /etc/passwd > out/deep/users && echo made > out/made

FROM base
COPY data /data
COPY --chmod=755 tool.sh /usr/bin/tool
RUN echo one > /one && rm /etc/group
COPY --from=made /work/out /out
ENV MODE=fast
"""
TRAIN = ["sh", "-c", "set -e; cat data/in.txt > model.bin; mkdir -p folder/a; cp model.bin folder/a/b; echo more >> folder/a/b; echo trained; "
         "echo '{\"accuracy\": 0.9}' > metrics.json"]


def make_root(folder, text):
    """A root file system of one static program."""
    root = pathlib.Path(folder)
    for name in ("bin", "etc", "tmp", "usr/bin"):
        (root / name).mkdir(parents=True)
    shutil.copy2(shutil.which("busybox") or "/bin/busybox", root / "bin/busybox")
    for applet in APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    (root / "etc/text").write_text(text)
    return root


class World:
    """One folder and what can be done in it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.store = self.folder / "store"
        self.build = self.folder / "build"
        self.boot = None  # the boot that the tool is to believe in

    def environment(self, **extra):
        environment = dict(os.environ, TRAINYARD_STORE=str(self.store), LC_ALL="C.UTF-8", TRAINYARD_GRACE="1",
                           TRAINYARD_TEST_START_LIMIT_MS="20000")
        environment.pop("TRAINYARD_TRACE", None)
        if self.boot:
            environment["TRAINYARD_TEST_BOOT_ID"] = self.boot
        environment.update({k: str(v) for k, v in extra.items()})
        return support.traceable(environment)

    def call(self, *words, prefix=(), env=None):
        """Runs the tool (behind `prefix`: strace and the like); returns the finished process."""
        return subprocess.run([*prefix, support.TOOL, *map(str, words)], env=self.environment(**(env or {})), text=True,
                              errors="replace", capture_output=True, cwd=self.folder, stdin=subprocess.DEVNULL,
                              timeout=LIMIT, check=False)

    def must(self, *words, fine=(0,), **options):
        done = self.call(*words, **options)
        if done.returncode not in fine:
            raise AssertionError(f"{words} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def write_specs(self):
        self.build.mkdir(exist_ok=True)
        common = {"schema": 1, "build_dir": str(self.build)}
        image = {**common, "kind": "image", "name": "fast", "dockerfile": str(self.folder / "context/Dockerfile"),
                 "context": str(self.folder / "context"), "tags": ["fast"], "build_args": ["SOURCE_DATE_EPOCH=0"]}
        run = {**common, "kind": "run", "source_dir": str(self.folder / "src"), "binary_dir": str(self.build),
               "image": "kept", "inputs": ["data/in.txt"]}
        kept = {**run, "name": "old", "command": ["sh", "-c", "cat data/in.txt data/in.txt > old.bin"],
                "outputs": ["old.bin"]}
        train = {**run, "name": "train", "command": TRAIN, "outputs": ["model.bin", "folder"],
                 "metrics": ["metrics.json"]}
        for name, spec in (("fast.image", image), ("old.run", kept), ("train.run", train)):
            (self.build / f"{name}.json").write_text(json.dumps(spec))

    def edge(self, name, kind):
        """The files that a build graph's edge names."""
        base = self.build / name
        result = ["--digest-file", f"{base}.digest"] if kind == "image" else ["--result", f"{base}.result"]
        return ["--spec", f"{base}.{kind}.json", *result, "--depfile", f"{base}.d", "--stamp", f"{base}.stamp"]

    def restore(self, name):
        return self.call("restore", "--spec", self.build / f"{name}.run.json", "--result", self.build / f"{name}.result")

    def index(self):
        """Tag -> digest, as index.json has it."""
        index = json.loads((self.store / "index.json").read_text())
        return {e.get("annotations", {}).get("org.opencontainers.image.ref.name", ""): e["digest"]
                for e in index["manifests"]}

    def copy(self, folder):
        """A copy of all of it at `folder`, with specs that name the copy."""
        subprocess.run(["cp", "-a", "--reflink=auto", str(self.folder), str(folder)], check=True)
        other = World(folder)
        other.write_specs()
        return other

    def remove(self):
        support.remove_folder(self.folder)


class Deed:
    """Something a user does: the words of the command, and what is in the store when it was done."""

    fine = (0,)   # exit codes with which it ends well
    sound = True  # whether the store is in order before it
    removes = False  # whether it takes things away that others may need

    def __init__(self, name, words, result):
        self.name = name
        self.words = words    # World -> list of words
        self.result = result  # World -> comparable value; raises when it is not there
        self.files = {}       # what it leaves in the build tree, which a power cut may take

    def __repr__(self):
        return self.name

    def prepare(self, world):
        """Makes what it is done to."""

    def do(self, world, **options):
        return world.must(*self.words(world), fine=self.fine, **options)

    def again(self, world):
        """Once more, after a try that came to nothing."""
        self.do(world)

    def half_done(self, world):
        """What must not be seen at any time, a line each."""
        del world
        return []


def _image_of(tag):
    def result(world):
        """The digest, and that a container starts in it."""
        shown = world.call("run", tag, "cat", "/etc/text")
        return world.index()[f"{tag}:latest"], shown.returncode, shown.stdout, shown.stderr
    return result


def _training(world):
    restored = world.restore("train")
    return ((world.build / "train.result").read_text(), restored.returncode, restored.stderr,
            (world.build / "model.bin").read_text(), (world.build / "folder/a/b").read_text())


DEEDS = {
    "import": Deed("import", lambda w: ["import", "-t", "extra", w.folder / "extra.tar"], _image_of("extra")),
    "build": Deed("build", lambda w: ["build", *w.edge("fast", "image")], _image_of("fast")),
    "run": Deed("run", lambda w: ["run", *w.edge("train", "run")], _training),
}


def make_world(folder):
    """A store that holds an imported and a built image with tags and a finished run; sources for all deeds."""
    world = World(folder)
    context = world.folder / "context"
    (context / "data/deep").mkdir(parents=True)
    for i in range(4):
        (context / f"data/deep/{i}").write_text(f"{i}\n" * (i + 1))
    (context / "data/large").write_bytes(bytes(range(256)) * 2000)
    (context / "data/link").symlink_to("deep/1")
    (context / "tool.sh").write_text("#!/bin/sh\necho tool\n")
    (context / "Dockerfile").write_text(DOCKERFILE)
    (world.folder / "src/data").mkdir(parents=True)
    (world.folder / "src/data/in.txt").write_text("input\n" * 3)
    world.write_specs()
    root = make_root(world.folder / "root", "base\n")
    for name in ("base", "extra"):
        (root / "etc/text").write_text(f"{name}\n")
        subprocess.run(["tar", "-C", str(root), "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0",
                        "--sort=name", "-cf", str(world.folder / f"{name}.tar"), "."], check=True)
    shutil.rmtree(root)
    world.must("import", "-t", "base", world.folder / "base.tar")
    kept = world.folder / "kept"
    kept.mkdir()
    (kept / "Dockerfile").write_text("FROM base\nCOPY note /note\n")
    (kept / "note").write_text("kept\n")
    world.must("build", "-t", "kept", kept)
    world.must("run", *world.edge("old", "run"))
    if world.restore("old").returncode != 0:
        raise AssertionError("the kept run cannot be restored")
    await_end_of_processes(world.folder)
    return world


def await_end_of_processes(folder):
    """A run's keeper tidies up behind the command that it answered: no copy can be made meanwhile."""
    end = time.monotonic() + LIMIT
    while lines := oracle.processes_of(folder):
        if time.monotonic() > end:
            raise AssertionError("\n".join(lines))
        time.sleep(0.02)


def new_folder():
    return pathlib.Path(tempfile.mkdtemp(prefix="trainyard-faults-"))


class Worlds:
    """The one world that is copied, prepared for some deeds, and what each deed gives in it when nothing goes wrong."""

    def __init__(self, folder=None, deeds=None):
        self.folder = pathlib.Path(folder or new_folder())
        self.first = make_world(self.folder / "first")
        self.kept = Kept(self.first)
        self.count = 0
        self.deeds = deeds or DEEDS
        self.prepared = {}
        self.expected = {}
        for name, deed in self.deeds.items():
            if type(deed).prepare is not Deed.prepare:
                self.prepared[name] = self.first.copy(self.folder / f"for-{name}")
                deed.prepare(self.prepared[name])
            world = self.fresh(deed)
            deed.do(world)
            self.expected[name] = deed.result(world)
            results = world.build / "train.result"
            deed.files = {results.name: results.read_text()} if results.exists() else {}
            world.remove()

    def fresh(self, deed=None):
        self.count += 1
        return self.prepared.get(deed and deed.name, self.first).copy(self.folder / f"t{self.count}")

    def remove(self):
        support.remove_folder(self.folder)


class Kept:
    """What a world had before: it must be there after any fault."""

    def __init__(self, world):
        self.index = world.index()
        self.result = (world.build / "old.result").read_text()
        self.output = (world.build / "old.bin").read_text()

    def lost(self, world):
        """What is not there any more, a line each."""
        lines = []
        try:
            index = world.index()
        except (OSError, ValueError) as error:
            return [f"index.json cannot be read: {error}"]
        lines += [f"{tag} is {index.get(tag)} and not {digest}" for tag, digest in self.index.items()
                  if index.get(tag) != digest]
        (world.build / "old.result").write_text(self.result)
        (world.build / "old.bin").unlink(missing_ok=True)
        restored = world.restore("old")
        if restored.returncode != 0:
            lines.append(f"the kept run is lost: {restored.stderr}")
        elif (world.build / "old.bin").read_text() != self.output:
            lines.append("the kept run's output is another one")
        shown = world.call("run", "kept", "cat", "/note")
        if (shown.returncode, shown.stdout) != (0, "kept\n"):
            lines.append(f"the kept image cannot be used: {shown.stdout}{shown.stderr}")
        return lines

"""What a user does to a store that is there: gc, rmi, restore and check. Each comes with what it is done to."""
import hashlib
import json
import os
import shutil

from world import Deed

DAMAGE = 0x10


def things(store):
    """What a store holds and somebody could miss, or miss the room of: comparable, and without the tool's own eyes."""
    def names(pattern, size):
        return sorted(path.name for path in store.glob(pattern) if len(path.name) == size)

    index = json.loads((store / "index.json").read_text())
    return {
        "images": sorted((e["digest"], tag) for e in index["manifests"] for tag in e.get("annotations", {}).values()),
        "listed": sorted({e["digest"] for e in index["manifests"]}),
        "blobs": names("blobs/sha256/*", 64),
        "diffs": names("diffs/*", 64),
        "trees": len(names("layers/*", 20)),
        "runs": sorted(path.parent.name for path in store.glob("runs/??/*/record.json")),
        "failed": sorted(path.parent.name for path in store.glob("runs/??/*/failed")),
    }


def build(world, name, *words):
    """An image with a copied layer and a made one; returns its digest."""
    context = world.folder / name
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM base\nCOPY file /{name}\nRUN mkdir -p /deep/{name} && echo {name} > /deep/{name}/a\n")
    (context / "file").write_text(f"{name}\n" * 1000)
    return world.must("build", *words, context).stdout.strip()


def run_elsewhere(world, name, command, fine=(0,)):
    """A run in a build tree that goes: nobody needs its results any more."""
    spec = json.loads((world.build / "old.run.json").read_text())
    gone = world.folder / "gone"
    gone.mkdir(exist_ok=True)
    spec.update(name=name, command=["sh", "-c", command], outputs=["old.bin"], build_dir=str(gone), binary_dir=str(gone))
    (gone / f"{name}.run.json").write_text(json.dumps(spec))
    base = gone / name
    world.must("run", "--spec", f"{base}.run.json", "--result", f"{base}.result", "--depfile", f"{base}.d", "--stamp",
               f"{base}.stamp", fine=fine)
    shutil.rmtree(gone)


class Gc(Deed):
    """Takes what nobody needs: an image, runs with and without results, a blob, a tree, what a killed build left."""

    removes = True

    def __init__(self):
        super().__init__("gc", lambda world: ["gc", "--unused-for", "0"], lambda world: things(world.store))

    def prepare(self, world):
        build(world, "unneeded")
        run_elsewhere(world, "spare", "head -c 3000 data/in.txt > old.bin; cat data/in.txt >> old.bin")
        run_elsewhere(world, "failed", "echo half > old.bin; exit 3", fine=(1,))
        content = b"nobody's"
        world.store.joinpath("blobs/sha256", _sha256(content)).write_bytes(content)
        tree = world.store / "layers" / ("a" * 20)
        (tree / "a/b").mkdir(parents=True)
        (tree / "a/b/file").write_text("lost\n")
        work = world.store / "tmp/leftleftleft"
        (work / "folder").mkdir(parents=True)
        (work / "folder/file").write_text("left\n")
        (work / "owner").write_text(json.dumps({"boot_id": "another", "pid": 1, "start_time": 1, "pid_namespace": ""}))


class Rmi(Deed):
    """Takes the last tag off an image, and with it the layers that no other image has."""

    removes = True

    def __init__(self):
        super().__init__("rmi", lambda world: ["rmi", "gone"], lambda world: things(world.store))

    def prepare(self, world):
        build(world, "gone", "-t", "gone")

    def again(self, world):
        """The tag may be off already: then gc takes the rest."""
        done = world.must(*self.words(world), fine=(0, 2))
        if done.returncode == 2 and "no such image" not in done.stderr:
            raise AssertionError(done.stderr)
        world.must("gc", "--unused-for", "0")


class Restore(Deed):
    """Puts the outputs of a run in the place of what a user made of them."""

    MINE = "mine\n"

    def __init__(self):
        super().__init__("restore", lambda world: ["restore", "--spec", world.build / "train.run.json", "--result",
                                                   world.build / "train.result"], self.outputs)

    def prepare(self, world):
        world.must("run", *world.edge("train", "run"))
        if world.restore("train").returncode != 0:
            raise AssertionError("the training cannot be restored")
        self.whole = self.model(world), self.folder(world)
        (world.build / "model.bin").write_text(self.MINE)
        (world.build / "folder/a/b").write_text(self.MINE)
        (world.build / "folder/more").write_text(self.MINE)
        self.before = self.model(world), self.folder(world)

    @staticmethod
    def model(world):
        return (world.build / "model.bin").read_text()

    @staticmethod
    def folder(world):
        folder = world.build / "folder"
        return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}

    def outputs(self, world):
        return self.model(world), self.folder(world)

    def again(self, world):
        self.do(world)
        if left := [path.name for path in world.build.iterdir() if ".trainyard-" in path.name]:
            raise AssertionError(f"left in the build tree: {left}")

    def half_done(self, world):
        seen = self.model(world), self.folder(world)
        return [f"an output is neither old nor new: {one}" for one, old, new in zip(seen, self.before, self.whole)
                if one not in (old, new)]


class Check(Deed):
    """Mends a store in which each kind of thing is damaged."""

    fine = (0, 1)
    sound = False
    removes = True

    def __init__(self):
        super().__init__("check", lambda world: ["check"], self.mended)

    def prepare(self, world):
        build(world, "spoilt", "-t", "spoilt")
        broken = build(world, "broken", "-t", "broken")
        run_elsewhere(world, "spare", "cat data/in.txt > old.bin; echo spare >> old.bin")
        layers = self.layers(world, "kept")
        damage(world.store / "blobs/sha256" / layers[-1])  # its tree is there: to be written again
        damage(world.store / "blobs/sha256" / broken.split(":")[1])  # of a manifest: off the list with it
        spoilt = self.layers(world, "spoilt")[-2]
        damage(next((world.store / "diffs" / spoilt).resolve().glob("spoilt")))
        record = next(path for path in world.store.glob("runs/??/*/record.json") if b"spare" in path.read_bytes())
        damage(record)
        damage(next(path for path in sorted(world.store.glob("steps/??/*.json"))))
        damage(next(path for path in sorted(world.store.glob("fingerprints/*"))))
        (world.store / "diffs" / ("0" * 64)).symlink_to("../layers/" + "b" * 20)

    @staticmethod
    def layers(world, tag):
        blobs = world.store / "blobs/sha256"
        manifest = json.loads((blobs / world.index()[f"{tag}:latest"].split(":")[1]).read_text())
        return [layer["digest"].split(":")[1] for layer in manifest["layers"]]

    def again(self, world):
        self.do(world)
        world.must("check")

    @staticmethod
    def mended(world):
        """What a killed check left without a name is gc's."""
        world.must("check", "--dry-run")
        world.must("gc", "--unused-for", "0")
        return things(world.store)


def damage(path):
    """Flips a bit in the middle, in place, with the old times, as a disk does it."""
    status = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= DAMAGE
    path.chmod(0o600)
    path.write_bytes(data)
    path.chmod(status.st_mode & 0o7777)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def _sha256(content):
    return hashlib.sha256(content).hexdigest()


UPKEEP = {deed.name: deed for deed in (Gc(), Rmi(), Restore(), Check())}

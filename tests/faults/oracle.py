"""What must hold of a store after any fault, looked at without the tool's own eyes and then with them."""
import hashlib
import json
import os
import pathlib
import re

HEX = re.compile(r"^[0-9a-f]{64}$")


def digest_of(path):
    sha256 = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    return "sha256:" + sha256.hexdigest()


class StoreReader:
    """Reads a store as an OCI layout with our folders beside it; `wrong` gathers what does not hold."""

    def __init__(self, store):
        self.store = pathlib.Path(store)
        self.wrong = []
        self.digests = {}

    def blob(self, digest, whose):
        """The path of a blob whose content has its digest, or nothing."""
        if not re.match(r"^sha256:[0-9a-f]{64}$", digest):
            self.wrong.append(f"{whose}: {digest} is not a digest")
            return None
        path = self.store / "blobs/sha256" / digest.split(":")[1]
        if digest not in self.digests:
            self.digests[digest] = digest_of(path) if path.is_file() else "nothing"
        if self.digests[digest] != digest:
            self.wrong.append(f"{whose}: blob {digest} is {self.digests[digest]}")
            return None
        return path

    def json_blob(self, digest, whose):
        path = self.blob(digest, whose)
        return json.loads(path.read_bytes()) if path else None

    def check_index(self):
        """Every listed image is whole: manifest, config, layers, and sizes that are true."""
        try:
            layout = json.loads((self.store / "oci-layout").read_bytes())
            index = json.loads((self.store / "index.json").read_bytes())
        except (OSError, ValueError) as error:
            self.wrong.append(f"the layout cannot be read: {error}")
            return
        if layout.get("imageLayoutVersion") != "1.0.0":
            self.wrong.append(f"oci-layout holds {layout}")
        tags = [e.get("annotations", {}).get("org.opencontainers.image.ref.name") for e in index["manifests"]]
        tags = [tag for tag in tags if tag]
        if len(tags) != len(set(tags)):
            self.wrong.append(f"a tag is there twice: {tags}")
        for entry in index["manifests"]:
            self.check_image(entry)

    def check_image(self, entry):
        whose = f"image {entry['digest'][:19]}"
        manifest = self.json_blob(entry["digest"], whose)
        if manifest is None:
            return
        config = self.json_blob(manifest["config"]["digest"], whose)
        for layer in manifest["layers"]:
            path = self.blob(layer["digest"], whose)
            if path and path.stat().st_size != layer["size"]:
                self.wrong.append(f"{whose}: the size of {layer['digest']} is not {layer['size']}")
        if config and config["rootfs"]["diff_ids"] != [layer["digest"] for layer in manifest["layers"]]:
            self.wrong.append(f"{whose}: its layers are not its diff-ids")

    def check_blobs(self):
        """What stands under a final name is whole, whoever needs it. A name that begins with a dot is not final."""
        for path in (self.store / "blobs/sha256").iterdir():
            if HEX.match(path.name):
                self.blob("sha256:" + path.name, "the store")
            elif not path.name.startswith("."):
                self.wrong.append(f"blobs/sha256/{path.name} is no blob's name")

    @staticmethod
    def sealed(path):
        """The value of a record with its seal, or nothing when it has not even the form of one."""
        text = path.read_text(errors="replace")
        body, _, seal = text.rstrip("\n").rpartition("\n")
        if not re.match(r"^xxh3 [0-9a-f]{32}$", seal):
            return None
        try:
            return json.loads(body)
        except ValueError:
            return None

    def check_runs(self):
        """A run's record is written last: all that it names is there."""
        for path in (self.store / "runs").glob("??/*/record.json"):
            record = self.sealed(path)
            if record is None:
                self.wrong.append(f"{path.relative_to(self.store)} is half-written")
                continue
            for output in record["outputs"]:
                for file in output["files"]:
                    self.blob(file["digest"], f"run {record['key'][:12]}")

    def check_steps(self):
        for path in (self.store / "steps").glob("??/*.json"):
            if path.name.startswith("."):
                continue
            record = self.sealed(path)
            if record is None:
                self.wrong.append(f"{path.relative_to(self.store)} is half-written")

    def check_trees(self):
        """A diff's link leads to a tree, and to nothing outside of layers/."""
        for path in (self.store / "diffs").iterdir():
            if not HEX.match(path.name):
                continue
            target = os.readlink(path)
            if not re.match(r"^\.\./layers/[a-z2-7]{20}$", target):
                self.wrong.append(f"diffs/{path.name} leads to {target}")


def check_store(store):
    """Findings, a line each; none when the store is as it should be."""
    reader = StoreReader(store)
    reader.check_index()
    reader.check_blobs()
    reader.check_runs()
    reader.check_steps()
    reader.check_trees()
    return reader.wrong


def check_dear(store):
    """Only what must outlive a power cut: the list of images and the results of runs, with all that they name."""
    reader = StoreReader(store)
    reader.check_index()
    reader.check_runs()
    return reader.wrong


def processes_of(folder, names=("cmdline", "environ")):
    """Processes that know of `folder`, a line each."""
    marker = os.fsencode(folder)
    lines = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        for name in names:
            try:
                found = int(process.name) != os.getpid() and marker in (process / name).read_bytes()
                if found:
                    command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                    lines.append(f"process {process.name} ({command.strip()}) has it in its {name}")
                    break
            except OSError:
                continue  # it has ended
    return lines


def left_behind(folder):
    """Processes that know of `folder` and mounts of it. What a killed tool leaves must be gone at once."""
    marker = os.fsencode(folder)
    mounts = pathlib.Path("/proc/self/mountinfo").read_bytes().splitlines()
    return processes_of(folder, ("cmdline", "environ", "mountinfo")) + [
        f"mounted: {mount.decode()}" for mount in mounts if marker in mount]


def cgroups_of(pids):
    """Folders that tools with these process ids made among the control groups and left there."""
    owners = {str(pid) for pid in pids}
    found = []
    for folder, names, _ in os.walk("/sys/fs/cgroup"):
        for name in names:
            parts = re.match(r"^trainyard-[0-9a-f-]{36}-\d+-(\d+)-", name)
            if parts and parts.group(1) in owners:
                found.append(os.path.join(folder, name))
    return found

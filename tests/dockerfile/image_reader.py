"""Images as files: from an OCI image layout (the store is one), or from an archive of `docker save`.

Shares no code with the tool: layers are read by Python's tarfile, and put upon each other here.
"""
import dataclasses
import hashlib
import json
import pathlib
import tarfile

SHORT = 200  # bytes of a text that is shown as it is; of longer ones and of bytes the digest stands for it
CONFIG = ("User", "ExposedPorts", "Env", "Entrypoint", "Cmd", "Volumes", "WorkingDir", "Labels", "StopSignal",
          "Healthcheck", "Shell", "OnBuild", "ArgsEscaped")


@dataclasses.dataclass
class Image:
    document: dict  # the configuration as it is stored
    layers: list    # of each: [(path, Entry)], in the archive's order

    @property
    def config(self):
        """What is set, of what the Dockerfile can set."""
        held = self.document.get("config") or {}
        return {name: held[name] for name in CONFIG if held.get(name) not in (None, "", [], {}, False)} | {
            name: [] for name in ("Cmd", "Entrypoint") if held.get(name) == []}

    @property
    def history(self):
        return [(entry.get("created_by", ""), entry.get("empty_layer", False)) for entry in self.document.get("history", [])]

    def tree(self):
        tree = {}
        for layer in self.layers:
            put_layer(tree, layer)
        return tree


@dataclasses.dataclass(frozen=True)
class Entry:
    kind: str  # file, folder, link, char, block, fifo, hardlink (to be resolved), whiteout
    mode: int = 0
    owner: tuple = (0, 0)
    content: str = ""
    xattrs: tuple = ()
    inode: int = 0  # equal for hard links of one file

    def __str__(self):
        words = [self.kind, f"{self.mode:04o}", f"{self.owner[0]}:{self.owner[1]}", self.content]
        if self.kind == "link":
            words.pop(1)
        return " ".join([word for word in words if word] + [f"{{{name}={value}}}" for name, value in self.xattrs])


def put_layer(tree, layer):
    for path, entry in layer:
        folder, _, name = path.rpartition("/")
        if name == ".wh..wh..opq":
            for below in [known for known in tree if known.startswith(folder + "/")]:
                del tree[below]
        elif name.startswith(".wh."):
            remove(tree, f"{folder}/{name[4:]}")
    for path, entry in layer:
        if path.rpartition("/")[2].startswith(".wh."):
            continue
        if path in tree and tree[path].kind == "folder" and entry.kind != "folder":
            remove(tree, path)
        tree[path] = entry


def remove(tree, path):
    for known in [known for known in tree if known == path or known.startswith(path + "/")]:
        del tree[known]


_inodes = iter(range(1, 1 << 62))


def read_layer(file):
    entries = {}
    order = []
    with tarfile.open(fileobj=file, mode="r:") as tar:
        for member in tar:
            path = "/" + member.name.removeprefix("./").strip("/")
            if path in ("/", "/."):
                continue
            if member.islnk():
                entry = entries["/" + member.linkname.removeprefix("./").strip("/")]
            else:
                entry = read_entry(tar, member)
            if path not in entries:
                order.append(path)
            entries[path] = entry
    return [(path, entries[path]) for path in order]


def read_entry(tar, member):
    kinds = {tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file", tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link",
             tarfile.CHRTYPE: "char", tarfile.BLKTYPE: "block", tarfile.FIFOTYPE: "fifo"}
    kind = kinds[member.type]
    content = ""
    if kind == "file":
        content = f"{member.size} " + shown(tar.extractfile(member).read())
    elif kind == "link":
        content = member.linkname
    elif kind in ("char", "block"):
        content = f"{member.devmajor},{member.devminor}"
    prefix = "SCHILY.xattr."
    xattrs = tuple(sorted((name.removeprefix(prefix), value.encode("utf-8", "surrogateescape").hex() if "capability" in name
                           else value) for name, value in member.pax_headers.items() if name.startswith(prefix)))
    return Entry(kind, member.mode & 0o7777, (member.uid, member.gid), content, xattrs, next(_inodes))


def shown(content):
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = None
    if text is None or len(content) > SHORT or "\0" in text:
        return "sha256:" + hashlib.sha256(content).hexdigest()
    return json.dumps(text)


class Reader:
    """Keeps the layers that it has read: all images of the cases lie on the same base. With one_owner everything is root's, as it is
    where containers know one id; a base that was imported keeps its owners in its archive."""

    def __init__(self, one_owner=False):
        self.layers = {}
        self.one_owner = one_owner

    def _read(self, file):
        layer = read_layer(file)
        return [(path, dataclasses.replace(entry, owner=(0, 0))) for path, entry in layer] if self.one_owner else layer

    def layer(self, diff_id, path):
        if diff_id not in self.layers:
            with open(path, "rb") as file:
                self.layers[diff_id] = self._read(file)
        return self.layers[diff_id]

    def from_layout(self, folder, digest):
        blobs = pathlib.Path(folder) / "blobs/sha256"

        def load(name):
            content = (blobs / name.removeprefix("sha256:")).read_bytes()
            if "sha256:" + hashlib.sha256(content).hexdigest() != name:
                raise ValueError(f"{name} is damaged")
            return json.loads(content)

        manifest = load(digest)
        document = load(manifest["config"]["digest"])
        layers = [self.layer(diff_id, blobs / layer["digest"].removeprefix("sha256:"))
                  for layer, diff_id in zip(manifest["layers"], document["rootfs"]["diff_ids"], strict=True)]
        return Image(document, layers)

    def from_archive(self, path):
        """What `docker save` wrote."""
        with tarfile.open(path) as tar:
            manifest = json.load(tar.extractfile("manifest.json"))[0]
            document = json.load(tar.extractfile(manifest["Config"]))
            layers = []
            for name, diff_id in zip(manifest["Layers"], document["rootfs"]["diff_ids"], strict=True):
                if diff_id not in self.layers:
                    self.layers[diff_id] = self._read(tar.extractfile(name))
                layers.append(self.layers[diff_id])
        return Image(document, layers)

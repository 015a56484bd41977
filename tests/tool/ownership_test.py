"""Whose files are whose: what a run puts out and the store belong to the caller, whoever the image's user is."""
import os
import shutil
import subprocess
import tarfile

import support
from support import Case

# A step that leaves files of several owners, and folders that only their owner may enter.
DOCKERFILE = """FROM base
RUN mkdir -m 700 /theirs && echo x > /theirs/a && chmod 000 /theirs/a && chown -R worker:extra /theirs && mkdir -m 0 /closed
USER worker
"""


class Ownership(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.build(DOCKERFILE, "-t", "owned")

    def train_something(self):
        spec = self.write_run_spec(image="owned", outputs=["model", "folder"], metrics=["metrics.json"],
                                   command=["sh", "-c", "id -u > model; mkdir -p folder/deep; echo 1 > folder/deep/a; "
                                                        "chmod 700 folder/deep; chmod 600 model; echo '{\"a\": 1}' > metrics.json"])
        self.train(spec)
        return self.folder / "build"

    def assert_mine(self, paths):
        for path in paths:
            self.assertEqual(path.lstat().st_uid, os.geteuid(), path)
            self.assertEqual(path.lstat().st_gid, os.getegid(), path)

    def test_outputs(self):
        build = self.train_something()
        self.assertEqual((build / "model").read_text(), "0\n" if support.ONE_ID else "1000\n")
        self.assertEqual((build / "folder/deep/a").read_text(), "1\n")
        self.assert_mine(build.rglob("*"))

    def test_the_store_but_for_what_layers_hold(self):
        self.train_something()
        layers = self.store / "layers"
        self.assert_mine(path for path in self.store.rglob("*") if layers not in path.parents)
        for tree in layers.iterdir():
            self.assertEqual(tree.lstat().st_uid, os.geteuid(), tree)

    def test_who_gets_sub_uids_later_gets_the_owners_of_images_too(self):
        if os.environ.get("TRAINYARD_TEST_WHO") != "user":
            return  # only a user with sub-uids can go without them as well
        root = self.folder / "theirs"
        (root / "bin").mkdir(parents=True)
        shutil.copy(shutil.which("busybox"), root / "bin/busybox")
        tar = self.folder / "theirs.tar"
        with tarfile.open(tar, "w") as archive:
            archive.add(root, ".")
            home = tarfile.TarInfo("home")
            home.type, home.mode, home.uid, home.gid = tarfile.DIRTYPE, 0o755, 7, 8
            archive.addfile(home)
        self.tool("import", "-t", "theirs", tar)
        look = ("run", "theirs", "/bin/busybox", "stat", "-c", "%u:%g", "/home")
        context = self.folder / "context"
        context.mkdir(exist_ok=True)
        (context / "x").write_text("x")
        (context / "Dockerfile").write_text("FROM theirs\nCOPY x /home/x\n")
        build = ("build", "-q", context)

        def alone(*words):
            return subprocess.run(["setpriv", "--no-new-privs", support.TOOL, *map(str, words)], env=self.environment(),
                                  capture_output=True, text=True, check=True).stdout

        full = self.tool(*build).stdout
        self.assertEqual(self.tool(*look).stdout, "7:8\n")
        self.assertEqual(alone(*look), "0:0\n")
        self.assertNotEqual(alone(*build), full)
        self.assertEqual(self.tool(*look).stdout, "7:8\n")
        self.assertEqual(self.tool(*build).stdout, full)

    def test_rmi_and_gc_leave_nothing_that_the_user_cannot_remove(self):
        shutil.rmtree(self.train_something())  # a build tree that exists keeps what it uses
        self.tool("rmi", *self.tool("images", "-q").stdout.split())
        self.tool("gc", "--unused-for", "0")
        for folder in ("layers", "blobs/sha256", "runs", "tmp"):
            left = [path for path in (self.store / folder).rglob("*") if not path.is_dir() or folder == "layers"]
            self.assertEqual(left, [])
        done = subprocess.run(["rm", "-rf", str(self.store)], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertFalse(self.store.exists())


if __name__ == "__main__":
    support.main()

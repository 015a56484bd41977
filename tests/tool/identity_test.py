"""The same sources in two folders, by two people with other umasks and times, give the same image."""
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import tarfile

import support
from support import Case


class Identity(Case):
    def build_in(self, name, umask, stamp):
        folder = self.folder / name
        store = folder / "store"
        before = os.umask(umask)
        try:
            (folder / "context/data/deep").mkdir(parents=True)
            for path, text in (("train.py", "print(1)\n"), ("data/a", "A"), ("data/deep/b", "B")):
                (folder / "context" / path).write_text(text)
            (folder / "context/run.sh").write_text("#!/bin/sh\n")
            os.chmod(folder / "context/run.sh", 0o777 & ~umask)
            (folder / "context/link").symlink_to("data/a")
            (folder / "context/Dockerfile").write_text(
                "FROM scratch\nWORKDIR /app\nCOPY . /app/\nCOPY data /data/\nLABEL x=y\n")
            for path in (folder / "context").rglob("*"):
                os.utime(path, (stamp, stamp), follow_symlinks=False)
            done = subprocess.run([support.TOOL, "build", "--store", str(store), str(folder / "context")],
                                  env=self.environment(), capture_output=True, text=True, check=False)
        finally:
            os.umask(before)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_two_folders_two_stores_two_umasks(self):
        self.assertEqual(self.build_in("one", 0o022, 1_000_000_000), self.build_in("two", 0o077, 1_600_000_000.123))

    def other_user(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        try:
            return pwd.getpwnam("trainyard-test")
        except KeyError:
            self.skipTest("there is no user trainyard-test; tests/run.sh makes it")

    def build_as(self, user, folder, *words):
        """Hands `folder` to `user` and builds there as that user, with a copy of the tool and a store of their own."""
        tool = shutil.copy2(support.TOOL, folder / "trainyard")
        os.chmod(self.folder, 0o755)
        for path in [folder, *folder.rglob("*")]:
            os.lchown(path, user.pw_uid, user.pw_gid)
        done = subprocess.run(["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--init-groups",
                               tool, "build", "--store", str(folder / "store"), *map(str, words)],
                              capture_output=True, text=True, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": str(folder)}, cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def test_two_users(self):
        user = self.other_user()
        mine = self.build_in("mine", 0o022, 1_000_000_000)
        theirs = self.folder / "theirs"
        theirs.mkdir()
        shutil.copytree(self.folder / "mine/context", theirs / "context", symlinks=True)
        self.assertEqual(self.build_as(user, theirs, theirs / "context"), mine)

    def compile_in(self, name):
        """A program with a library of its own, compiled in a folder of its own; returns the folder."""
        folder = self.folder / name
        folder.mkdir()
        (folder / "part.cpp").write_text("int part() { return 42; }\n")
        (folder / "main.cpp").write_text("#include <iostream>\nint part();\nint main() { std::cout << part(); }\n")
        for words in (["-shared", "-fPIC", "part.cpp", "-o", "libpart.so"],
                      ["main.cpp", "-o", "main", "-L.", "-lpart", "-Wl,-rpath,$ORIGIN"]):
            subprocess.run(["g++", "-O2", *words], cwd=folder, check=True)
        spec = {"schema": 1, "kind": "image", "name": "main", "build_dir": str(folder),
                "executables": [str(folder / "main")], "project_folders": [str(folder)]}
        (folder / "main.image.json").write_text(json.dumps(spec))
        return folder

    def test_executables_of_two_users(self):
        user = self.other_user()
        digests = []
        for name in ("here", "somewhere-else"):
            folder = self.compile_in(name)
            file = folder / "digest"
            words = ["--spec", folder / "main.image.json", "--digest-file", file]
            if name == "here":
                self.tool("build", "--store", folder / "store", *words)
            else:
                self.build_as(user, folder, *words)
            digests.append(file.read_text())
        self.assertEqual(digests[0], digests[1])
        self.assertEqual(self.tool("run", "--store", self.folder / "here/store", digests[0].strip(), "main").stdout, "42")

    def test_layers_hold_no_trace_of_the_machine(self):
        digest = self.build_in("one", 0o022, 1_500_000_000)
        store = self.folder / "one/store"
        described = subprocess.run([support.TOOL, "inspect", "--store", str(store), digest], env=self.environment(),
                                   capture_output=True, text=True, check=True).stdout
        for layer in json.loads(described)["layers"]:
            with tarfile.open(store / "blobs/sha256" / layer["diff_id"].removeprefix("sha256:")) as tar:
                for entry in tar:
                    self.assertEqual((entry.uid, entry.gid, entry.uname, entry.gname), (0, 0, "", ""))
                    self.assertEqual(entry.mtime, 315532800, entry.name)
        text = pathlib.Path(store / "blobs/sha256" / digest.removeprefix("sha256:")).read_text()
        self.assertNotIn(str(self.folder), text + described)


if __name__ == "__main__":
    support.main()

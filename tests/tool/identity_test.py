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

    def test_two_users(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become somebody else")
        try:
            user = pwd.getpwnam("trainyard-test")
        except KeyError:
            self.skipTest("there is no user trainyard-test; tests/run.sh makes it")
        mine = self.build_in("mine", 0o022, 1_000_000_000)
        theirs = self.folder / "theirs"
        theirs.mkdir()
        shutil.copytree(self.folder / "mine/context", theirs / "context", symlinks=True)
        tool = shutil.copy2(support.TOOL, theirs / "trainyard")
        os.chmod(self.folder, 0o755)
        for path in [theirs, *theirs.rglob("*")]:
            os.lchown(path, user.pw_uid, user.pw_gid)
        done = subprocess.run(["setpriv", "--reuid", str(user.pw_uid), "--regid", str(user.pw_gid), "--init-groups",
                               tool, "build", "--store", str(theirs / "store"), str(theirs / "context")],
                              capture_output=True, text=True, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": str(theirs)}, cwd=theirs)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.strip(), mine)

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

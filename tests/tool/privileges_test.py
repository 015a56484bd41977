"""What an ordinary user's build and training start: nothing with more rights than theirs but newuidmap and newgidmap.
Root looks on, with strace: an ordinary user who traces takes set-uid programs their rights."""
import os
import pathlib
import pwd
import re
import shutil
import subprocess

import support
from support import Case


def has_more_rights(path):
    """Whether executing the file gives rights: set-uid, set-gid, or file capabilities."""
    if path.stat().st_mode & 0o6000:
        return True
    try:
        os.getxattr(path, "security.capability")
        return True
    except OSError:
        return False


class Privileges(Case):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can look on while set-uid programs keep their rights")
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        try:
            self.user = pwd.getpwnam("trainyard-test")
        except KeyError:
            self.skipTest("there is no user trainyard-test; tests/run.sh makes it")
        self.theirs = self.folder / "theirs"
        self.theirs.mkdir()
        self.folder.chmod(0o755)
        shutil.copy2(support.TOOL, self.theirs / "trainyard")

    def traced(self, *words):
        """The tool as the ordinary user; returns the programs that it and all that it starts execute on this machine."""
        trace = self.folder / "trace"
        subprocess.run(["chown", "-R", f"{self.user.pw_uid}:{self.user.pw_gid}", str(self.theirs)], check=True)
        done = subprocess.run(["strace", "-f", "-y", "-s", "4096", "-e", "trace=execve,execveat", "-o", str(trace), "-u",
                               self.user.pw_name, str(self.theirs / "trainyard"), *map(str, words)],
                              env=support.traceable({"PATH": os.environ["PATH"], "HOME": str(self.theirs),
                                                     "TRAINYARD_STORE": str(self.theirs / "store")}),
                              cwd=self.theirs, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        executed = set()
        for line in trace.read_text().splitlines():
            found = (re.search(r'execve\("([^"]+)"', line) or re.search(r'execveat\(\d+<([^>]+)>, ""', line) or
                     re.search(r'execveat\(AT_FDCWD[^,]*, "([^"]+)"', line))
            if found and line.endswith("= 0"):
                executed.add(pathlib.Path(found.group(1).removesuffix(" (deleted)")))
        return executed

    def test_only_newuidmap_and_newgidmap(self):
        root = support.make_busybox_root(self.theirs / "root")
        self.write("theirs/context/Dockerfile", "FROM base\nCOPY Dockerfile /\nRUN id -u > /made\n")
        spec = self.write_run_spec(command=["sh", "-c", "cat /made > model"], outputs=["model"], image="made",
                                   build_dir=str(self.theirs), binary_dir=str(self.theirs), source_dir=str(self.theirs))
        shutil.copy(spec, self.theirs / "train.run.json")
        executed = self.traced("import", "-t", "base", root)
        executed |= self.traced("build", "-t", "made", self.theirs / "context")
        executed |= self.traced("run", "--spec", self.theirs / "train.run.json")
        names = {path.name for path in executed}
        self.assertTrue({"trainyard", "newuidmap", "newgidmap"} <= names, names)
        self.assertTrue(names & {"crun", "runc"}, names)
        strong = {path.name for path in executed if path.exists() and has_more_rights(path)}
        self.assertEqual(strong, {"newuidmap", "newgidmap"})


if __name__ == "__main__":
    support.main()

"""Who builds the cases: the tool, and Docker. Each gives an answer (answer.py) to a case."""
import json
import os
import pathlib
import re
import shutil
import subprocess

from answer import answer_of
from base_root import write_base
from case_file import MTIME, read_cases
from dockerd import CLIENT, Dockerd
from image_reader import Reader

PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
BASES = "bases"  # the topic whose cases are images that others begin FROM, by name


def without_proxies():
    """Steps see proxies; nobody's own may decide what a case makes."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


class Trainyard:
    def __init__(self, tool, folder, one_owner=False):
        self.tool, self.folder = tool, pathlib.Path(folder)
        self.store = self.folder / "store"
        self.environment = {**without_proxies(), "TRAINYARD_STORE": str(self.store), "LC_ALL": "C.UTF-8"}
        self.reader = Reader(one_owner)
        archive = write_base(self.folder / "base.tar")
        self.base = self.image_of(self._call("import", "-t", "base", archive).stdout.split()[0])
        archive.unlink()
        for case in read_cases():
            if case.topic == BASES:
                done = self.run(case, "-t", case.name)
                if done.returncode != 0:
                    raise RuntimeError(f"{case.title}: {done.stderr}")

    def _call(self, *words, cwd=None):
        return subprocess.run([self.tool, *map(str, words)], env=self.environment, cwd=cwd, text=True, capture_output=True,
                              check=cwd is None, stdin=subprocess.DEVNULL, timeout=120)

    def image_of(self, digest):
        return self.reader.from_layout(self.store, digest)

    def run(self, case, *words):
        context = self.folder / "context"
        case.write_context(context)
        try:
            return self._call("build", *case.args, *words, ".", cwd=context)
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", str(context)], check=False)
            shutil.rmtree(context)

    def build(self, case):
        """(answer or None, what its layers hold without need, the finished process)"""
        done = self.run(case, "-t", "case-" + case.title.replace("/", "-"))
        if done.returncode != 0:
            return {"fails": done.returncode}, [], done
        return *answer_of(self.image_of(done.stdout.strip()), self.base), done


class Docker:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.reader = Reader()
        self.contexts = 0
        self.daemon = Dockerd(self.folder, without_proxies())
        try:
            self._prepare()
        except BaseException:
            self.stop()
            raise

    def _prepare(self):
        archive = write_base(self.folder / "base.tar")
        done = self._call("import", "--change", f"ENV {PATH}", "--change", "WORKDIR /", "--change", 'CMD ["/bin/sh"]', str(archive),
                          "base")
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        self.base = self._image("base")
        for case in read_cases():
            if case.topic == BASES:
                done = self.run(case, "1", case.name)
                if done.returncode != 0:
                    raise RuntimeError(f"{case.title}: {done.stderr}")

    def _call(self, *words, cwd=None, **extra):
        return subprocess.run([CLIENT, *words], env={**self.daemon.environment, **extra}, cwd=cwd, text=True, capture_output=True,
                              check=False, stdin=subprocess.DEVNULL, timeout=300)

    def _image(self, name):
        archive = self.folder / "saved.tar"
        done = self._call("save", "-o", str(archive), name)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        try:
            return self.reader.from_archive(archive)
        finally:
            archive.unlink()

    def run(self, case, buildkit, tag):
        # BuildKit takes a file of the same name, size and time for one that it has: no two contexts are alike to it.
        self.contexts += 1
        context = self.folder / f"context-{self.contexts}"
        case.write_context(context, MTIME + self.contexts)
        try:
            return self._call("build", "--network=host", "-t", tag, *(["--progress=plain"] if buildkit == "1" else []), *case.args,
                              ".", cwd=context, DOCKER_BUILDKIT=buildkit)
        finally:
            subprocess.run(["rm", "-rf", str(context)], check=True)

    def build(self, case, buildkit):
        done = self.run(case, buildkit, "case")
        if done.returncode != 0:
            lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
            # Of its words what is the same on every machine.
            return {"fails": re.sub(r"/\S*/(merged|diff)(?=/)", "", (lines or ["?"])[-1].removeprefix("failed to solve with frontend dockerfile.v0: "))}
        return answer_of(self._image("case"), self.base)[0]

    def stop(self):
        self.daemon.stop()


def dump(path, value):
    pathlib.Path(path).write_text(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True) + "\n")

"""What the tests of the whole tool share: a store and a folder of their own, and a tiny base image.

Environment: TRAINYARD is the tool, TRAINYARD_RUNTIME the OCI runtime, TRAINYARD_TEST_WHO who we are (as_user.py);
TRAINYARD_TESTS_NO_SKIP makes a failure of what would be skipped.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

SKIPPED = 77  # ctest's SKIP_RETURN_CODE
NO_SKIP = bool(os.environ.get("TRAINYARD_TESTS_NO_SKIP"))
TOOL = os.environ.get("TRAINYARD", "trainyard")
ONE_ID = os.environ.get("TRAINYARD_TEST_WHO") == "single"  # containers know one id: every file is root's in them


def _has_a_sanitizer(program):
    path = shutil.which(program)
    if path is None:
        return False
    content = pathlib.Path(path).read_bytes()
    return any(symbol in content for symbol in (b"__asan_init", b"__tsan_init"))


SANITIZED = _has_a_sanitizer(TOOL)  # its own system calls and memory would be counted with the tool's


def traceable(environment):
    """The same environment for a tool behind strace or without a thread to start: LeakSanitizer cannot work, and fails."""
    if SANITIZED:
        options = environment.get("ASAN_OPTIONS")
        environment["ASAN_OPTIONS"] = f"{options}:detect_leaks=0" if options else "detect_leaks=0"
    return environment


def skip(reason):
    """Ends the whole test, before its cases begin; a case says skipTest()."""
    print(f"skipped: {reason}", flush=True)
    sys.exit(1 if NO_SKIP else SKIPPED)


def make_busybox_root(folder):
    """A root file system of one static program: small enough to be made anew for each test."""
    busybox = shutil.which("busybox") or "/bin/busybox"
    if not os.path.exists(busybox):
        skip("busybox-static is not installed")
    root = pathlib.Path(folder)
    for name in ("bin", "etc", "tmp", "usr/bin", "var", "root", "home"):
        (root / name).mkdir(parents=True, exist_ok=True)
    shutil.copy2(busybox, root / "bin/busybox")
    applets = subprocess.run([busybox, "--list"], capture_output=True, text=True, check=True).stdout.split()
    for applet in applets:
        if applet != "busybox":
            (root / "bin" / applet).symlink_to("busybox")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\nworker:x:1000:1000::/home:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\nworker:x:1000:\nextra:x:44:worker\n")
    os.chmod(root / "tmp", 0o1777)
    return root


def remove_folder(folder):
    """Removes a folder that holds stores. Layer trees may hold files of sub-uids; only their namespaces can remove those.

    A training's keeper tidies up after it has told its result: what goes away meanwhile is no error, and what comes
    back is removed by the next of a few tries.
    """
    for _ in range(5):
        if os.geteuid() != 0:
            trees = [os.path.join(path, name) for path, names, _ in os.walk(folder) for name in names
                     if os.path.basename(path) in ("layers", "tmp")]
            if trees:
                subprocess.run(["unshare", "--map-auto", "--map-root-user", "rm", "-rf", *trees], check=False,
                               capture_output=True)
        subprocess.run(["chmod", "-R", "u+rwx", str(folder)], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.2)


def skip_unless_archive_answers(case):
    """Packages come from this machine's own package archive."""
    targets = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)dists/$(RELEASE)/InRelease"], check=False,
                             capture_output=True, text=True).stdout.split()
    try:
        urllib.request.urlopen(targets[0], timeout=60).close()
    except (IndexError, OSError) as error:
        case.skipTest(f"the package archive cannot be reached from here: {error}")


class Case(unittest.TestCase):
    """One store and one folder per test; everything goes with it."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-test-"))
        self.store = self.folder / "store"
        self.addCleanup(self._clean)

    def _clean(self):
        remove_folder(self.folder)

    def environment(self, **extra):
        environment = dict(os.environ, TRAINYARD_STORE=str(self.store), LC_ALL="C.UTF-8")
        environment.update({k: str(v) for k, v in extra.items()})
        return environment

    def tool(self, *words, code=0, env=None, **options):
        """Runs the tool, checks its exit code, returns the finished process (text)."""
        done = subprocess.run([TOOL, *map(str, words)], env=self.environment(**(env or {})), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=options.pop("cwd", self.folder),
                              stdin=options.pop("stdin", subprocess.DEVNULL), timeout=300, check=False, **options)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{words}\nstdout: {done.stdout}\nstderr: {done.stderr}")
        return done

    def import_base(self, tag="base"):
        root = make_busybox_root(self.folder / "root")
        self.tool("import", "-t", tag, root)
        shutil.rmtree(root)
        return tag

    def write(self, path, text, mode=None):
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if mode is not None:
            path.chmod(mode)
        return path

    def build(self, dockerfile, *words, code=0, context="context", env=None):
        """Builds a Dockerfile given as text; returns (digest or None, standard error)."""
        self.write(f"{context}/Dockerfile", dockerfile)
        done = self.tool("build", *words, self.folder / context, code=code, env=env)
        return (done.stdout.strip() or None), done.stderr

    def events(self, dockerfile, *words, context="context", env=None):
        """Builds with JSON progress; returns the events."""
        self.write(f"{context}/Dockerfile", dockerfile)
        done = self.tool("build", "--progress", "json", *words, self.folder / context, env=env)
        return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]

    def executed(self, events):
        return [e["text"] for e in events if e["event"] == "done"]

    def cached(self, events):
        return [e["text"] for e in events if e["event"] == "cached"]

    def write_run_spec(self, name="train", **members):
        build = self.folder / "build"
        build.mkdir(exist_ok=True)
        spec = {"schema": 1, "kind": "run", "name": name, "build_dir": str(build), "source_dir": str(self.folder / "src"),
                "binary_dir": str(build), "image": "base", "command": ["true"], "inputs": [], "outputs": []}
        spec.update(members)
        path = build / f"{name}.run.json"
        path.write_text(json.dumps(spec))
        return path

    def train(self, spec, code=0, env=None):
        """The three things a build graph does with a run, the restoring only when the training went well."""
        base = str(spec).removesuffix(".run.json")
        done = self.tool("run", "--spec", spec, "--result", base + ".result", "--depfile", base + ".d", "--stamp",
                         base + ".stamp", code=code, env=env)
        if done.returncode == 0:
            self.tool("restore", "--spec", spec, "--result", base + ".result")
        return done


def main():
    result = unittest.main(exit=False, verbosity=2).result
    if result.skipped and NO_SKIP:
        print("FAILED: cases were skipped", flush=True)
        sys.exit(1)
    if result.wasSuccessful() and result.skipped and len(result.skipped) == result.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if result.wasSuccessful() else 1)

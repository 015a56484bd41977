"""Other programs take the images of the cases: skopeo, umoci and podman, and with --docker dockerd too.

    other_programs_test.py                     a seeded sample, of skopeo, umoci and podman; TRAINYARD_TEST_SEED says another one
    other_programs_test.py --all [--docker]    every case that makes an image (root; --docker wants docker.io)
    other_programs_test.py CASE…               these, by topic/name
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.environ.get("TRAINYARD_TOOL_TESTS", str(pathlib.Path(__file__).resolve().parent.parent / "tool")))
import support  # noqa: E402
from builders import BASES, Trainyard, without_proxies  # noqa: E402
from case_file import read_cases  # noqa: E402
from dockerd import CLIENT, Dockerd  # noqa: E402
from reference import DIFFERENCES, load  # noqa: E402

SAMPLE = 12
DEFAULT_SEED = 1
# umoci makes what a runtime takes, and looks up the user for it: an image whose user is in no file of it can be started by nobody.
REFUSED = {"config/user_unknown_is_no_error_by_itself": {"umoci": "unable to find user nobody-here"}}


class Refused(Exception):
    """A program did not take an image, or took another one."""


def call(*words, environment=None, cwd=None):
    done = subprocess.run([*map(str, words)], env=environment, cwd=cwd, capture_output=True, text=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=300)
    if done.returncode != 0:
        raise Refused(f"{' '.join(map(str, words))}: {done.stderr.strip()[-1000:]}")
    return done.stdout


def expect_equal(what, theirs, ours):
    if isinstance(theirs, dict) and isinstance(ours, dict):  # show what differs alone
        theirs, ours = ({name: value for name, value in one.items() if name not in other or other[name] != value}
                        for one, other in ((theirs, ours), (ours, theirs)))
    if theirs != ours:
        raise Refused(f"{what}: they have {theirs!r}, we {ours!r}")


def paths_of(root):
    """Of each path what it is."""
    found = {}
    for folder, names, files in os.walk(root):
        for name in names + files:
            path = pathlib.Path(folder, name)
            kind = "link" if path.is_symlink() else "folder" if path.is_dir() else "file" if path.is_file() else "other"
            found["/" + str(path.relative_to(root))] = kind
    return found


def paths_wanted(image):
    kinds = {"char": "other", "block": "other", "fifo": "other"}
    return {path: kinds.get(entry.kind, entry.kind) for path, entry in image.tree().items()}


class Programs:
    """Each method hands one image of the store to a program and compares what that makes of it."""

    def __init__(self, tool, folder, with_docker):
        self.tool, self.folder = tool, folder
        self.work = folder / "work"
        self.daemon = None
        self.names = ["skopeo", "umoci", "podman"]
        if with_docker:
            (folder / "docker").mkdir()
            self.daemon = Dockerd(folder / "docker", without_proxies())
            self.names.append("docker")

    def stop(self):
        if self.daemon:
            self.daemon.stop()

    def try_image(self, name, image, config):
        """{program: why it did not take the image}, empty if all did."""
        failures = {}
        self.work.mkdir()
        try:
            for program in self.names:
                try:
                    getattr(self, program)(f"oci:{self.tool.store}:{name}", name, image, config)
                except Refused as refused:
                    failures[program] = str(refused)
        finally:
            support.remove_folder(self.work)
        return failures

    def skopeo(self, reference, name, _, config):
        copied = f"oci:{self.work}/copied:copied"
        call("skopeo", "--insecure-policy", "copy", reference, copied)
        for place in (reference, copied):
            expect_equal("the configuration", json.loads(call("skopeo", "inspect", "--config", "--raw", place)), config)
        told = json.loads(call("skopeo", "inspect", copied))
        expect_equal("the layers", len(told["Layers"] or []), len(config["rootfs"]["diff_ids"] or []))

    def umoci(self, _reference, name, image, _config):
        bundle = self.work / "bundle"
        call("umoci", "unpack", "--image", f"{self.tool.store}:{name}", bundle)
        expect_equal("the tree", paths_of(bundle / "rootfs"), paths_wanted(image))

    def _podman_place(self):
        return ["--root", self.folder / "podman", "--runroot", self.folder / "podman-run", "--tmpdir",
                self.folder / "podman-tmp", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none"]

    def podman(self, _reference, name, image, config):
        # Relative: podman makes a reference of the path, and a temporary name may hold what none may.
        taken = call("podman", *self._podman_place(), "pull", "-q", f"oci:{self.tool.store.name}:{name}",
                     cwd=self.tool.folder).split()[-1]
        try:
            self._same(json.loads(call("podman", *self._podman_place(), "image", "inspect", taken))[0], config)
            if image.layers:  # podman has nothing to show of an image without any
                root = call("podman", *self._podman_place(), "image", "mount", taken).strip()
                held = paths_of(root)
                call("podman", *self._podman_place(), "image", "unmount", "--force", taken)
                expect_equal("the tree", held, paths_wanted(image))
        finally:
            call("podman", *self._podman_place(), "rmi", "--force", taken)

    def docker(self, reference, name, _image, config):
        archive = self.work / "archive.tar"
        call("skopeo", "--insecure-policy", "copy", reference, f"docker-archive:{archive}:{name}")
        call(CLIENT, "load", "-i", archive, environment=self.daemon.environment)
        try:
            told = json.loads(call(CLIENT, "image", "inspect", f"{name}", environment=self.daemon.environment))
            self._same(told[0], config)
        finally:
            call(CLIENT, "rmi", "-f", f"{name}", environment=self.daemon.environment)

    def _same(self, told, config):
        ours, theirs = config.get("config") or {}, told["Config"] or {}
        expect_equal("the layers", told["RootFS"].get("Layers") or [], config["rootfs"]["diff_ids"] or [])
        for field in ("User", "Env", "Entrypoint", "Cmd", "WorkingDir", "Labels", "StopSignal", "ExposedPorts", "Volumes"):
            expect_equal(field, theirs.get(field) or None, ours.get(field) or None)


def chosen(arguments):
    cases = [case for case in read_cases() if case.topic != BASES and not case.fails]
    if arguments.cases:
        return [case for case in cases if case.title in arguments.cases]
    if arguments.all:
        return cases
    seed = int(os.environ.get("TRAINYARD_TEST_SEED", DEFAULT_SEED))
    print(f"TRAINYARD_TEST_SEED={seed}")
    return random.Random(seed).sample(cases, SAMPLE)


def try_cases(cases, tool, programs):
    """How many images all programs took; and which cases failed, with why printed as it happens."""
    refuses = refused_on_purpose()
    taken, failed = 0, []
    for case in cases:
        name = f"case-{case.title.replace('/', '-')}:1"
        done = tool.run(case, "-t", name)
        if done.returncode != 0:
            if case.title not in refuses:
                failed.append(case.title)
                print(f"{case.title}: {done.stderr}", flush=True)
            continue
        image = tool.image_of(done.stdout.strip())
        refusals = programs.try_image(name, image, image.document)
        failures = unexpected(refusals, REFUSED.get(case.title, {}))
        for program, why in failures.items():
            print(f"{case.title}: {program}: {why}", flush=True)
        failed += [case.title] if failures else []
        taken += not refusals
    return taken, failed


def unexpected(failures, expected):
    """Of the failures those that are none of the expected, and of the expected those that there are none of."""
    found = {program: why for program, why in failures.items() if program not in expected or expected[program] not in why}
    return found | {program: f"took it, which {words!r} was to prevent" for program, words in expected.items()
                    if program not in failures}


def refused_on_purpose():
    """Cases that Docker builds and we refuse, on purpose."""
    return {title for title, fields in load(DIFFERENCES).items() if "fails" in fields}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--docker", action="store_true")
    parser.add_argument("cases", nargs="*")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        support.skip("umoci and podman unpack owners as root")
    for program in ("skopeo", "umoci", "podman"):
        if shutil.which(program) is None:
            support.skip(f"{program} is not installed; tests/run.sh installs it")
    cases = chosen(arguments)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-foreign-"))
    try:
        tool = Trainyard(support.TOOL, folder)
        programs = Programs(tool, folder, arguments.docker)
        try:
            taken, failed = try_cases(cases, tool, programs)
        finally:
            programs.stop()
    finally:
        support.remove_folder(folder)
    print(f"{len(cases)} cases: {taken} images taken by each of {', '.join(programs.names)}; {len(failed)} failed")
    sys.exit(1 if failed or not taken else 0)


if __name__ == "__main__":
    main()

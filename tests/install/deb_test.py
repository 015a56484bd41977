"""The .deb that CPack makes: what is in it, what lintian says, and that it installs on a bare root and works there.

Environment: TRAINYARD_SOURCE is the source tree, TRAINYARD_BINARY a build tree of it.
"""
import gzip
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ["TRAINYARD_SOURCE"])
BINARY = pathlib.Path(os.environ["TRAINYARD_BINARY"])
SKIPPED = 77  # ctest's SKIP_RETURN_CODE

# A root that is a mount point: the engine's overlays and pivots need one. Ends with its first process.
ENTER = """
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount --rbind /sys "$1/sys"
mount --rbind /dev "$1/dev"
root=$1
shift
exec chroot "$root" "$@"
"""


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(1 if os.environ.get("TRAINYARD_TESTS_NO_SKIP") else SKIPPED)


def check_machine():
    if os.geteuid() != 0:
        skip("a root file system with its owners can be made by root only")
    for program in ("dpkg-shlibdeps", "lintian", "mmdebstrap"):
        if not shutil.which(program):
            skip(f"{program} is not installed; tests/run.sh does that")


def codename():
    lines = pathlib.Path("/etc/os-release").read_text().splitlines()
    values = dict(line.split("=", 1) for line in lines if "=" in line)
    return values.get("VERSION_CODENAME", "bookworm").strip('"')


class Deb(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-deb-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        subprocess.run(["cpack", "-G", "DEB", "--config", BINARY / "CPackConfig.cmake", "-B", cls.folder / "made"],
                       check=True, cwd=cls.folder, stdout=subprocess.DEVNULL)
        [cls.deb] = (cls.folder / "made").glob("*.deb")

    def execute(self, *words, code=0, **options):
        done = subprocess.run([str(word) for word in words], text=True, check=False, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=600, **options)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}")
        return done.stdout

    def field(self, name):
        return self.execute("dpkg-deb", "--field", self.deb, name).strip()

    def test_what_it_says_of_itself(self):
        self.assertRegex(self.deb.name, r"^trainyard_1\.0\.0-1_[a-z0-9]+\.deb$")
        self.assertEqual(self.field("Package"), "trainyard")
        self.assertEqual(self.field("Section"), "devel")
        for library in ("libc6 (>=", "libarchive"):
            self.assertIn(library, self.field("Depends"))
        self.assertEqual(self.field("Recommends"), "crun | runc, uidmap, tini")
        self.assertRegex(self.field("Maintainer"), r"^.+ <.+@.+>$")
        self.assertIn("find_package(Trainyard)", self.field("Description"))

    def test_what_is_in_it(self):
        root = self.folder / "unpacked"
        self.execute("dpkg-deb", "--extract", self.deb, root)
        for file in ("usr/bin/trainyard", "usr/lib/cmake/Trainyard/TrainyardConfig.cmake",
                     "usr/share/bash-completion/completions/trainyard", "usr/share/trainyard/templates/cpp/train.cpp"):
            self.assertTrue((root / file).is_file(), file)
        documents = root / "usr/share/doc/trainyard"
        self.assertEqual(sorted(p.name for p in documents.iterdir()), ["changelog.Debian.gz", "changelog.gz", "copyright"])
        self.assertIn("Apache-2.0", (documents / "copyright").read_text())
        page = gzip.decompress((root / "usr/share/man/man1/trainyard.1.gz").read_bytes()).decode()
        self.assertIn(".TH TRAINYARD 1", page)
        self.assertEqual(gzip.decompress((documents / "changelog.gz").read_bytes()), (SOURCE / "CHANGELOG.md").read_bytes())
        self.assertEqual({entry.name for entry in root.iterdir()}, {"usr"})

    def test_lintian_finds_no_error(self):
        report = self.execute("lintian", "--allow-root", "--fail-on", "error", self.deb)
        self.assertNotIn("\nE: ", "\n" + report)

    def inside(self, *words, **options):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                       "DEBIAN_FRONTEND": "noninteractive"}
        environment.update({k: v for k, v in os.environ.items() if k.lower().endswith("_proxy")})
        return self.execute("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTER, "sh", self.root,
                            *words, env=environment, **options)

    def test_installs_on_a_bare_root_and_trains_there(self):
        self.root = self.folder / "root"
        self.execute("mmdebstrap", "--quiet", "--variant=apt", "--skip=cleanup/apt/lists", "--dpkgopt=force-unsafe-io",
                     codename(), self.root)
        self.assertFalse((self.root / "usr/bin/crun").exists())
        shutil.copy(self.deb, self.root)
        self.inside("apt-get", "install", "-y", "-qq", "/" + self.deb.name)

        self.assertEqual(self.inside("trainyard", "--version"), "trainyard 1.0.0\n")
        findings = self.inside("trainyard", "doctor")
        self.assertRegex(findings, r"ok +(crun|runc): a container started")
        self.assertIn("init: tini", findings)
        self.assertIn("_trainyard", self.inside("bash", "-c",
                      "source /usr/share/bash-completion/completions/trainyard && complete -p trainyard"))

        self.inside("apt-get", "install", "-y", "-qq", "--no-install-recommends", "cmake", "ninja-build", "gcc", "libc6-dev")
        shutil.copytree(SOURCE / "tests/cmake/package", self.root / "project")
        self.inside("cmake", "-S", "/project", "-B", "/project/build", "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release")
        self.inside("cmake", "--build", "/project/build", "--target", "model")
        self.assertEqual((self.root / "project/build/model.bin").read_text(), "trained\n")
        self.assertIn("no work to do", self.inside("cmake", "--build", "/project/build", "--target", "model"))
        self.assertIn("100% tests passed", self.inside("ctest", "--test-dir", "/project/build"))

        self.inside("apt-get", "purge", "-y", "-qq", "trainyard")
        for folder in ("usr/lib/cmake/Trainyard", "usr/share/trainyard", "usr/share/doc/trainyard", "usr/bin/trainyard"):
            self.assertFalse((self.root / folder).exists(), folder)


if __name__ == "__main__":
    check_machine()
    unittest.main()

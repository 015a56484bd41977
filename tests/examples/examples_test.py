"""The examples and templates, each in a copy of its own, against the tool installed to a fresh prefix.

Environment: TRAINYARD_SOURCE is the source tree, TRAINYARD_BINARY a build tree of it.
"""
import json
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


def skip(reason):
    print(f"skipped: {reason}")
    os._exit(SKIPPED)


class Project(unittest.TestCase):
    """A copy of an example, a prefix with the tool, and a store; all of it goes with the test."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-example-"))
        self.addCleanup(self.clean)
        self.prefix = self.folder / "installed"
        self.project = self.folder / "project"
        self.build_folder = self.project / "build"
        self.environment = dict(os.environ, TRAINYARD_STORE=str(self.folder / "store"), LC_ALL="C.UTF-8")
        self.execute("cmake", "--install", BINARY, "--prefix", self.prefix)

    def clean(self):
        if os.geteuid() != 0:  # layer trees may hold files of sub-uids
            subprocess.run(["unshare", "--map-auto", "--map-root-user", "rm", "-rf", str(self.folder / "store")],
                           check=False, capture_output=True)
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, *words, **options):
        done = subprocess.run([str(word) for word in words], env=self.environment, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}")
        return done.stdout

    def copy_example(self, name):
        shutil.copytree(SOURCE / "examples" / name, self.project)

    def configure(self):
        self.execute("cmake", "-S", self.project, "-B", self.build_folder, "-G", "Ninja",
                     f"-DCMAKE_PREFIX_PATH={self.prefix}")

    def build(self, target):
        return self.execute("cmake", "--build", self.build_folder, "--target", target)

    def check_built_once(self, target):
        self.build(target)
        self.assertIn("no work to do", self.build(target))

    def check_tests_pass(self):
        self.assertIn("100% tests passed", self.execute("ctest", "--test-dir", self.build_folder, "--output-on-failure"))

    def metrics(self):
        return json.loads((self.build_folder / "metrics.json").read_text())

    def edit(self, file, old, new):
        path = self.project / file
        text = path.read_text()
        self.assertIn(old, text)
        path.write_text(text.replace(old, new))

    def layers(self, image):
        digest = (self.build_folder / f"{image}.digest").read_text().strip()
        return json.loads(self.execute(self.prefix / "bin/trainyard", "inspect", digest))


class Digits(Project):
    def test_it_learns_and_an_edit_costs_one_small_layer(self):
        self.copy_example("digits")
        self.configure()
        self.check_built_once("train_model")
        self.check_tests_pass()
        self.assertGreaterEqual(self.metrics()["accuracy"], 0.95)
        self.assertEqual(len((self.build_folder / "metrics.jsonl").read_text().splitlines()), 30)
        model = (self.build_folder / "model.bin").read_bytes()
        self.assertTrue(model.startswith(b"DIGITS1\n"))
        before = self.layers("trainer")
        self.assertLess(before["size"], 10_000_000)

        self.edit("train.cpp", "// Trains a small", "// Trains, as ever, a small")
        self.build("train_model")
        self.assertEqual(self.layers("trainer")["digest"], before["digest"])

        self.edit("train.cpp", "k_momentum = 0.9F", "k_momentum = 0.8F")
        self.build("train_model")
        after = self.layers("trainer")
        changed = [layer for layer in after["layers"] if layer not in before["layers"]]
        self.assertEqual(len(changed), 1)
        self.assertLess(changed[0]["size"], 500_000)
        self.assertNotEqual((self.build_folder / "model.bin").read_bytes(), model)

        self.edit("train.cpp", "k_momentum = 0.8F", "k_momentum = 0.9F")
        self.build("train_model")
        self.assertEqual((self.build_folder / "model.bin").read_bytes(), model)


class Steps(Project):
    def test_inline_steps_prepare_a_table_that_is_fitted(self):
        self.copy_example("steps")
        self.configure()
        self.check_built_once("fit_line")
        self.check_tests_pass()
        self.assertTrue((self.build_folder / "line.txt").is_file())


class Template(Project):
    def test_a_new_project_configures_builds_and_trains_as_it_stands(self):
        for template in sorted(path.name for path in (SOURCE / "templates").iterdir() if path.is_dir()):
            with self.subTest(template=template):
                self.project = self.folder / f"my {template}.project"
                self.build_folder = self.project / "build"
                self.execute(self.prefix / "bin/trainyard", "init", template, self.project)
                self.assertNotIn("@PROJECT@", (self.project / "CMakeLists.txt").read_text())
                self.configure()
                self.check_built_once("train_model")
                self.check_tests_pass()


class Dockerfile(Project):
    def test_packages_are_installed_once_and_numpy_learns(self):
        if not shutil.which("mmdebstrap"):
            skip("mmdebstrap is not installed")
        if subprocess.run(["apt-get", "update", "-qq"], check=False, capture_output=True).returncode != 0:
            skip("Debian's archive cannot be reached from here, or not by this user")
        self.copy_example("dockerfile")
        self.configure()
        self.check_built_once("train_model")
        self.check_tests_pass()
        self.assertGreaterEqual(self.metrics()["accuracy"], 0.95)

        before = self.layers("trainer")
        self.edit("train.py", "import json", "import json  # edited")
        self.build("trainer")
        changed = [layer for layer in self.layers("trainer")["layers"] if layer not in before["layers"]]
        self.assertEqual(len(changed), 1)
        self.assertLess(changed[0]["size"], 100_000)


class Quickstart(unittest.TestCase):
    def test_the_second_call_does_nothing_over_again(self):
        folder = SOURCE / "build/quickstart"  # the tool that is there is taken; example and store are new
        for name in ("digits", "store"):
            shutil.rmtree(folder / name, ignore_errors=True)
        first = self.call(folder / "store")
        self.assertNotIn("Nothing to do over again.", first)
        second = self.call(folder / "store")
        self.assertIn("Nothing to do over again.", second)
        self.assertRegex(second, r"image +sha256:[0-9a-f]{64}\n")
        self.assertRegex(second, r"accuracy +0\.9[5-9]")
        model = second.split("model ")[1].split("\n")[0].strip()
        self.assertTrue(pathlib.Path(model).is_file(), model)

    def call(self, store):
        done = subprocess.run(["sh", str(SOURCE / "examples/quickstart.sh"), "--no-install"], check=False, text=True,
                              env=dict(os.environ, TRAINYARD_STORE=str(store)),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout


if __name__ == "__main__":
    sys.exit(unittest.main())

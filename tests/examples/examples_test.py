"""The examples and templates, each in a copy of its own, against the installed tool.

Environment: TRAINYARD_EXAMPLES and TRAINYARD_TEMPLATES are the folders, TRAINYARD_PREFIX is where the tool is installed,
TRAINYARD_DEBIAN a tar of a Debian root file system.
"""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tool"))
import support

EXAMPLES = pathlib.Path(os.environ["TRAINYARD_EXAMPLES"])
TEMPLATES = pathlib.Path(os.environ["TRAINYARD_TEMPLATES"])
PREFIX = pathlib.Path(os.environ["TRAINYARD_PREFIX"])


class Project(unittest.TestCase):
    """A copy of an example and a store; all of it goes with the test."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-example-"))
        self.addCleanup(support.remove_folder, self.folder)
        self.prefix = PREFIX
        self.project = self.folder / "project"
        self.build_folder = self.project / "build"
        self.environment = dict(os.environ, TRAINYARD_STORE=str(self.folder / "store"), LC_ALL="C.UTF-8")

    def execute(self, *words, **options):
        done = subprocess.run([str(word) for word in words], env=self.environment, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **options)
        self.assertEqual(done.returncode, 0, f"{words}\n{done.stdout}")
        return done.stdout

    def copy_example(self, name):
        shutil.copytree(EXAMPLES / name, self.project)

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
    names = ["cpp"]

    def test_a_new_project_configures_builds_and_trains_as_it_stands(self):
        for template in self.names:
            with self.subTest(template=template):
                self.project = self.folder / f"my {template}.project"
                self.build_folder = self.project / "build"
                self.execute(self.prefix / "bin/trainyard", "init", template, self.project)
                self.assertNotIn("@PROJECT@", (self.project / "CMakeLists.txt").read_text())
                if template not in ("cpp", self.names[0]):
                    self.take_debian_as_it_is()
                self.configure()
                self.check_built_once("train_model")
                self.check_tests_pass()
                if template != "cpp":
                    self.check_sweep()

    def take_debian_as_it_is(self):
        """The root file system that the first template makes, byte for byte: made once."""
        self.edit("CMakeLists.txt", "SUITE bookworm", f"TARBALL {os.environ['TRAINYARD_DEBIAN']}")

    def check_sweep(self):
        """Three points, one of them the run itself."""
        trained = [line for line in self.build("learning_rates").splitlines() if "trained in" in line]
        self.assertEqual(len(trained), 2)
        told = json.loads((self.build_folder / "learning_rates.json").read_text())
        self.assertEqual(len(told["points"]), 3)
        self.assertIn("no work to do", self.build("learning_rates"))


class Resuming(Project):
    """An example with checkpoints: stopped and continued it ends with the model of an undisturbed training."""

    def outputs(self, run):
        told = json.loads(self.execute(self.prefix / "bin/trainyard", "inspect", run))
        return {output["path"]: output["files"][0]["digest"] for output in told["outputs"]}, told["resumed"]

    def check_resumes(self):
        build = subprocess.Popen(["cmake", "--build", self.build_folder, "--target", "train_model"], env=self.environment,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        logs = self.folder / "store/runs"
        deadline = time.monotonic() + 600
        while not any("epoch 3/" in log.read_text() for log in logs.glob("*/*/log")):
            self.assertLess(time.monotonic(), deadline)
            self.assertIsNone(build.poll())
            time.sleep(0.01)
        os.killpg(build.pid, signal.SIGINT)
        self.assertNotEqual(build.wait(timeout=60), 0)
        self.assertFalse((self.build_folder / "model.pt").exists())
        self.assertRegex(self.build("train_model"), r"continuing after epoch \d+\n")
        run = f"train_model@{self.build_folder}"  # templates of the same store have one, too
        ended, resumed = self.outputs(run)
        self.assertTrue(resumed)
        self.assertGreaterEqual(self.metrics()["accuracy"], 0.95)
        # The same training under another key.
        said = self.execute(self.prefix / "bin/trainyard", "run", "-S", "learning_rate=0.050", run)
        self.assertNotIn("continuing", said)
        rows = json.loads(self.execute(self.prefix / "bin/trainyard", "runs", "--json"))
        undisturbed, resumed = self.outputs(
            next(row["run"] for row in rows if row["parameters"].get("learning_rate") == "0.050"))
        self.assertFalse(resumed)
        for name in ("model.pt", "metrics.json"):
            self.assertEqual(ended[name], undisturbed[name], name)

    def check_trains_on(self):
        self.edit("CMakeLists.txt", "epochs=20 learning_rate", "epochs=22 learning_rate")
        said = self.build("train_model")
        self.assertIn("continuing after epoch 20\nepoch 21/22", said)
        self.assertIn("no work to do", self.build("train_model"))

    def copy_example(self, name):
        self.project = self.folder / "examples" / name
        self.build_folder = self.project / "build"
        shutil.copytree(EXAMPLES / name, self.project)
        shutil.copytree(EXAMPLES / "digits/data", self.folder / "examples/digits/data", dirs_exist_ok=True)


class LibTorch(Resuming, Template):
    names = ["libtorch"]

    def test_example(self):
        self.copy_example("libtorch")
        self.configure()
        self.check_resumes()
        self.check_tests_pass()
        self.check_trains_on()


class Python(Resuming, Template):
    """In one store: the templates, and the example, whose packages are those of the first one."""

    names = ["pytorch", "sklearn", "xgboost"]

    def test_a_new_project_configures_builds_and_trains_as_it_stands(self):
        support.skip_unless_archive_answers(self)
        super().test_a_new_project_configures_builds_and_trains_as_it_stands()
        self.copy_example("pytorch")
        self.take_debian_as_it_is()
        self.configure()
        self.check_resumes()
        events = list((self.build_folder / "events").iterdir())
        self.assertEqual(len(events), 2)  # of both tries
        self.assertEqual(sum(file.read_bytes().count(b"accuracy") for file in events), 20)
        self.check_tests_pass()
        self.check_trains_on()


class Dockerfile(Project):
    def prepare(self):
        if not shutil.which("mmdebstrap"):
            self.skipTest("mmdebstrap is not installed")

    def test_packages_are_installed_once_and_numpy_learns(self):
        support.skip_unless_archive_answers(self)
        self.copy_example("dockerfile")
        self.prepare()
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


class DockerfileOnTarball(Dockerfile):
    """On a root file system that is there, for those who cannot make one."""

    def prepare(self):
        self.edit("CMakeLists.txt", "SUITE bookworm", f"TARBALL {os.environ['TRAINYARD_DEBIAN']}")


if __name__ == "__main__":
    support.main()

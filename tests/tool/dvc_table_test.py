"""docs/for-dvc-users.md: each line of its table is run here, as it stands there."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

import support
from support import TOOL

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/for-dvc-users.md"

TRAIN = """test "$(cat data/*.csv | wc -l)" -ge 2 || exit 1
echo "rate $rate" | tee model.bin
echo "{\\"accuracy\\": 0.9${rate#*.}}" > metrics.json
"""
PROJECT = """cmake_minimum_required(VERSION 3.25)
project(experiments LANGUAGES NONE)
include("${TRAINYARD_CMAKE}/Trainyard.cmake")
set(RATE 0.1 CACHE STRING "")
%s
add_training_image(trainer STEPS "FROM base")
%s
add_training_sweep(tune RUN model GRID rate=0.3,0.4)
"""


def table():
    """The second column's code, line by line."""
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")][1:]  # the first is the head
    return [re.fullmatch(r"`(.*)`", row[1].strip()).group(1) for row in rows]


class Lines(support.Case):
    """One project for all of them, in the order in which a person comes to them."""

    def setUp(self):
        super().setUp()
        for program in ("cmake", "ninja"):
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")
        self.import_base()
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "trainyard").symlink_to(pathlib.Path(shutil.which(TOOL)).resolve())
        self.path = f"{bin_folder}:{os.environ['PATH']}"
        self.variables = {}
        self.lines = table()
        self.ran = []

    def run_line(self, begin, code=0):
        """Runs the one line of the table that begins so; returns what it said."""
        line, = [line for line in self.lines if line.startswith(begin)]
        self.ran.append(line)
        return self.shell(line, code)

    def shell(self, line, code=0):
        done = subprocess.run(["sh", "-c", line], cwd=self.folder / "project", text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=self.environment(PATH=self.path, **self.variables), timeout=300, check=False)
        if code is not None:
            self.assertEqual(done.returncode, code, f"{line}\n{done.stdout}")
        return done.stdout

    def key(self):
        return (self.folder / "project/build/model.result").read_text().split()[0]

    def configure(self):
        declared, = [line for line in self.lines if line.startswith("add_training_run(")]
        download, = [line for line in self.lines if line.startswith("file(DOWNLOAD ")]
        self.ran += [declared, download]
        download = download.replace(" data/", " ${CMAKE_CURRENT_SOURCE_DIR}/data/")
        self.write("project/CMakeLists.txt", PROJECT % (download, declared))
        self.write("project/train.sh", TRAIN)
        self.write("project/data/a.csv", "1\n")
        fetched = self.write("elsewhere/b.csv", "2\n")
        self.good_hash = hashlib.sha256(fetched.read_bytes()).hexdigest()
        options = [f"-DTRAINYARD_CMAKE={ROOT / 'cmake'}", f"-DTrainyard_EXECUTABLE={shutil.which(TOOL)}", f"-DTRAINYARD_STORE={self.store}",
                   f"-DDATA_URL=file://{fetched}"]
        configure = f"cmake -G Ninja -S . -B build {' '.join(options)} -DDATA_HASH="
        self.assertIn("HASH", self.shell(configure + "0" * 64, code=1))
        shutil.rmtree(self.folder / "project/build")
        self.shell(configure + self.good_hash)
        self.assertEqual((self.folder / "project/data/b.csv").read_text(), "2\n")

    def test_each_line(self):
        self.configure()
        model = self.folder / "project/build/model.bin"
        build = "cmake --build build --target model"
        self.assertIn("trained in", self.run_line(build))
        self.assertIn("no work to do", self.shell(build))
        first = self.key()
        self.assertIn("in the store", self.run_line("trainyard why model"))
        self.write("project/data/a.csv", "1\n1\n")
        self.assertIn("data/a.csv has changed", self.shell("trainyard why model"))
        self.write("project/data/a.csv", "1\n")
        self.assertRegex(self.run_line("trainyard metrics model"), r"accuracy +0\.91")

        self.assertIn("trained in", self.run_line("trainyard run -S rate=0.2 model"))
        self.assertEqual(model.read_text(), "rate 0.1\n")
        runs = self.run_line("trainyard runs --sort accuracy").splitlines()
        self.assertEqual([line.split()[-1] for line in runs[1:]], ["0.91", "0.92"])
        self.assertEqual(self.run_line("trainyard runs --csv").count("model"), 2)
        self.variables = {"A": first[:12], "B": runs[2].split()[0]}
        diff = self.run_line("trainyard metrics diff")
        self.assertRegex(diff, r"rate +0\.1 +0\.2")
        self.assertRegex(diff, r"accuracy +0\.91 +0\.92")
        self.run_line("trainyard plot")
        drawn = (self.folder / "project/accuracy.svg").read_text()
        self.assertIn(">rate=0.1<", drawn)
        self.assertIn(">rate=0.2<", drawn)

        for rate, value in (("0.2", "2"), ("0.1", "1")):  # applied, and back again
            said = self.run_line(f"cmake -D RATE={rate} build")
            self.assertIn("cached", said)
            self.assertNotIn("trained in", said)
            self.assertEqual(model.read_text(), f"rate 0.{value}\n")
        self.run_line("rm build/model.bin")
        self.assertEqual(model.read_text(), "rate 0.1\n")

        self.assertEqual(self.run_line("cmake --build build --target tune").count("trained in"), 2)
        self.assertNotIn("trained in", self.shell("cmake --build build --target tune"))
        self.run_line("trainyard ps")
        self.assertEqual(self.run_line("trainyard logs model"), "rate 0.1\n")
        self.assertRegex(self.run_line("ninja -C build -t graph model"), r'digraph[^$]*"model\.train"')
        self.run_line("trainyard gc --dry-run")
        self.assertEqual(model.read_text(), "rate 0.1\n")
        self.run_line("trainyard doctor", code=None if os.geteuid() else 0)
        self.assertEqual(sorted(self.ran), sorted(self.lines), "a line of the table is not tried here")


if __name__ == "__main__":
    support.main()

"""What a large build graph costs: CMake commands a run, edges a run, and that a build without news starts nothing."""
import os
import pathlib
import re
import shutil
import subprocess

import support
from support import Case

MODULES = pathlib.Path(__file__).resolve().parents[2] / "cmake"

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(graph NONE)
include("${MODULES}/Trainyard.cmake")
foreach(i RANGE 1 ${IMAGES})
  add_training_image(image${i} STEPS "FROM scratch" "COPY part.txt /part.txt" TAGS "image${i}:latest")
  foreach(j RANGE 1 ${RUNS})
    add_training_run(run${i}.${j} IMAGE image${i} COMMAND ./train "{rate}" INPUTS data.csv OUTPUTS model=model.${i}.${j}
      METRICS metrics.${i}.${j}.json PARAMETERS rate=0.${j} ENVIRONMENT SEED=${i})
  endforeach()
endforeach()
"""


class Graph(Case):
    def setUp(self):
        super().setUp()
        self.write("project/CMakeLists.txt", PROJECT)
        self.write("project/part.txt", "part\n")
        self.write("project/data.csv", "1,2\n")

    def configure(self, folder, images, runs, *words):
        subprocess.run(["cmake", "-S", self.folder / "project", "-B", self.folder / folder, "-G", "Ninja",
                        f"-DMODULES={MODULES}", f"-DTrainyard_EXECUTABLE={support.TOOL}", f"-DTRAINYARD_STORE={self.store}",
                        f"-DIMAGES={images}", f"-DRUNS={runs}", *words], check=True, capture_output=True)
        return self.folder / folder

    def commands(self, images, runs):
        """How many CMake commands the configuration executes."""
        log = self.folder / f"trace.{images}.{runs}"
        self.configure(f"build.{images}.{runs}", images, runs, "--trace-redirect=" + str(log), "--trace")
        return sum(1 for line in log.read_text().splitlines() if re.match(r"^(/|\S+\(\d+\):)", line))

    def test_a_run_and_an_image_cost_the_same_however_many_there_are(self):
        small, more, large = self.commands(2, 2), self.commands(2, 12), self.commands(2, 32)
        run = (more - small) / 20
        self.assertLess(run, 1000)
        self.assertLess((large - more) / 40, run * 1.1)
        image = self.commands(12, 2) - small - 20 * run
        self.assertLess(image / 10, 1000)

    def test_edges(self):
        build = self.configure("build", 3, 5)
        edges = [line for line in (build / "build.ninja").read_text().splitlines() if line.startswith("build ")]
        self.assertEqual(len([e for e in edges if re.match(r"build image\d+\.stamp ", e)]), 3)
        self.assertEqual(len([e for e in edges if re.match(r"build run\d+\.\d+\.stamp ", e)]), 15)
        self.assertEqual(len([e for e in edges if re.match(r"build model\.\d+\.\d+ ", e)]), 15)
        # Beside these only names: phony edges.
        self.assertLess(len(edges), 40 + 3 * 6 + 15 * 12)


class NoNews(Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("strace"):
            support.skip("strace is not installed")
        self.write("project/CMakeLists.txt", """cmake_minimum_required(VERSION 3.25)
project(images NONE)
include("${MODULES}/Trainyard.cmake")
foreach(i RANGE 1 4)
  add_training_image(image${i} STEPS "FROM scratch" "COPY part.txt /part${i}.txt")
endforeach()
add_custom_target(images)
add_dependencies(images image1 image2 image3 image4)
""")
        self.write("project/part.txt", "part\n")

    def test_a_build_without_news_starts_no_process(self):
        build = self.folder / "build"
        subprocess.run(["cmake", "-S", self.folder / "project", "-B", build, "-G", "Ninja", f"-DMODULES={MODULES}",
                        f"-DTrainyard_EXECUTABLE={support.TOOL}", f"-DTRAINYARD_STORE={self.store}"], check=True,
                       capture_output=True)
        first = subprocess.run(["ninja", "-C", build, "images"], check=False, capture_output=True, text=True)
        self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
        log = self.folder / "trace"
        done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=execve,clone,clone3,fork,vfork", "ninja",
                               "-C", build, "images"], check=True, capture_output=True, text=True)
        self.assertIn("no work to do", done.stdout)
        calls = [line for line in log.read_text().splitlines() if "execve(" in line or "clone" in line or "fork(" in line]
        self.assertEqual(len(calls), 1, calls)  # Ninja itself


if __name__ == "__main__":
    os.environ.pop("CMAKE_GENERATOR", None)
    support.main()

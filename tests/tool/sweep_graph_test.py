"""Sweeps as CMake writes them: which points, under which names, and what a thousand of them cost a build without news."""
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import subprocess

import support
from support import Case
from graph_cost_test import MODULES

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(sweeps NONE)
include("${MODULES}/Trainyard.cmake")
add_training_image(trainer STEPS "FROM scratch")
add_training_run(model IMAGE trainer COMMAND train INPUTS data.csv OUTPUTS model=model.bin METRICS m.json PARAMETERS a=1 b=2 c=3)
"""
# What the edges would make, by a program that starts quickly.
STAND_IN = """#!/bin/sh
while [ $# -gt 0 ]; do
  case $1 in
    --spec) spec=$2; stem=${spec%.sweep.json}; shift;;
    --plan) : > "$stem.plan"; : > "$stem.plan.stamp"; echo "$stem.plan.stamp: $spec" > "$stem.plan.d";;
    --point) : > "$stem/$2.stamp"; : > "$stem/$2.result"; shift;;
    --summary) for end in json csv best sweep.stamp; do : > "$stem.$end"; done;;
    --put) mkdir -p "$stem/$2"; for name in model.bin m.json f.json; do : > "$stem/$2/$name"; done; shift;;
    --digest-file) : > "$2"; shift;;
    --depfile) depfile=$2; shift;;
    --stamp) : > "$2"; echo "$2: $spec" > "$depfile"; shift;;
  esac
  shift
done
"""


class Graph(Case):
    def configure(self, sweep, folder="build", tool=support.TOOL, generator="Ninja", words=()):
        self.write("project/CMakeLists.txt", PROJECT + sweep + "\n")
        self.write("project/data.csv", "1\n")
        subprocess.run(["cmake", "-S", self.folder / "project", "-B", self.folder / folder, "-G", generator, f"-DMODULES={MODULES}",
                        f"-DTrainyard_EXECUTABLE={tool}", f"-DTRAINYARD_STORE={self.store}", *words],
                       check=True, stdout=subprocess.DEVNULL)
        return self.folder / folder

    def points(self, sweep, folder="build"):
        """The names of the points, and their values."""
        spec = json.loads((self.configure(sweep, folder) / "tune.sweep.json").read_text())
        return {point["name"]: [value.split("=", 1)[1] for value in point["values"]] for point in spec["points"]}

    def values(self, sweep):
        return list(self.points(sweep).values())

    def test_a_sweep_in_another_folder_of_a_run_made_elsewhere(self):
        self.write("project/params.yaml", "train: {rate: 1}\n")
        self.write("project/run/CMakeLists.txt", "add_training_run(filed IMAGE trainer COMMAND train METRICS f.json PARAMETERS_FILE ../params.yaml KEYS train.rate)\n")
        self.write("project/sweep/CMakeLists.txt", "add_training_sweep(filed.tune RUN filed GRID train.rate=1,2 OBJECTIVE x MINIMIZE)\n"
                   "add_training_run(next IMAGE trainer COMMAND train INPUTS first=filed.tune second=../sweep/filed.tune/train.rate=2/f.json OUTPUTS next.txt)\n")
        tool = self.write("stand-in", STAND_IN, mode=0o755)
        for generator, name in (("Ninja", "ninja"), ("Unix Makefiles", "make")):
            build = self.configure("add_subdirectory(run)\nadd_subdirectory(sweep)", name, tool, generator)
            (build / "sweep/filed.tune").mkdir()
            done = subprocess.run(["cmake", "--build", build, "--target", "next.train"], check=False, capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stdout[-2000:] + done.stderr)
            for file in (f"first={build}/sweep/filed.tune/best/f.json", f"second={build}/sweep/filed.tune/train.rate=2/f.json"):
                self.assertIn(file, (build / "sweep/next.run.json").read_text())
                self.assertTrue(pathlib.Path(file.split("=", 1)[1]).exists())

    def test_grid_and_zip(self):
        self.assertEqual(list(self.points("add_training_sweep(tune RUN model GRID a=1,2 b=x,y c=7)")),
                         ["a=1,b=x,c=7", "a=1,b=y,c=7", "a=2,b=x,c=7", "a=2,b=y,c=7"])
        self.assertEqual(list(self.points("add_training_sweep(tune RUN model ZIP a=1,2,1 b=x,y,y)")), ["a=1,b=x", "a=2,b=y", "a=1,b=y"])

    def test_any_value_has_a_name_that_a_build_tool_can_carry(self):
        odd = ["/etc/x", "a b", "50%", "$HOME", "#1", "a:b", "it's", "\"q\"", "x;y", "[1]", "\\n", "é", "a=b", "x" * 200]
        text = ",".join(odd).replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$")
        points = self.points(f'add_training_sweep(tune RUN model GRID "a={text}")')
        self.assertEqual(list(points.values()), [[value] for value in odd])
        for name in points:
            self.assertRegex(name, r"^[A-Za-z0-9_.+=,~-]{1,130}$")
        self.assertIn("a=a=b", points)

    def test_random_points_are_the_same_everywhere(self):
        sweep = "add_training_sweep(tune RUN model RANDOM {} a=log:0.001..0.1 b=-3..40 c=0.5..1.5 {})"
        first = self.values(sweep.format(200, "SEED 7"))
        # Of another arithmetic: a tenth of a thousandth is what six digits leave.
        for i, (a, b, c) in enumerate(first):
            t = {k: (int(hashlib.sha256(f"7/{i}/{k}".encode()).hexdigest()[:8], 16) >> 1) / 2**31 for k in "abc"}
            self.assertAlmostEqual(math.log(float(a)), math.log(0.001) + t["a"] * math.log(100), delta=1e-5)
            self.assertEqual(int(b), math.floor(-3 + t["b"] * 44))
            self.assertAlmostEqual(float(c), 0.5 + t["c"], delta=1.1e-5)
        for column, low, high in ((0, 0.001, 0.1), (1, -3, 40), (2, 0.5, 1.5)):
            self.assertTrue(all(low <= float(point[column]) <= high for point in first))
        self.assertEqual(self.values(sweep.format(250, "SEED 7"))[:200], first)
        self.assertFalse({p[0] for p in self.values(sweep.format(200, ""))} & {p[0] for p in first})
        self.assertEqual([p[0] for p in self.values("add_training_sweep(tune RUN model RANDOM 200 a=log:0.001..0.1 SEED 7)")],
                         [p[0] for p in first])

    def test_forms_of_ranges(self):
        for given, form in (("log:1..1000", r"[1-9][0-9]{0,3}"), ("1e-9..2.5e-9", r"[12](\.[0-9]+)?e-9"), ("-1.5..0", r"-[01]\.[0-9]+"),
                            ("log:1e-12..1e14", r"[0-9.]+(e-[0-9]+)?"), ("x,y", "[xy]"), ("0..1000000", "[0-9]+")):
            values = [value for value, in self.values(f"add_training_sweep(tune RUN model RANDOM {2 if given == 'x,y' else 60} a={given})")]
            for value in values:
                self.assertRegex(value, f"^{form}$")
            if given != "x,y":
                low, high = map(float, given.removeprefix("log:").split(".."))
                self.assertTrue(all(low <= float(value) <= high for value in values), values)

    def test_pools(self):
        build = self.configure("set(CMAKE_JOB_POOLS mine=3)\nadd_training_sweep(tune RUN model GRID a=1,2 MAX_PARALLEL 2)")
        graph = (build / "build.ninja").read_text()
        self.assertRegex((build / "CMakeFiles/rules.ninja").read_text(), r"pool mine\n  depth = 3\n+(?s:.*)pool training_tune\n  depth = 2\n")
        self.assertRegex(graph, r"build tune/a=1.stamp[^\n]*\n(  [^\n]*\n)*  pool = training_tune\n")

    def test_what_a_point_costs_cmake(self):
        def commands(count):
            log = self.folder / f"log.{count}"
            values = ",".join(map(str, range(count // 10)))
            self.configure(f"add_training_sweep(tune RUN model GRID a={values} b=1,2,3,4,5,6,7,8,9,10 OBJECTIVE x MAXIMIZE)",
                           f"build.{count}", words=["--trace", f"--trace-redirect={log}"])
            return sum(1 for line in log.read_text().splitlines() if re.match(r"^(/|\S+\(\d+\):)", line))
        few, many = commands(100), commands(1000)
        self.assertLess((many - few) / 900, 60)

    def test_a_build_without_news_starts_no_process(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        tool = self.write("stand-in", STAND_IN, mode=0o755)
        values = ",".join(map(str, range(100)))
        build = self.configure(f"add_training_sweep(tune RUN model GRID a={values} OBJECTIVE x MAXIMIZE)", tool=tool)
        (build / "tune").mkdir(exist_ok=True)
        first = subprocess.run(["ninja", "-C", build, "tune"], check=False, capture_output=True, text=True)
        self.assertEqual(first.returncode, 0, first.stdout[-1000:] + first.stderr)
        log = self.folder / "trace"
        done = subprocess.run(["strace", "-f", "-qq", "-o", log, "-e", "trace=execve,clone,clone3,fork,vfork", "ninja", "-C", build, "tune"],
                              check=True, capture_output=True, text=True)
        self.assertIn("no work to do", done.stdout[:1000])
        calls = [line for line in log.read_text().splitlines() if "execve(" in line or "clone" in line or "fork(" in line]
        self.assertEqual(len(calls), 1, calls[:5])  # Ninja itself


if __name__ == "__main__":
    os.environ.pop("CMAKE_GENERATOR", None)
    support.main()

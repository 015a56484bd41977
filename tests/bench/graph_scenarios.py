"""Large build graphs: what CMake takes to configure them, and Ninja to find that nothing is to be done."""
import os
import pathlib
import shutil
import subprocess

import measure
from measure import Contestant, Target
from scenario import Scenario

IMAGES, RUNS = 200, 1000
MODULES = pathlib.Path(__file__).resolve().parent.parent.parent / "cmake"

PROJECT = f"""cmake_minimum_required(VERSION 3.25)
project(graph LANGUAGES NONE)
include("{MODULES}/Trainyard.cmake")
foreach(n RANGE 1 {IMAGES})
  add_training_image(image_${{n}} STEPS "FROM base" "ENV NUMBER=${{n}}" CONTEXT empty)
endforeach()
set(targets "")
foreach(n RANGE 1 {RUNS})
  math(EXPR image "${{n}} % {IMAGES} + 1")
  add_training_run(run_${{n}} IMAGE image_${{image}} COMMAND cp data.csv out-${{n}}
    INPUTS data.csv OUTPUTS out-${{n}} PARAMETERS number=${{n}})
  list(APPEND targets run_${{n}})
endforeach()
add_custom_target(everything)
add_dependencies(everything ${{targets}})
"""

SWEEP = f"""cmake_minimum_required(VERSION 3.25)
project(sweep LANGUAGES NONE)
include("{MODULES}/Trainyard.cmake")
add_training_image(image STEPS "FROM base" CONTEXT empty)
add_training_run(run IMAGE image COMMAND cp data.csv out INPUTS data.csv OUTPUTS out PARAMETERS rate=1 depth=1 seed=1)
add_training_sweep(everything RUN run RANDOM {RUNS} rate=log:0.0001..0.1 depth=2..16 seed=1..1000000)
"""


def name_of(text):
    return "graph" if text is PROJECT else "sweep"


def project(lab, text):
    folder = lab.folder(name_of(text))
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "data.csv").write_text("1,2\n")
    (folder / "CMakeLists.txt").write_text(text)
    return folder


def configure_command(lab, store, build, text):
    return ["cmake", "-S", project(lab, text), "-B", build, "-G", "Ninja", f"-DTrainyard_EXECUTABLE={lab.tool}",
            f"-DTRAINYARD_STORE={store.folder}"]


def configure(lab, text=PROJECT):
    store = lab.new_store()
    build = lab.work / f"{name_of(text)}-configured-{os.getpid()}"
    empty = lab.folder("empty-project")
    (empty / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(empty LANGUAGES NONE)\n")

    def forget():
        for folder in (build, empty / "build"):
            shutil.rmtree(folder, ignore_errors=True)
    return [Contestant("trainyard", lambda launch: launch(configure_command(lab, store, build, text)).seconds, before=forget),
            Contestant("an empty project", lambda launch: launch(["cmake", "-S", empty, "-B", empty / "build", "-G", "Ninja"]).seconds,
                       before=forget)]


def no_op(lab, text=PROJECT):
    store = lab.new_store()
    build = lab.work / f"{name_of(text)}-built-{os.getpid()}"
    command = ["ninja", "-C", build, "everything"]

    def build_all():
        measure.say("  building the graph once")
        measure.run(configure_command(lab, store, build, text))
        measure.run(command)
        measure.run(command)
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "no work to do" not in said:
            raise measure.CommandFailed(f"a second build still has work to do:\n{said[-2000:]}")
    return [Contestant("trainyard", lambda launch: launch(command).seconds, once=build_all)]


SCENARIOS = [
    Scenario("graph-configure", f"CMake configures {IMAGES} images and {RUNS} runs", configure, [Target("trainyard", limit=5)]),
    Scenario("graph-no-op", f"Ninja, nothing to do for {IMAGES} images and {RUNS} runs", no_op, [Target("trainyard", limit=1)]),
    Scenario("sweep-configure", f"CMake configures a sweep of {RUNS} points", lambda lab: configure(lab, SWEEP), [Target("trainyard", limit=2)]),
    Scenario("sweep-no-op", f"Ninja, nothing to do for a sweep of {RUNS} points", lambda lab: no_op(lab, SWEEP), [Target("trainyard", limit=1)]),
]

"""A large build graph: what CMake takes to configure it, and Ninja to find that nothing is to be done."""
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


def project(lab):
    folder = lab.folder("graph")
    (folder / "empty").mkdir(exist_ok=True)
    (folder / "data.csv").write_text("1,2\n")
    (folder / "CMakeLists.txt").write_text(PROJECT)
    return folder


def configure_command(lab, store, build):
    return ["cmake", "-S", project(lab), "-B", build, "-G", "Ninja", f"-DTrainyard_EXECUTABLE={lab.tool}",
            f"-DTRAINYARD_STORE={store.folder}"]


def configure(lab):
    store = lab.new_store()
    build = lab.work / f"graph-configured-{os.getpid()}"
    empty = lab.folder("empty-project")
    (empty / "CMakeLists.txt").write_text("cmake_minimum_required(VERSION 3.25)\nproject(empty LANGUAGES NONE)\n")

    def forget():
        for folder in (build, empty / "build"):
            shutil.rmtree(folder, ignore_errors=True)
    return [Contestant("trainyard", lambda launch: launch(configure_command(lab, store, build)).seconds, before=forget),
            Contestant("an empty project", lambda launch: launch(["cmake", "-S", empty, "-B", empty / "build", "-G", "Ninja"]).seconds,
                       before=forget)]


def no_op(lab):
    store = lab.new_store()
    build = lab.work / f"graph-built-{os.getpid()}"
    command = ["ninja", "-C", build, "everything"]

    def build_all():
        measure.say(f"  building {IMAGES} images and {RUNS} runs once")
        measure.run(configure_command(lab, store, build))
        measure.run(command)
        measure.run(command)
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "no work to do" not in said:
            raise measure.CommandFailed(f"a second build still has work to do:\n{said[-2000:]}")
    return [Contestant("trainyard", lambda launch: launch(command).seconds, once=build_all)]


SCENARIOS = [
    Scenario("graph-configure", f"CMake configures {IMAGES} images and {RUNS} runs", configure, [Target("trainyard", limit=5)]),
    Scenario("graph-no-op", f"Ninja, nothing to do for {IMAGES} images and {RUNS} runs", no_op, [Target("trainyard", limit=1)]),
]

"""A clock that is ten years ahead or behind while something is made or used: the same results, and nothing made twice."""
import pathlib
import shutil

import world  # noqa: F401  (first: it says where the others lie)
import support
import oracle
from trial import check, conclude, left_behind
from world import DEEDS, Worlds

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def library():
    found = sorted(pathlib.Path("/").glob(LIBRARIES.lstrip("/")))
    if not found:
        support.skip("faketime is not installed; tests/run.sh installs it")
    return found[0]


def shifted(offset):
    """An environment in which programs see another year. Clocks that count from the boot stay, and the times of files."""
    return {"LD_PRELOAD": library(), "FAKETIME": offset, "FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
            "FAKE_UTIME": "0"}


def try_offset(worlds, offset):
    """Made under the other clock and found under this one, and the other way round."""
    findings = []
    for made, found in ((shifted(offset), {}), ({}, shifted(offset))):
        world = worlds.fresh()
        for deed in DEEDS.values():
            world.must(*deed.words(world), env=made)
            again = world.must(*deed.words(world), env=found)
            if deed.result(world) != worlds.expected[deed.name]:
                findings.append(f"{deed} gives another result with the clock at {offset}")
            if "cached" not in again.stderr and deed.name == "run" or ", 6 of 6 steps cached" not in again.stderr and (
                    deed.name == "build"):
                findings.append(f"{deed} is made twice with the clock at {offset}: {again.stderr}")
        findings += left_behind(world.folder) + oracle.check_store(world.store) + check(world) + worlds.kept.lost(world)
        world.remove()
    return findings


def main():
    if shutil.which("busybox") is None:
        support.skip("busybox is not installed; tests/run.sh installs it")
    if support.SANITIZED:
        support.skip("libfaketime and a sanitizer wait for each other when a program begins, an empty one too")
    library()
    worlds = Worlds()
    try:
        failures = [finding for offset in ("+3650d", "-3650d") for finding in try_offset(worlds, offset)]
    finally:
        worlds.remove()
    conclude(failures)


main()

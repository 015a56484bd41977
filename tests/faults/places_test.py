"""Errors of calls that name certain files: what once went wrong, wherever among the calls it stands by now."""
import collections
import os
import shutil
import sys

from world import DEEDS, Worlds  # (first: it says where the others lie)
import support
from injection import Point, strike
from trial import judge
from upkeep import UPKEEP

# `place` is below the store, `wrong` says what came of it.
Case = collections.namedtuple("Case", "deed kind place error wrong")
CASES = (
    Case("rmi", "newfstatat", "diffs/single", "EIO", "every unpacked layer was forgotten, as if other users had unpacked it"),
)


def try_case(worlds, case):
    deed = worlds.deeds[case.deed]
    world = worlds.fresh(deed)
    try:
        struck = strike(world, deed, Point(case.deed, case.kind, 1), f"error={case.error}", world.store / case.place)
        findings = judge(worlds, world, deed, struck, f"error={case.error}")
        if not struck.injected:
            findings.append("nothing was struck")
        return findings + (["told: " + struck.told()] if findings else [])
    finally:
        world.remove()


def main():
    for program in ("strace", "busybox"):
        if shutil.which(program) is None:
            support.skip(f"{program} is not installed; tests/run.sh installs it")
    if os.geteuid() != 0:
        support.skip("under an ordinary user's strace newuidmap has no rights: root can run this test")
    deeds = {**DEEDS, **UPKEEP}
    worlds = Worlds(deeds={case.deed: deeds[case.deed] for case in CASES})
    failures = 0
    try:
        for case in CASES:
            findings = try_case(worlds, case)
            failures += bool(findings)
            for finding in findings:
                print(f"FAILED {case}: {finding}")
    finally:
        worlds.remove()
    print(f"{len(CASES)} places tried, {failures} failures")
    sys.exit(1 if failures else 0)


main()

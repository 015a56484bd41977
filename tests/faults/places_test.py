"""Errors of calls that name certain files, at each of these calls: what once went wrong, wherever among all it stands by now."""
import collections
import itertools
import os
import shutil
import sys

from world import DEEDS, Worlds  # (first: it says where the others lie)
import support
from injection import Point, strike
from trial import judge
from upkeep import UPKEEP

# `place` is below the store, a pattern of one or more names; `wrong` says what came of it.
Case = collections.namedtuple("Case", "deed kind place error wrong")
CASES = (
    Case("rmi", "newfstatat", "diffs/single", "EIO", "every unpacked layer was forgotten, as if other users had unpacked it"),
    Case("gc", "getdents64", "blobs/sha256", "ESTALE", "the message was the standard library's, without what helps"),
    Case("check", "openat", "layers/*", "ESTALE", "a layer tree that could not be read just then was removed as a damaged one"),
)


def names(worlds, case):
    """What the pattern stands for, below the store."""
    world = worlds.fresh(worlds.deeds[case.deed])
    found = sorted(str(path.relative_to(world.store)) for path in world.store.glob(case.place)) or [case.place]
    world.remove()
    return found


def try_call(worlds, case, place, ordinal):
    """Findings at one call, or nothing when there are fewer."""
    deed = worlds.deeds[case.deed]
    world = worlds.fresh(deed)
    try:
        struck = strike(world, deed, Point(case.deed, case.kind, ordinal), f"error={case.error}", world.store / place)
        if not struck.injected:
            return None
        findings = judge(worlds, world, deed, struck, f"error={case.error}")
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
    tried = failures = 0
    try:
        for case in CASES:
            struck = 0
            for place in names(worlds, case):
                for ordinal in itertools.count(1):
                    findings = try_call(worlds, case, place, ordinal)
                    if findings is None:
                        break
                    struck += 1
                    failures += bool(findings)
                    for finding in findings:
                        print(f"FAILED {case}, call {ordinal} of {place}: {finding}")
            if struck == 0:
                failures += 1
                print(f"FAILED {case}: nothing was struck")
            tried += struck
    finally:
        worlds.remove()
    print(f"{tried} calls tried, {failures} failures")
    sys.exit(1 if failures else 0)


main()

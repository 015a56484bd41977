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

# `place` is below the store, `wrong` says what came of it.
Case = collections.namedtuple("Case", "deed kind place error wrong")
CASES = (
    Case("rmi", "newfstatat", "diffs/single", "EIO", "every unpacked layer was forgotten, as if other users had unpacked it"),
    Case("gc", "getdents64", "blobs/sha256", "ESTALE", "the message was the standard library's, without what helps"),
)


def try_call(worlds, case, ordinal):
    """Findings at one call, or nothing when there are fewer."""
    deed = worlds.deeds[case.deed]
    world = worlds.fresh(deed)
    try:
        struck = strike(world, deed, Point(case.deed, case.kind, ordinal), f"error={case.error}", world.store / case.place)
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
            for ordinal in itertools.count(1):
                findings = try_call(worlds, case, ordinal)
                if findings is None and ordinal == 1:
                    findings = ["nothing was struck"]
                if findings is None:
                    break
                tried += 1
                failures += bool(findings)
                for finding in findings:
                    print(f"FAILED {case}, call {ordinal}: {finding}")
    finally:
        worlds.remove()
    print(f"{tried} calls tried, {failures} failures")
    sys.exit(1 if failures else 0)


main()

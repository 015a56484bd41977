"""Kills and errors at enumerated system calls of what changes a store or a build tree; the oracle after each.

  points_test.py kill|error             a seeded sample, as the suite has it
  points_test.py kill|error --all       every point, or --most N of them
  TRAINYARD_TEST_SEED=N                 repeats a sample
  --deed build --kind rename --ordinal 3 [--error EIO] [--keep]   one point again, its folder kept
"""
import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import sys

import world as worlds_module
import support
from injection import ERRORS, Point, Points, points_of, record, strike
from trial import judge
from upkeep import UPKEEP

DEEDS = {**worlds_module.DEEDS, **UPKEEP}
SAMPLE = 30


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fault", choices=("kill", "error"))
    parser.add_argument("--all", action="store_true", help="every point instead of a sample")
    parser.add_argument("--most", type=int, help="at most so many points")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TRAINYARD_TEST_SEED", random.randrange(1 << 30))))
    parser.add_argument("--deed", choices=sorted(DEEDS))
    parser.add_argument("--kind")
    parser.add_argument("--ordinal", type=int)
    parser.add_argument("--error", choices=sorted(ERRORS), nargs="+", default=list(ERRORS))
    parser.add_argument("--keep", action="store_true", help="keep the folders of trials that failed")
    return parser.parse_args()


def all_points(worlds, chosen):
    """Every point of every deed, with what was counted printed."""
    points = Points([], [], [])
    for deed in worlds.deeds.values():
        world = worlds.fresh(deed)
        calls, found = record(world, deed)
        world.remove()
        kinds = collections.Counter(call.kind for call in calls)
        print(f"{deed.name}: {len(calls)} mutating calls in {len({c.thread for c in calls})} threads, "
              f"{len(found.changing)} points, {len(found.locking)} of locks, {len(found.looking)} of looks: " + ", ".join(f"{kind} {count}" for kind, count in kinds.most_common()), flush=True)
        for group, more in zip(points, found):
            group += more
    return points


def choose(points, chosen, rng):
    """(point, fault) pairs: for errors every point with each of those that it can give."""
    if chosen.kind:
        points = Points(*([p for p in group if p.kind == chosen.kind] for group in points))
    if chosen.ordinal:
        points = Points(*([Point(chosen.deed, chosen.kind, chosen.ordinal)] for _ in points))
    if chosen.fault == "kill":
        trials = [(point, "signal=SIGKILL") for point in points.changing]
    else:
        trials = [(point, f"error={error}") for error in chosen.error for point in dict.fromkeys(points_of(points, error))]
    most = chosen.most or (len(trials) if chosen.all or chosen.ordinal else SAMPLE)
    return trials if most >= len(trials) else sample(trials, most, rng)


def sample(trials, most, rng):
    """Kinds that are rare are drawn as often as `write`: each kind of each deed in turn."""
    groups = collections.defaultdict(list)
    for trial in trials:
        groups[trial[0].deed, trial[0].kind].append(trial)
    for group in groups.values():
        rng.shuffle(group)
    order = list(groups.values())
    rng.shuffle(order)
    taken = []
    while len(taken) < most:
        for group in order:
            if group and len(taken) < most:
                taken.append(group.pop())
    return taken


def try_one(worlds, trial, keep):
    """(what struck, findings) of one trial."""
    point, fault = trial
    deed = DEEDS[point.deed]
    world = worlds.fresh(deed)
    struck = None
    try:
        struck = strike(world, deed, point, fault)
        findings = judge(worlds, world, deed, struck, fault)
    except Exception as error:  # noqa: BLE001  (a trial that goes wrong is a finding; the others go on)
        findings = [f"{type(error).__name__}: {error}"]
    if findings and keep:
        print(f"kept: {world.folder}")
    else:
        world.remove()
    return struck, findings


def report(trial, struck, findings):
    point, fault = trial
    print(f"FAILED --deed {point.deed} --kind {point.kind} --ordinal {point.ordinal} ({fault})")
    for finding in findings:
        print("  " + finding.replace("\n", "\n  "))
    if struck:
        print("  told: " + struck.told().replace("\n", "\n    "))
    sys.stdout.flush()


def main():
    for program in ("strace", "busybox"):
        if shutil.which(program) is None:
            support.skip(f"{program} is not installed; tests/run.sh installs it")
    if os.geteuid() != 0:
        support.skip("under an ordinary user's strace newuidmap has no rights: root can run this test")
    chosen = arguments()
    print(f"seed {chosen.seed}: TRAINYARD_TEST_SEED={chosen.seed} repeats it", flush=True)
    worlds = worlds_module.Worlds(deeds={chosen.deed: DEEDS[chosen.deed]} if chosen.deed else DEEDS)
    endings = collections.Counter()
    messages = collections.Counter()
    failures = 0
    try:
        trials = choose(all_points(worlds, chosen), chosen, random.Random(chosen.seed))
        with concurrent.futures.ThreadPoolExecutor(chosen.jobs) as pool:
            tried = {pool.submit(try_one, worlds, trial, chosen.keep): trial for trial in trials}
            for future in concurrent.futures.as_completed(tried):
                struck, findings = future.result()
                if findings:
                    failures += 1
                    report(tried[future], struck, findings)
                if struck:
                    endings[struck.code] += 1
                    if struck.code > 0:
                        messages[struck.error] += 1
    finally:
        if not (chosen.keep and failures):
            worlds.remove()
    print(f"{len(trials)} points tried, {failures} oracle failures; exit codes: "
          + ", ".join(f"{code}: {count}" for code, count in sorted(endings.items())))
    if os.environ.get("TRAINYARD_FAULTS_MESSAGES"):
        for message, count in messages.most_common():
            print(f"{count} × {message}")
    sys.exit(1 if failures else 0)


main()

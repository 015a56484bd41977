"""Power cuts on an ext4 file system in a file, during and just after import, build and run; the oracle after each.

What was acknowledged is there afterwards, what was there before too, and the next try gives what it always gives.
The test can fail: with fsync and syncfs taken out it must find something.

  power_cuts_test.py               a seeded sample, as the suite has it
  power_cuts_test.py --all         100 cuts, and every fsync taken out alone
  TRAINYARD_TEST_SEED=N            repeats a sample
"""
import argparse
import collections
import os
import random
import shutil
import subprocess
import sys
import uuid

import world as worlds_module
import support
import oracle
from disk import JOURNAL, NOTHING, Disk, enter_own_mounts
from injection import Point, record, strace
from trial import check_ending, has_command, repeat
from world import DEEDS, Kept, World, Worlds, new_folder

SAMPLE, ALL = 9, 100
MEGABYTES = 128
SYNCS = ("fsync", "fdatasync", "syncfs")


class Ending:
    """How a deed ended whose power was cut, as trial.check_ending wants it."""

    def __init__(self, process):
        self.out, self.error = process.communicate(timeout=worlds_module.LIMIT)
        self.code = process.returncode
        self.injected = []

    @staticmethod
    def never_began():
        return False


class Yard:
    """A disk that holds a world, copied for each trial and mounted at one place."""

    def __init__(self):
        self.folder = new_folder()
        self.place = self.folder / "disk"
        self.base = Disk.make(self.folder / "base.img", self.place, MEGABYTES)
        self.base.mount()
        worlds = Worlds(self.place)
        self.expected = worlds.expected
        self.kept = Kept(worlds.first)
        self.points = {}
        for deed in DEEDS.values():
            world = worlds.fresh()
            self.points[deed.name] = record(world, deed)[1].changing
            world.remove()
        self.base.unmount()

    def trial(self):
        disk = self.base.copy(self.folder / "trial.img")
        disk.mount()
        world = World(self.place / "first")
        world.boot = str(uuid.uuid4())
        return disk, world

    def remove(self):
        self.base.drop()
        support.remove_folder(self.folder)


def start(world, deed, log, *options, kinds):
    """The deed behind strace, whose log comes through a pipe: it must not lie on the disk that is cut."""
    words = [*strace(f"/dev/fd/{log}", *options, kinds=kinds), support.TOOL, *map(str, deed.words(world))]
    return subprocess.Popen(words, env=world.environment(), text=True, errors="replace", stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/", pass_fds=[log])


def cut_at(disk, world, deed, point, how):
    """Kills what comes to the point and cuts the power at once."""
    reading, writing = os.pipe()
    process = start(world, deed, writing, "-e", f"inject={point.kind}:signal=SIGKILL:when={point.ordinal}",
                    kinds=(point.kind,))
    os.close(writing)
    with os.fdopen(reading, errors="replace") as log:
        for line in log:
            if "+++ killed by SIGKILL +++" in line:
                break
        disk.cut(how)  # at the latest just after the end: the point may not have come this time
        log.read()
    return Ending(process)


def cut_after(disk, world, deed, how, *options):
    """Lets the deed end and cuts the power then. `options` may take calls out."""
    reading, writing = os.pipe()
    process = start(world, deed, writing, *options, kinds=SYNCS)
    os.close(writing)
    with os.fdopen(reading, errors="replace") as log:
        log.read()
    ending = Ending(process)
    disk.cut(how)
    return ending


def judge(yard, world, deed, ending, check_first):
    """What does not hold after the power came back, a line each."""
    expected = yard.expected[deed.name]
    findings = check_ending(ending)
    findings += oracle.check_dear(world.store)
    if check_first and has_command("check"):
        world.call("check")  # it may mend what was cheap
    findings += yard.kept.lost(world)
    if ending.code == 0:
        for name, text in deed.files.items():
            (world.build / name).write_text(text)
        try:
            made = deed.result(world)
        except (AssertionError, KeyError, OSError, ValueError) as error:
            made = f"{type(error).__name__} {error}"
        if made != expected:
            findings.append(f"acknowledged was {expected}, there is {made}")
    findings += repeat(world, deed, expected)
    if has_command("check"):
        world.call("check")
        again = world.call("check")
        if again.returncode != 0:
            findings.append(f"trainyard check still finds: {again.stdout}{again.stderr}")
        findings += oracle.check_store(world.store)
    return findings + oracle.check_dear(world.store)


def attempt(yard, deed, cut, check_first=False):
    """One power cut: (ending, findings). `cut` does the deed and cuts."""
    disk, world = yard.trial()
    try:
        ending = cut(disk, world)
        disk.unmount()
        disk.mount()
        world.boot = str(uuid.uuid4())
        try:
            findings = judge(yard, world, deed, ending, check_first)
        except Exception as error:  # noqa: BLE001  (a trial that goes wrong is a finding; the others go on)
            findings = [f"{type(error).__name__}: {error}"]
        disk.unmount()
        return ending, findings
    finally:
        disk.drop()


def try_cuts(yard, count, rng):
    """Cuts at drawn points, every fifth just after the end. Returns how many failed."""
    failures = 0
    endings = collections.Counter()
    for number in range(count):
        deed = DEEDS[("import", "build", "run")[number % 3]]
        how = rng.choice((NOTHING, JOURNAL))
        kind = rng.choice(sorted({p.kind for p in yard.points[deed.name]}))
        point = rng.choice([p for p in yard.points[deed.name] if p.kind == kind])
        after = number % 5 == 4
        if after:
            point = Point(deed.name, "exit", 0)
            ending, findings = attempt(yard, deed, lambda d, w: cut_after(d, w, deed, how), rng.random() < 0.5)
        else:
            ending, findings = attempt(yard, deed, lambda d, w: cut_at(d, w, deed, point, how), rng.random() < 0.5)
        endings["after the end" if ending.code == 0 else "on the way"] += 1
        if findings:
            failures += 1
            print(f"FAILED {point}, cut {how}: exit {ending.code}\n  {ending.out}{ending.error}\n  " + "\n  ".join(findings))
    print(f"{count} power cuts ({', '.join(f'{n} {e}' for e, n in sorted(endings.items()))}), {failures} oracle failures",
          flush=True)
    return failures


def is_caught(yard, deed, *options):
    ending, findings = attempt(yard, deed, lambda d, w: cut_after(d, w, deed, NOTHING, *options))
    if ending.code != 0:
        raise AssertionError(f"{deed} with {options}: exit {ending.code}\n{ending.error}")
    return findings


def try_without_syncs(yard):
    """Without any fsync the oracle must find a loss after each deed."""
    missed = 0
    for deed in DEEDS.values():
        findings = is_caught(yard, deed, "-e", f"inject={','.join(SYNCS)}:retval=0")
        print(f"{deed}: every fsync and syncfs taken out: " + (f"caught ({findings[0]})" if findings else "NOT CAUGHT"),
              flush=True)
        missed += not findings
    return missed


def try_single_syncs(yard):
    """Each one alone. Some are not missed on ext4, where a later fsync of another file writes the same journal."""
    for deed in DEEDS.values():
        points = [p for p in yard.points[deed.name] if p.kind in SYNCS]
        caught = {p for p in points if is_caught(yard, deed, "-e", f"inject={p.kind}:retval=0:when={p.ordinal}")}
        print(f"{deed}: {len(caught)} of {len(points)} syncs are missed when taken out alone: "
              + ", ".join(f"{p.kind} {p.ordinal}{'' if p in caught else ' (not)'}" for p in points), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--most", type=int, help="so many cuts")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TRAINYARD_TEST_SEED", random.randrange(1 << 30))))
    chosen = parser.parse_args()
    for program in ("strace", "busybox", "mkfs.ext4"):
        if shutil.which(program) is None:
            support.skip(f"{program} is not installed; tests/run.sh installs it")
    if os.geteuid() != 0:
        support.skip("mounting a disk image needs root")
    print(f"seed {chosen.seed}: TRAINYARD_TEST_SEED={chosen.seed} repeats it", flush=True)
    enter_own_mounts()
    yard = Yard()
    try:
        failures = try_without_syncs(yard)
        failures += try_cuts(yard, chosen.most or (ALL if chosen.all else SAMPLE), random.Random(chosen.seed))
        if chosen.all:
            try_single_syncs(yard)
    finally:
        yard.remove()
    sys.exit(1 if failures else 0)


main()

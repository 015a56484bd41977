"""Each file of a small store in turn flipped, cut short or zeroed: found before it does harm, healed or named.

What is used gives the right thing or says what is wrong; `trainyard check` finds every damage to content; and once the
commands that made the things are given again, all is as it was. Layer trees are the one thing that is used without a
look at its content (an overlay mount reads what is there): there check must find it.

  damaged_store_test.py [--all]        TRAINYARD_TEST_SEED=N repeats a sample
"""
import argparse
import os
import random
import shutil
import sys

import world  # noqa: F401  (first: it says where the others lie)
import support
import oracle
from trial import has_command
from world import DEEDS, Worlds

SAMPLE = 15


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x10
    rewrite(path, data)


def cut(path):
    rewrite(path, path.read_bytes()[:path.stat().st_size // 2])


def zero(path):
    rewrite(path, bytes(path.stat().st_size))


def rewrite(path, data):
    """In place, with the old times, as a disk does it."""
    status = path.stat()
    mode = status.st_mode & 0o7777
    path.chmod(mode | 0o200)
    path.write_bytes(data)
    path.chmod(mode)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def files_of(store):
    files = (p for p in store.rglob("*") if p.is_file() and not p.is_symlink() and p.stat().st_size)
    return sorted(p for p in (file.relative_to(store) for file in files) if p.parts[0] != "reserve")


class Use:
    """What is asked of a damaged store: the answer, and which answer is right."""

    def __init__(self, name, call, good):
        self.name, self.call, self.good = name, call, good

    def wrong(self, world):
        """A wrong answer, or one without a reason, as a line; nothing when it is right or says what is wrong."""
        done = self.call(world)
        if done.returncode == 0:
            return None if self.good(world, done) else f"{self.name} gave something else: {done.stdout}"
        if done.returncode not in (1, 2, 3, 125) or "trainyard: error: " not in done.stderr:
            return f"{self.name} ended with {done.returncode}: {done.stderr}"
        return None


def uses(worlds):
    def restored(world, _):
        return (world.build / "old.bin").read_text() == worlds.kept.output

    return [
        Use("running the kept image", lambda w: w.call("run", "kept", "cat", "/note"), lambda w, d: d.stdout == "kept\n"),
        Use("restoring the kept run", lambda w: w.restore("old"), restored),
        Use("listing", lambda w: w.call("images"), lambda w, d: True),
        Use("telling of the run", lambda w: w.call("logs", "old"), lambda w, d: True),
    ] + [Use(deed.name, lambda w, d=deed: w.call(*d.words(w)), lambda w, _, d=deed: d.result(w) == worlds.expected[d.name])
         for deed in DEEDS.values()]


def make_again(world):
    """What a user does who reads the messages: once more all that made the store, moving a list away that is damaged."""
    said = ""
    for words in (["import", "-t", "base", world.folder / "base.tar"], ["build", "-t", "kept", world.folder / "kept"],
                  ["run", *world.edge("old", "run")], ["restore", "--spec", world.build / "old.run.json", "--result",
                                                      world.build / "old.result"]):
        done = world.call(*words)
        if done.returncode != 0 and "move this file away" in done.stderr:
            (world.store / "index.json").rename(world.folder / "index.moved")
        if done.returncode != 0:
            said += done.stderr
            done = world.call(*words)
        if done.returncode != 0 and words[0] == "restore":
            world.call("run", *world.edge("old", "run"))
            done = world.call(*words)
        if done.returncode != 0:
            return f"{words} fails again and again: {said}{done.stderr}"
    return None


def try_one(worlds, name, damage, check_first):
    world = worlds.fresh()
    path = world.store / name
    before = path.read_bytes()
    damage(path)
    if path.read_bytes() == before:
        world.remove()
        return None
    findings = []
    told = []
    is_tree = name.parts[0] == "layers"
    if has_command("check") and (check_first or is_tree):
        done = world.call("check")
        told.append(f"check: {done.returncode} {done.stdout}{done.stderr}")
        if done.returncode not in (0, 1, 3) or (done.returncode == 0 and must_be_found(name, damage)):
            findings.append(f"check ended with {done.returncode} and found nothing")
    if not is_tree or has_command("check"):
        findings += [line for use in uses(worlds) if (line := use.wrong(world))]
        if failed := make_again(world):
            findings.append(failed)
        findings += worlds.kept.lost(world)
        for deed in DEEDS.values():
            done = world.call(*deed.words(world))
            if done.returncode != 0 or deed.result(world) != worlds.expected[deed.name]:
                findings.append(f"{deed} does not give what it should: {done.stderr}")
        if has_command("check"):
            world.call("check")
            again = world.call("check")
            if again.returncode != 0:
                findings.append(f"check still finds: {again.stdout}{again.stderr}")
            findings += oracle.check_store(world.store)
    world.remove()
    if findings:
        findings += told
    return findings


def must_be_found(name, damage):
    """Whether a file holds something that is to be kept: not a lock, nor what is only remembered for speed. The list of
    images has no seal, being the standard's: another letter in a tag is another tag."""
    return name.parts[0] in ("blobs", "layers") or name.name == "record.json" or (
        name.name == "index.json" and damage is not flip)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--only", help="files whose path holds this")
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TRAINYARD_TEST_SEED", random.randrange(1 << 30))))
    chosen = parser.parse_args()
    if shutil.which("busybox") is None:
        support.skip("busybox is not installed; tests/run.sh installs it")
    print(f"seed {chosen.seed}: TRAINYARD_TEST_SEED={chosen.seed} repeats it", flush=True)
    rng = random.Random(chosen.seed)
    worlds = Worlds()
    failures = tried = 0
    try:
        trials = [(name, damage) for name in files_of(worlds.first.store) for damage in (flip, cut, zero)]
        print(f"{len(trials)} damages are possible", flush=True)
        if chosen.only:
            trials = [t for t in trials if chosen.only in str(t[0])]
        elif not chosen.all:
            trials = rng.sample(trials, min(SAMPLE, len(trials)))
        for name, damage in trials:
            findings = try_one(worlds, name, damage, rng.random() < 0.5)
            tried += findings is not None
            if findings:
                failures += 1
                print(f"FAILED {damage.__name__} {name}\n  " + "\n  ".join(findings), flush=True)
    finally:
        worlds.remove()
    print(f"{tried} damages tried, {failures} failures")
    sys.exit(1 if failures else 0)


main()

#!/usr/bin/env python3
"""Measures the tool beside docker (BuildKit), buildah, podman, crun and runc, whatever of them is installed.

    python3 tests/bench/bench.py --tool build/ci/tool/trainyard [--only NAME…] [--runs N] [--markdown docs/performance.md]

Everything lives below one work folder, which is removed at the end. With --results FILE each scenario's numbers are kept as soon as
it is done, and a later call with the same tool goes on after the last one. Exit code 1 when a target is missed and --strict is given.
"""
import argparse
import dataclasses
import hashlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import tempfile

import copy_scenarios
import graph_scenarios
import measure
import step_scenarios
import table
from lab import PEERS, Lab

import system_calls

SCENARIOS = step_scenarios.SCENARIOS + copy_scenarios.SCENARIOS + graph_scenarios.SCENARIOS


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True, help="the trainyard to measure")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="scenarios (or beginnings of their names); all by default")
    parser.add_argument("--runs", type=int, default=5, help="samples per contestant (5)")
    parser.add_argument("--peers", default=",".join(PEERS), help="which to look for, separated by commas; empty for none")
    parser.add_argument("--no-counts", action="store_true", help="do not count system calls with strace afterwards")
    parser.add_argument("--results", type=absolute, metavar="FILE", help="keep the numbers here, and go on from them")
    parser.add_argument("--markdown", type=absolute, metavar="FILE", help="put the table between its marks in FILE")
    parser.add_argument("--work", type=pathlib.Path, metavar="DIR", help="work folder, on the file system to measure")
    parser.add_argument("--strict", action="store_true", help="end with 1 when a target is missed")
    parser.add_argument("--list", action="store_true", help="list the scenarios")
    return parser.parse_args()


def absolute(path):
    """Entering a mount namespace, as the peers do that need one, leaves the working folder."""
    return pathlib.Path(path).absolute()


def chosen(only):
    if not only:
        return SCENARIOS
    for name in only:
        if not any(scenario.name.startswith(name) for scenario in SCENARIOS):
            sys.exit(f"there is no scenario \"{name}\"; --list names them")
    return [scenario for scenario in SCENARIOS if any(scenario.name.startswith(name) for name in only)]


class Kept:
    """Results by scenario, in a file if one is named. Those of another tool are not taken over."""

    def __init__(self, file, tool):
        self.file = file
        identity = hashlib.sha256(pathlib.Path(tool).read_bytes()).hexdigest()
        self.data = {"tool": identity, "runs": {}, "times": {}, "counts": {}}
        if file and file.exists():
            earlier = json.loads(file.read_text())
            if earlier.get("tool") == identity:
                self.data = earlier

    def has(self, name, runs):
        return self.data["runs"].get(name, 0) >= runs

    def put(self, name, runs, times, counts):
        self.data["runs"][name] = runs
        self.data["times"][name] = times
        self.data["counts"][name] = counts
        if self.file:
            temporary = self.file.with_suffix(".new")
            temporary.write_text(json.dumps(self.data, indent=1))
            temporary.replace(self.file)


class CountingLauncher:
    """Starts commands under strace instead of timing them."""

    def __init__(self):
        self.counts = []

    def __call__(self, argv, environment=None):
        code, counts = system_calls.count(argv, environment)
        if code != 0:
            raise measure.CommandFailed(f"under strace: {argv}: status {code}")
        self.counts.append(counts)
        return measure.Sample(0.0, 0.0)


def count(contestants):
    """{label: counts} of the contestants whose work can be counted."""
    counted = {}
    for contestant in contestants:
        if not contestant.counted:
            continue
        launcher = CountingLauncher()
        contestant.before()
        contestant.sample(launcher)
        counted[contestant.name] = {key: value for key, value in dataclasses.asdict(launcher.counts[0]).items() if key != "by_name"}
    return counted


def machine(lab):
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    text = (f"{os.cpu_count()} cores, {memory:.0f} GiB of memory, Linux {platform.release()}; beside trainyard: "
            f"{', '.join(lab.started) or 'nothing'}.")
    for name, reason in lab.absent.items():
        text += f" Left out: {name} ({reason.splitlines()[0]})."
    return text


def measure_all(lab, scenarios, kept, options):
    for scenario in scenarios:
        if kept.has(scenario.name, options.runs):
            continue
        measure.say(f"{scenario.name}: {scenario.title}")
        contestants = scenario.contestants(lab)
        times = measure.take_turns(contestants, options.runs, measure.say)
        counts = count(contestants) if shutil.which("strace") and not options.no_counts else {}
        kept.put(scenario.name, options.runs, times, counts)
        print(table.terminal(scenario, times), flush=True)


def unmount_below(folder):
    """What peers leave mounted: a network namespace of docker's, buildah's working containers."""
    with open("/proc/self/mountinfo", encoding="utf-8") as lines:
        points = [line.split()[4] for line in lines]
    for point in sorted((p for p in points if p.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", point], capture_output=True, check=False)


def main():
    options = arguments()
    scenarios = chosen(options.only)
    if options.list:
        for scenario in scenarios:
            print(f"{scenario.name:24} {scenario.title}")
        return 0
    kept = Kept(options.results, options.tool)
    work = pathlib.Path(tempfile.mkdtemp(prefix="trainyard-bench-", dir=options.work))
    lab = Lab(options.tool, work, [name for name in options.peers.split(",") if name])
    try:
        measure_all(lab, scenarios, kept, options)
        if options.markdown:
            table.put_into(options.markdown, table.markdown(scenarios, kept.data["times"], machine(lab), kept.data["counts"]))
    finally:
        lab.stop()
        unmount_below(work)
        shutil.rmtree(work, ignore_errors=True)
    missed = [verdict for scenario in scenarios for verdict in table.verdicts_of(scenario, kept.data["times"][scenario.name])
              if not verdict[3]]
    print(f"\n{len(missed)} of the targets missed" + "".join(f"\n  {what} = {is_}, wanted {wanted}" for what, is_, wanted, _ in missed))
    return 1 if missed and options.strict else 0


if __name__ == "__main__":
    sys.exit(main())

"""Timing of commands: contestants take turns (A B A B …), so that a slow minute of the machine hits all of them; medians are compared."""
import dataclasses
import os
import statistics
import sys
import tempfile
import time
from typing import Callable


class CommandFailed(Exception):
    """A measured command did not end with 0."""


LONG, VERY_LONG = 6, 20  # seconds


@dataclasses.dataclass
class Sample:
    """One execution: wall time, and the processor time of the command and the children that it waited for."""

    seconds: float
    processor: float


def run(argv, environment=None):
    """Runs a command to its end, with its output thrown away, and times it from spawn to wait.

    Raises CommandFailed with the end of its standard error.
    """
    with tempfile.TemporaryFile() as errors:
        actions = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                   (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                   (os.POSIX_SPAWN_DUP2, errors.fileno(), 2)]
        words = [str(word) for word in argv]
        begin = time.perf_counter()
        pid = os.posix_spawnp(words[0], words, dict(environment or os.environ), file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
        seconds = time.perf_counter() - begin
        if os.waitstatus_to_exitcode(status) != 0:
            errors.seek(0)
            text = errors.read().decode(errors="replace")[-2000:]
            raise CommandFailed(f"{' '.join(words)}: status {os.waitstatus_to_exitcode(status)}\n{text}")
    return Sample(seconds, usage.ru_utime + usage.ru_stime)


@dataclasses.dataclass
class Contestant:
    """One way to do a scenario's work.

    `once` prepares and warms up, `before` prepares each sample, neither is timed. `sample` returns seconds, or a dict of
    seconds by label when one execution tells several numbers; it starts the command with the function it is given. `counted`
    says whether all the work is done below that command, so that strace can count it.
    """

    name: str
    sample: Callable
    before: Callable = lambda: None
    once: Callable = lambda: None
    counted: bool = True


def take_turns(contestants, runs, say=lambda text: None):
    """{label: [seconds, …]} of `runs` rounds. The order within a round turns with each round. Who has taken long enough (LONG seconds
    in three rounds, VERY_LONG in any) sits the others out: a few per cent matter less there than the bench's own time."""
    results = {}
    spent = {}
    for contestant in contestants:
        contestant.once()
    for number in range(runs):
        say(f"  round {number + 1} of {runs}")
        first = number % len(contestants)
        for contestant in contestants[first:] + contestants[:first]:
            total = sum(spent.setdefault(contestant.name, []))
            if total > VERY_LONG or (len(spent[contestant.name]) >= 3 and total > LONG):
                continue
            contestant.before()
            begin = time.perf_counter()
            measured = contestant.sample(run)
            spent[contestant.name].append(time.perf_counter() - begin)
            if not isinstance(measured, dict):
                measured = {contestant.name: measured}
            for label, seconds in measured.items():
                results.setdefault(label, []).append(seconds)
    return results


def medians(results):
    return {label: statistics.median(values) for label, values in results.items()}


@dataclasses.dataclass
class Target:
    """`ours` (divided by `parts`) is to stay below `limit` seconds, or below `factor` times the sum of `theirs`."""

    ours: str
    limit: float = 0
    theirs: tuple = ()
    factor: float = 1
    parts: int = 1

    def judge(self, median):
        """(what is compared, what it is, what is wanted, whether it is reached); None where a peer is missing."""
        if self.ours not in median or any(label not in median for label in self.theirs):
            return None
        value = median[self.ours] / self.parts
        what = self.ours + (f" / {self.parts}" if self.parts > 1 else "")
        if not self.theirs:
            return what, show(value), f"< {show(self.limit)}", value < self.limit
        ratio = value / sum(median[label] for label in self.theirs)
        return f"{what} : {' + '.join(self.theirs)}", f"{ratio:.2f}", f"< {self.factor:g}", ratio < self.factor


def show(seconds):
    if seconds < 0.1:
        return f"{seconds * 1000:.1f} ms"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def say(text):
    print(text, file=sys.stderr, flush=True)

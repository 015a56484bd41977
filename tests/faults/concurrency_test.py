"""Many tools in one store at once: the digests are those of a serial build, and the oracle finds nothing.

  concurrency_test.py [--rounds N]     TRAINYARD_TEST_SEED=N repeats it
"""
import argparse
import os
import random
import shutil
import subprocess
import threading

import world  # noqa: F401  (first: it says where the others lie)
import support
import oracle
from trial import check, conclude, has_command, left_behind
from world import make_world, new_folder

BUILDS = 8


def random_dockerfile(rng):
    """One to three stages of steps out of a small pool, so that graphs share beginnings and do the same work at once."""
    lines = []
    stages = rng.randint(1, 3)
    for stage in range(stages):
        source = "base" if stage == 0 or rng.random() < 0.5 else f"s{rng.randrange(stage)}"
        lines.append(f"FROM {source} AS s{stage}")
        for _ in range(rng.randint(1, 3)):
            n = rng.randrange(3)
            lines.append(rng.choice([f"RUN echo {n} > /r{n}; cat /etc/text >> /r{n}", f"COPY data/deep/{n} /c{n}",
                                     f"COPY data/large /large{n}", f"WORKDIR /w{n}"]))
        if stage > 0:
            lines.append(f"COPY --from=s{rng.randrange(stage)} /etc /etc{stage}")
    return "\n".join(lines) + "\n"


def words_of(world, name):
    return ["build", "-t", name, "--build-arg", "SOURCE_DATE_EPOCH=0", "-f", world.folder / f"{name}.Dockerfile",
            world.folder / "context"]


def start(world, words):
    return subprocess.Popen([support.TOOL, *map(str, words)], env=world.environment(), text=True, stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=world.folder)


def finish(processes):
    """Digests and failures of builds that were started."""
    digests, failures = [], []
    for process in processes:
        out, error = process.communicate(timeout=600)
        digests.append(out.strip())
        if process.returncode != 0:
            failures.append(f"{process.args[1:]} ended with {process.returncode}\n{error}")
    return digests, failures


class Collector(threading.Thread):
    """`trainyard gc` over and over beside the builds."""

    def __init__(self, world):
        super().__init__()
        self.world = world
        self.over = threading.Event()
        self.count = 0
        self.failures = []

    def run(self):
        while not self.over.is_set():
            done = self.world.call("gc", *(("--keep-storage", "0"), ("--unused-for", "0"))[self.count % 2])
            self.count += 1
            if done.returncode != 0:
                self.failures.append(f"gc ended with {done.returncode}\n{done.stdout}{done.stderr}")
            self.over.wait(0.1)

    def stop(self):
        self.over.set()
        self.join()
        return self.failures


def judge(world):
    return left_behind(world.folder) + oracle.check_store(world.store) + check(world)


def two_of_one(first):
    """Two builds of one image, begun at the same moment: one digest."""
    world = first.copy(first.folder.parent / "two")
    edge = ["build", "-t", "same", "--build-arg", "SOURCE_DATE_EPOCH=0", world.folder / "context"]
    digests, failures = finish([start(world, edge) for _ in range(2)])
    if len(set(digests)) != 1:
        failures.append(f"they made {digests}")
    failures += judge(world)
    world.remove()
    return failures


def eight_graphs(first, rng, number):
    """Eight random graphs at once, gc beside them; then each of them alone in a fresh store."""
    names = [f"graph{i}" for i in range(BUILDS)]
    texts = [random_dockerfile(rng) for _ in names]
    together = first.copy(first.folder.parent / f"together{number}")
    alone = first.copy(first.folder.parent / f"alone{number}")
    for world in (together, alone):
        for name, text in zip(names, texts):
            (world.folder / f"{name}.Dockerfile").write_text(text)
    collector = Collector(together) if has_command("gc") else None
    if collector:
        collector.start()
    digests, failures = finish([start(together, words_of(together, name)) for name in names])
    if collector:
        failures += collector.stop()
    failures += judge(together)
    for name, digest, text in zip(names, digests, texts):
        other = alone.must(*words_of(alone, name)).stdout.strip()
        if digest != other:
            failures.append(f"{name} is {digest} and alone {other}:\n{text}")
        shown = together.call("run", name, "cat", "/etc/text")
        if (shown.returncode, shown.stdout) != (0, "base\n"):
            failures.append(f"{name} cannot be used: {shown.stdout}{shown.stderr}")
    print(f"round {number}: {len(set(digests))} images, gc ran {collector.count if collector else 0} times", flush=True)
    for world in (together, alone):
        world.remove()
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("TRAINYARD_TEST_SEED", random.randrange(1 << 30))))
    chosen = parser.parse_args()
    if shutil.which("busybox") is None:
        support.skip("busybox is not installed; tests/run.sh installs it")
    print(f"seed {chosen.seed}: TRAINYARD_TEST_SEED={chosen.seed} repeats it", flush=True)
    folder = new_folder()
    try:
        first = make_world(folder / "first")
        rng = random.Random(chosen.seed)
        failures = []
        for number in range(chosen.rounds):
            failures += two_of_one(first)
            failures += eight_graphs(first, rng, number)
    finally:
        support.remove_folder(folder)
    conclude(failures, f"{chosen.rounds} rounds, ")


main()

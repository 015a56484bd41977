"""A training with checkpoints, stopped at random moments in every way that there is, ends with the model of an
undisturbed one, repeats at most the epoch that it was in, and leaves nothing behind."""
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import time

import support
from checkpoint_case import CheckpointCase, model_after

SEED = int(os.environ.get("TRAINYARD_TEST_SEED", random.randrange(1 << 30)))
MOMENTS = 30
EPOCHS = 60
MARGIN = 20  # epochs that a try may get through before it is disturbed
NINJA = """rule train
  command = {tool} run --spec {stem}.run.json --result {stem}.result --depfile {stem}.d --stamp {stem}.stamp
  depfile = {stem}.d
rule restore
  command = {tool} restore --spec {stem}.run.json --result {stem}.result
build {stem}.stamp {stem}.result: train {stem}.run.json
build model.bin: restore {stem}.result
"""


def status(pid):
    """Parent and command line."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(fields[1]), pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return None


def processes():
    pids = [int(p.name) for p in pathlib.Path("/proc").glob("[0-9]*")]
    return {pid: told for pid in pids if (told := status(pid))}


class Interruption(CheckpointCase):
    def setUp(self):
        super().setUp()
        if shutil.which("ninja") is None:
            support.skip("ninja is not installed")
        print(f"seed {SEED}: TRAINYARD_TEST_SEED={SEED} repeats it")
        self.random = random.Random(SEED)
        self.marker = f"marker{self.random.randrange(1 << 40)}"
        stem = self.folder / "build/train"
        spec = self.spec(EPOCHS, "0.05", self.marker, timeout="20s")
        self.text = spec.read_text()
        self.write("build/build.ninja", NINJA.format(tool=support.TOOL, stem=stem))

    def ninja(self, **options):
        return subprocess.Popen(["ninja", "-C", str(self.folder / "build"), "model.bin"], text=True, start_new_session=True,
                                env=self.environment(TRAINYARD_GRACE=1), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)

    def family(self, ninja):
        """Each process in the chain by its name: ninja's shell and tool, keeper, supervisor, init, command."""
        found = {"ninja": ninja.pid}
        table = processes()
        for pid, (parent, line) in table.items():
            if str(self.store) in line and "internal-keeper" in line:
                found["keeper"] = pid
            elif parent == ninja.pid:
                found["shell"] = pid
            elif "run --spec" in line and str(self.folder) in line:
                found["tool"] = pid
        below = [found.get("keeper")]
        depth = 0
        while below and below[0]:
            below = [pid for pid, (parent, _) in table.items() if parent in below]
            for pid in below:
                depth += 1
                found[f"below the keeper {depth}"] = pid
        return found

    def left(self):
        mounts = [line for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if str(self.store) in line]
        return [line for pid, (_, line) in processes().items()
                if self.marker in line or str(self.store) in line or "run --spec " + str(self.folder) in line], mounts

    def settle(self):
        end = time.monotonic() + 15
        while self.left() != ([], []) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(self.left(), ([], []))

    def disturb(self, ninja):
        way = self.random.choice(["ctrl-c", "terminate ninja", "hang up", "kill", "kill", "kill"])
        if way == "ctrl-c":
            os.killpg(ninja.pid, signal.SIGINT)
        elif way == "terminate ninja":
            ninja.terminate()
        elif way == "hang up":
            os.killpg(ninja.pid, signal.SIGHUP)
        else:
            name, pid = self.random.choice(sorted(self.family(ninja).items()))
            way = f"kill -9 of {name}"
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                way += " (gone)"
        return way

    def epochs_kept(self):
        for file in self.store.glob("runs/*/*/checkpoints/last"):
            return int(file.read_text().split()[0])
        return 0

    def logged(self):
        """The epochs of the last try, by the store's own log: what ninja shows may be cut off with the tool."""
        for file in self.store.glob("runs/*/*/log"):
            return [int(n) for n in re.findall(r"(?m)^epoch (\d+)$", file.read_text())]
        return []

    def begin_anew(self):
        """Without the run: what the tool knows of it, and what ninja does."""
        self.settle()
        for path in [self.store / "runs", *(self.folder / "build" / f"train.{end}" for end in ("stamp", "result", "d")), self.model]:
            subprocess.run(["rm", "-rf", str(path)], check=True)

    def test_random_moments(self):
        began = time.monotonic()
        ways, repeated = {}, 0
        moments = 0
        for moment in range(3 * MOMENTS):
            if moments == MOMENTS:
                break
            kept = self.epochs_kept()
            if kept >= EPOCHS - MARGIN:  # it must be interrupted, not finished, as it is when ninja alone was killed
                self.begin_anew()
                kept = 0
            for old in self.store.glob("runs/*/*/log"):
                old.unlink()
            ninja = self.ninja()
            time.sleep(self.random.uniform(0, 0.6))
            way = self.disturb(ninja)
            ninja.communicate(timeout=60)
            self.settle()
            if ninja.returncode == 0:  # it came too late, or what was killed had just ended: nothing was interrupted
                self.assertEqual(self.model.read_text(), model_after(EPOCHS))
                self.begin_anew()
                continue
            moments += 1
            ways[way] = ways.get(way, 0) + 1
            epochs = self.logged()
            self.assertEqual(epochs, list(range(kept + 1, kept + 1 + len(epochs))), f"{moment}: {way}")
            repeated += max(0, (epochs[-1] if epochs else 0) - self.epochs_kept())
            self.assertLessEqual((epochs[-1] if epochs else 0) - self.epochs_kept(), 1, f"{moment}: {way}")
            self.assertFalse(self.model.exists(), way)
        self.assertEqual(moments, MOMENTS)
        if self.epochs_kept() >= EPOCHS - MARGIN:
            self.begin_anew()
        kept = self.epochs_kept()
        ninja = self.ninja()
        out, _ = ninja.communicate(timeout=120)
        self.assertEqual(ninja.returncode, 0, out)
        self.assertEqual(self.logged(), list(range(kept + 1, EPOCHS + 1)))
        self.assertEqual(self.model.read_text(), model_after(EPOCHS))
        self.assertEqual(subprocess.run(["ninja", "-C", str(self.folder / "build"), "model.bin"], env=self.environment(),
                                        capture_output=True, text=True, check=True).stdout.splitlines()[-1], "ninja: no work to do.")
        self.settle()
        self.tool("gc", "--unused-for", "1000h")
        self.assertEqual([p.name for p in (self.store / "tmp").iterdir()], [])
        print(f"{MOMENTS} moments in {time.monotonic() - began:.0f} s, {repeated} epochs run twice: {ways}")

    def test_time_out(self):
        spec = self.spec(EPOCHS, "0.05", self.marker, timeout="1s")
        tries = 0
        while self.epochs_kept() < EPOCHS and tries < 20:
            kept = self.epochs_kept()
            done = self.train(spec, code=None, env={"TRAINYARD_GRACE": 1})
            tries += 1
            self.assertEqual(self.logged()[0], kept + 1)
            if done.returncode == 0:
                break
            self.assertIn("TIMEOUT", done.stderr)
        self.assertGreater(tries, 2)
        self.assertEqual(self.model.read_text(), model_after(EPOCHS))
        self.settle()


if __name__ == "__main__":
    support.main()

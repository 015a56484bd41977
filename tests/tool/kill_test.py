"""kill -9 at any moment: nothing is left running or mounted, and the next try succeeds."""
import os
import pathlib
import random
import subprocess
import time

import support
from support import Case

SEED = int(os.environ.get("TRAINYARD_TEST_SEED", random.randrange(1 << 30)))
GRACE = 1


def processes_with(marker):
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
        except OSError:
            pass
    return found


def mounts_with(marker):
    return [line for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines() if marker in line]


class Kill(Case):
    def setUp(self):
        super().setUp()
        print(f"seed {SEED}: TRAINYARD_TEST_SEED={SEED} repeats it")
        self.random = random.Random(SEED)
        self.import_base()
        self.marker = f"marker{self.random.randrange(1 << 40)}"

    def settle(self, seconds):
        """Waits until nothing is left, at most `seconds`; returns what is left."""
        end = time.monotonic() + seconds
        while True:
            left = processes_with(self.marker), mounts_with(str(self.store))
            if left == ([], []) or time.monotonic() > end:
                return left
            time.sleep(0.05)

    def kill_after(self, words, seconds):
        process = subprocess.Popen([support.TOOL, *map(str, words)], env=self.environment(TRAINYARD_GRACE=GRACE),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(seconds)
        process.kill()
        process.wait()

    def assert_nothing_half_written(self):
        for blob in (self.store / "blobs/sha256").glob("[0-9a-f]*"):
            done = subprocess.run(["sha256sum", str(blob)], capture_output=True, text=True, check=True)
            self.assertEqual(done.stdout.split()[0].lstrip("\\"), blob.name)

    def test_builds(self):
        dockerfile = "FROM base\n" + "".join(
            f"RUN : {self.marker}; head -c 3000000 /dev/urandom > /f{i}; sleep 0.1\nCOPY big /big{i}\n" for i in range(3))
        self.write("context/Dockerfile", dockerfile)
        (self.folder / "context/big").write_bytes(os.urandom(2_000_000))
        for _ in range(20):
            self.kill_after(["build", "--no-cache", self.folder / "context"], self.random.uniform(0, 0.9))
            self.assertEqual(self.settle(5), ([], []))
        self.assert_nothing_half_written()
        self.build(dockerfile, "-t", "survivor")
        self.tool("run", "survivor", "ls", "/big2")
        self.assertEqual(self.settle(5), ([], []))

    def test_runs(self):
        spec = self.write_run_spec(command=["sh", "-c", f": {self.marker}; for i in 1 2 3 4 5; do echo $i; sleep 0.1; done; "
                                            "echo whole > model.bin"], outputs=["model.bin"])
        for _ in range(20):
            self.kill_after(["run", "--spec", spec], self.random.uniform(0, 0.6))
            left = self.settle(GRACE + 6)
            self.assertEqual(left, ([], []))
        self.assertFalse((self.folder / "build/model.bin").exists())
        self.train(spec)
        self.assertEqual((self.folder / "build/model.bin").read_text(), "whole\n")
        self.assert_nothing_half_written()

    def test_keeper(self):
        spec = self.write_run_spec(command=["sh", "-c", f": {self.marker}; trap '' TERM; while :; do sleep 0.1; done"],
                                   outputs=["model.bin"])
        for _ in range(5):
            tool = subprocess.Popen([support.TOOL, "run", "--spec", str(spec)], env=self.environment(),
                                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            deadline = time.monotonic() + 20
            keepers = []
            while not keepers and time.monotonic() < deadline:
                keepers = [pid for pid in processes_with(str(self.store)) if pid != tool.pid and
                           b"internal-keeper" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()]
                time.sleep(0.02)
            self.assertTrue(keepers, "no keeper came")
            time.sleep(self.random.uniform(0, 0.5))
            os.kill(keepers[0], 9)
            _, error = tool.communicate(timeout=30)
            self.assertNotEqual(tool.returncode, 0)
            self.assertIn("keeper", error)
            self.assertEqual(self.settle(3), ([], []))


if __name__ == "__main__":
    support.main()

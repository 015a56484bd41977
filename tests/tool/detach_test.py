"""Runs that are left to themselves: run --detach, ps, stop."""
import json
import pathlib
import signal
import subprocess
import time

import support
from support import TOOL, Case

WAITS = ["sh", "-c", 'trap "echo told; exit 3" TERM; echo begun; i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done; echo x > m']


class Detach(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.addCleanup(self.stop_all)

    def stop_all(self):
        for run in self.ps():
            self.tool("stop", run["run"], code=None)

    def ps(self):
        return json.loads(self.tool("ps", "--json").stdout)

    def spec(self, **members):
        return self.write_run_spec(**{**dict(command=WAITS, outputs=["m"]), **members})

    def wait_for(self, what, condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        self.fail(f"waited for {what} in vain")

    def wait_for_log(self, text):
        self.wait_for(text, lambda: text in self.tool("logs", "train", code=None).stdout)

    def build(self, spec):
        """What a build tool starts, in the background."""
        process = subprocess.Popen([TOOL, "run", "--spec", spec, "--result", self.folder / "build/train.result"], env=self.environment(),
                                   text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def test_it_goes_on_by_itself_and_a_build_finds_its_result(self):
        spec = self.spec(command=["sh", "-c", "sleep 1; echo done > m"])
        said = self.tool("run", "--spec", spec, "--detach").stderr
        self.assertIn("is going on; follow it with: trainyard logs -f train", said)
        run, = self.ps()
        self.assertEqual((run["target"], run["attached"], run["detached"]), ("train", 0, True))
        self.assertRegex(self.tool("ps").stdout, rf"{run['run'][:12]}  train   \S+ \S+ +nobody: detached\n")
        self.wait_for("its end", lambda: not self.ps())
        done = self.train(spec)
        self.assertIn("cached", done.stderr)
        self.assertEqual((self.folder / "build/m").read_text(), "done\n")
        self.assertIn("is in the store already", self.tool("run", "--detach", "train").stderr)

    def test_a_build_that_leaves_does_not_stop_it(self):
        spec = self.spec()
        self.tool("run", "--spec", spec, "--detach")
        self.wait_for_log("begun")
        process = self.build(spec)
        self.wait_for("the build", lambda: self.ps()[0]["attached"] == 1)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130, said)
        self.assertIn("goes on", said)
        self.assertEqual([run["attached"] for run in self.ps()], [0])
        self.tool("stop", "train")
        self.assertEqual(self.ps(), [])
        self.assertIn("told", self.tool("logs", "train").stdout)  # it heard SIGTERM

    def test_stop_ends_the_builds_that_wait(self):
        spec = self.spec()
        processes = [self.build(spec) for _ in range(2)]
        self.wait_for("both builds", lambda: [run["attached"] for run in self.ps()] == [2])
        self.wait_for_log("begun")
        self.tool("stop", "train")
        for process in processes:
            _, said = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, said)
            self.assertIn('it was stopped by "trainyard stop"', said)
        self.assertEqual(self.ps(), [])
        self.assertFalse((self.folder / "build/m").exists())
        self.assertIn("it is not going on", self.tool("stop", "train", code=2).stderr)

    def test_one_that_does_not_listen_is_killed(self):
        spec = self.spec(command=["sh", "-c", 'trap "" TERM; echo begun; while :; do sleep 1; done'])
        self.tool("run", "--spec", spec, "--detach", env={"TRAINYARD_GRACE": "1"})
        self.wait_for_log("begun")
        self.tool("stop", "train")
        self.assertEqual(self.ps(), [])

    def test_nothing_is_left_of_it(self):
        self.tool("run", "--spec", self.spec(), "--detach")
        self.wait_for_log("begun")
        self.tool("stop", "train")
        self.wait_for("the work folder", lambda: not list((self.store / "tmp").glob("*/scratch")))
        self.wait_for("its processes", lambda: not [p for p in pathlib.Path("/proc").iterdir() if p.name.isdigit()
                                                    and str(self.store).encode() in self.arguments(p)])

    @staticmethod
    def arguments(process):
        try:
            return (process / "cmdline").read_bytes()
        except OSError:
            return b""

    def test_a_trial_may_be_left_too(self):
        self.train(self.spec(command=["sh", "-c", "echo {rate} > m"], parameters=["rate=1"]))
        self.tool("run", "--detach", "-S", "rate=2", "train")
        self.wait_for("its record", lambda: len(json.loads(self.tool("runs", "--json").stdout)) == 2)
        self.assertEqual((self.folder / "build/m").read_text(), "1\n")

    def test_mistakes(self):
        self.assertIn("one training run is named", self.tool("run", "--detach", code=2).stderr)
        self.assertIn("a container of an image ends with the tool", self.tool("run", "--detach", "base", code=2).stderr)
        self.assertIn("nosuch", self.tool("stop", "nosuch", code=None).stderr)
        self.assertEqual(self.tool("ps").stdout, "RUN  TARGET  FOR  WAITING\n")


if __name__ == "__main__":
    support.main()

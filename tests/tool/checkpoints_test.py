"""CHECKPOINTS and EXTENDS: what a run leaves for its next try, and for a longer one."""
import json
import signal
import subprocess
import time

import support
from checkpoint_case import CheckpointCase, model_after


class Checkpoints(CheckpointCase):
    def test_a_failed_run_continues(self):
        spec = self.spec(epochs=4, fail_at=2)
        failed = self.train(spec, code=1)
        self.assertIn("resume=no after epoch 0", failed.stdout)
        self.assertIn("the next build continues from its checkpoints", failed.stderr)
        self.assertIn("continues from the checkpoints of its last try", self.tool("why", "train").stdout)
        done = self.train(spec)
        self.assertIn("resume=1 after epoch 2\nepoch 3\nepoch 4\n", done.stdout)
        self.assertIn("continues from the checkpoints of its last try", done.stderr)
        self.assertEqual(self.model.read_text(), model_after(4))
        self.assertTrue(self.record()["resumed"])
        self.assertIn("cached", self.train(spec).stderr)

    def test_from_scratch_begins_anew(self):
        spec = self.spec(epochs=4, fail_at=2)
        self.train(spec, code=1)
        failed = self.tool("run", "--from-scratch", "train", code=1)  # fails anew: nothing of the last try is there
        self.assertIn("resume=no after epoch 0", failed.stdout)
        self.assertIn("resume=1 after epoch 2", self.train(spec).stdout)
        self.assertEqual(self.model.read_text(), model_after(4))

    def test_another_key_has_none(self):
        self.train(self.spec(epochs=4, fail_at=2), code=1)
        self.assertIn("resume=no", self.train(self.spec(epochs=5)).stdout)

    def test_a_time_out_and_its_last_checkpoint(self):
        command = ["sh", "-c", 'trap "echo saved; echo 7 > ckpt/last; exit 3" TERM; echo "resume=${{TRAINYARD_RESUME:-no}}"; '
                               'if [ -f ckpt/last ]; then cp ckpt/last model.bin; echo "{{}}" > metrics.json; exit; fi; '
                               "while :; do sleep 0.05; done"]
        spec = self.spec(command=command, timeout="1s")
        self.assertIn("saved", self.train(spec, code=1).stdout)
        self.assertIn("resume=1", self.train(spec).stdout)
        self.assertEqual(self.model.read_text(), "7\n")

    def test_interrupted_says_that_it_will_continue(self):
        spec = self.spec(epochs=100, pause="0.05")
        process = subprocess.Popen([support.TOOL, "run", "--spec", str(spec)], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while process.stdout.readline() != "epoch 2\n":
            pass
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, error)
        self.assertIn("the next build continues from its checkpoints", error)

    def test_interrupted_before_there_is_a_folder_for_them(self):
        seen = set()
        for moment in range(24):
            spec = self.spec(epochs=50 + moment, pause="0.05")
            process = subprocess.Popen([support.TOOL, "run", "--spec", str(spec)], env=self.environment(TRAINYARD_GRACE=1),
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            time.sleep(0.004 * moment)
            process.send_signal(signal.SIGINT)
            _, error = process.communicate(timeout=30)
            # Before it minds signals it ends by this one.
            self.assertIn(process.returncode, (130, -signal.SIGINT), error)
            seen.add(process.returncode)
        self.assertIn(130, seen)

    def test_a_user_of_the_image_writes_them(self):  # with one id that is the only one, with a warning
        self.build("FROM base\nUSER worker\n", "-t", "theirs")
        spec = self.spec(epochs=4, fail_at=2, image="theirs")
        self.train(spec, code=1)
        self.assertIn("resume=1 after epoch 2", self.train(spec).stdout)
        longer = self.train(self.spec(epochs=6, image="theirs", extends="epochs"))
        self.assertIn("resume=no after epoch 0", longer.stdout)  # another environment: no ancestor
        key = self.key()
        more = self.train(self.spec(epochs=7, image="theirs", extends="epochs"))
        self.assertIn("resume=1 after epoch 6\nepoch 7\n", more.stdout)
        self.assertEqual(self.record()["ancestor"], key)

    def test_a_shell_sees_them(self):
        self.train(self.spec(epochs=4, fail_at=2), code=1)
        shell = subprocess.run([support.TOOL, "shell", "train"], env=self.environment(), capture_output=True, text=True,
                               input="cut -d' ' -f1 ckpt/last; echo resume=$TRAINYARD_RESUME\n", check=False)
        self.assertIn("2\nresume=1\n", shell.stdout, shell.stderr)

    def test_gc_takes_those_of_finished_runs_and_no_others(self):
        self.train(self.spec(epochs=2))
        finished = self.run_folder() / "checkpoints"
        self.train(self.spec(epochs=4, fail_at=2), code=1)
        open_runs = [f for f in self.store.glob("runs/*/*/checkpoints") if f != finished]
        self.assertEqual(len(open_runs), 1)
        self.train(self.spec(epochs=2))
        self.assertRegex(self.tool("df").stdout, "(?m)^checkpoints +2 ")
        self.assertIn("checkpoints of finished run", self.tool("gc", "--unused-for", "0", "--dry-run").stdout)
        self.assertTrue(finished.exists())
        self.train(self.spec(epochs=4, fail_at=2))
        self.train(self.spec(epochs=6, fail_at=2), code=1)  # the build tree's present run, unfinished
        self.tool("gc", "--unused-for", "0")
        left = list(self.store.glob("runs/*/*/checkpoints/last"))
        self.assertEqual([f.read_text().split()[0] for f in left], ["2"])
        self.assertIn("resume=1 after epoch 2", self.train(self.spec(epochs=6, fail_at=2)).stdout)

    def test_links_out_of_them_lead_nowhere(self):
        spec = self.spec(command=["sh", "-c", "ln -s /etc ckpt/away; ln -s ckpt model.bin; echo '{{}}' > metrics.json"])
        self.assertIn("model.bin", self.train(spec, code=1).stderr)

    def test_mistakes(self):
        for members, said in ((dict(checkpoints="../out"), "checkpoints"), (dict(checkpoints="/abs"), "checkpoints"),
                              (dict(checkpoints="model.bin"), "lie in each other"),
                              (dict(extends="epoch"), "epochs"), (dict(checkpoints="", extends="epochs"), "checkpoints")):
            error = self.train(self.spec(**members), code=2).stderr
            self.assertIn(said, error)


class Extends(CheckpointCase):
    def spec(self, epochs=3, **members):
        return super().spec(epochs, **{"extends": "epochs", **members})

    def test_a_longer_run_begins_where_the_longest_shorter_one_ended(self):
        self.train(self.spec(2))
        self.train(self.spec(4))
        second = self.key()
        spec = self.spec(6)
        self.assertIn(f"continues from the checkpoints of run {second[:12]}", self.tool("why", "train").stdout)
        done = self.train(spec)
        self.assertIn("resume=1 after epoch 4\nepoch 5\nepoch 6\n", done.stdout)
        self.assertEqual(self.model.read_text(), model_after(6))
        self.assertEqual(self.record()["ancestor"], second)
        listed = {row["run"]: row.get("ancestor") for row in json.loads(self.tool("runs", "--json").stdout)}
        self.assertEqual(listed[self.key()], second)
        self.assertRegex(self.tool("runs").stdout, r"(?m)^%s\*\+ " % self.key()[:12])
        self.assertIn("cached", self.train(self.spec(6)).stderr)

    def test_the_ancestor_keeps_its_own(self):
        self.train(self.spec(2))
        folder = self.run_folder() / "checkpoints"
        self.train(self.spec(4))
        self.assertEqual((folder / "last").read_text().split()[0], "2")
        self.assertEqual((self.run_folder() / "checkpoints/last").read_text().split()[0], "4")

    def test_a_descendant_is_no_result_from_scratch(self):
        self.train(self.spec(2))
        self.train(self.spec(4))
        descendant = self.key()
        self.assertIn("resume=no after epoch 0", self.train(self.spec(4, extends="")).stdout)
        self.assertNotEqual(self.key(), descendant)
        # Now there is one from scratch: it serves both.
        self.assertIn("cached", self.train(self.spec(4)).stderr)
        self.assertNotEqual(self.key(), descendant)

    def test_from_scratch(self):
        self.train(self.spec(2))
        self.spec(4)
        self.assertIn("resume=no after epoch 0", self.tool("run", "--from-scratch", "train").stdout)

    def test_nothing_else_may_differ(self):
        self.train(self.spec(2))
        self.assertIn("resume=no", self.train(self.spec(4, environment=["pause=0", "fail_at=", "x=y"])).stdout)
        self.assertIn("resume=no", self.train(self.spec(1)).stdout)  # smaller

    def test_an_interrupted_descendant_continues_its_own(self):
        self.train(self.spec(2, environment=["pause=0", "fail_at=3"]))
        ancestor = self.key()
        spec = self.spec(5, environment=["pause=0", "fail_at=3"])
        self.train(spec, code=1)
        self.assertIn("resume=1 after epoch 3\nepoch 4\n", self.train(spec).stdout)
        self.assertEqual(self.record()["ancestor"], ancestor)
        self.assertEqual(self.model.read_text(), model_after(5))

    def test_a_parameter_in_the_command_and_in_a_file(self):
        self.write("src/params.json", '{"epochs": 2}')
        members = dict(parameters=[], parameters_file="params.json", parameter_keys=["epochs"], inputs=[])
        command = self.spec()  # for its text
        text = json.loads(command.read_text())["command"]
        self.train(self.spec(command=[*text, "sh", "{epochs}"], **members))
        self.write("src/params.json", '{"epochs": 4}')
        done = self.train(self.spec(command=[*text, "sh", "{epochs}"], **members))
        self.assertIn("resume=1 after epoch 2\n", done.stdout)

    def test_a_trial_extends_too(self):
        self.train(self.spec(2))
        self.assertIn("resume=1 after epoch 2\n", self.tool("run", "-S", "epochs=4", "train").stdout)
        self.assertEqual(self.model.read_text(), model_after(2))


if __name__ == "__main__":
    support.main()

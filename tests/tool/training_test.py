"""Training runs from their specs: kept, found again, failing well, leaving nothing behind."""
import json
import os
import shutil
import signal
import subprocess

import support
from support import Case

TRAIN = ["sh", "-c", 'echo "step of $rate"; cat data/in.txt > model.bin; echo "{\\"accuracy\\": 0.9$rate}" > metrics.json']


class Training(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.write("src/data/in.txt", "input\n")

    def spec(self, **members):
        defaults = dict(command=TRAIN, inputs=["data/in.txt"], outputs=["model.bin"], metrics=["metrics.json"],
                        parameters=["rate=5"])
        defaults.update(members)
        return self.write_run_spec(**defaults)

    @property
    def model(self):
        return self.folder / "build/model.bin"

    def test_train_then_find(self):
        first = self.train(self.spec())
        self.assertIn("step of 5", first.stdout)
        self.assertEqual(self.model.read_text(), "input\n")
        self.assertEqual(self.model.stat().st_uid, os.geteuid())
        second = self.train(self.spec())
        self.assertNotIn("step of 5", second.stdout)
        self.assertIn("cached", second.stderr)
        depfile = (self.folder / "build/train.d").read_text()
        self.assertIn(str(self.folder / "src/data/in.txt"), depfile)
        self.assertIn("step of 5", self.tool("logs", "train").stdout)

    def test_parameter_there_and_back(self):
        self.train(self.spec())
        self.assertIn("step of 6", self.train(self.spec(parameters=["rate=6"])).stdout)
        self.assertIn("cached", self.train(self.spec()).stderr)
        self.assertIn("0.95", (self.folder / "build/metrics.json").read_text())

    def test_input_content_counts_times_do_not(self):
        self.train(self.spec())
        os.utime(self.folder / "src/data/in.txt", (1, 1))
        self.assertIn("cached", self.train(self.spec()).stderr)
        self.write("src/data/in.txt", "other\n")
        self.assertIn("trained in", self.train(self.spec()).stderr)
        self.assertEqual(self.model.read_text(), "other\n")

    def test_deleted_model_is_restored(self):
        spec = self.spec()
        self.train(spec)
        self.model.unlink()
        self.tool("restore", "--spec", spec, "--result", self.folder / "build/train.result")
        self.assertEqual(self.model.read_text(), "input\n")

    def build_image_of(self, name, dockerfile, code=0, **members):
        """An image's edge in a build graph, and what it leaves beside its spec."""
        self.write("src/Dockerfile", dockerfile)
        stem = self.folder / "build" / name
        self.write(f"build/{name}.image.json", json.dumps(
            {"schema": 1, "kind": "image", "name": name, "build_dir": str(self.folder / "build"),
             "context": str(self.folder / "src"), "dockerfile": str(self.folder / "src/Dockerfile"), **members}))
        self.tool("build", "--spec", f"{stem}.image.json", "--digest-file", f"{stem}.digest", "--depfile", f"{stem}.d",
                  "--stamp", f"{stem}.stamp", code=code)
        return stem

    def test_image_that_is_gone_is_made_anew_by_building_again(self):
        stem = self.build_image_of("trainer", "FROM base\nCOPY data/in.txt /kept\n")
        digest = stem.with_suffix(".digest").read_text().strip()
        self.assertRegex(self.tool("images").stdout, f"(?m)^trainer +{digest[7:19]} +2 ")
        spec = self.spec(image=f"digest-file:{stem}.digest", inputs=[], command=["sh", "-c", "cat /kept > model.bin; echo '{}' > metrics.json"])
        self.tool("rmi", digest)
        self.assertTrue(stem.with_suffix(".stamp").exists())
        error = self.train(spec, code=None).stderr
        self.assertIn("gone from the store", error)
        self.assertIn("build again", error)
        self.assertFalse(stem.with_suffix(".stamp").exists())
        self.build_image_of("trainer", "FROM base\nCOPY data/in.txt /kept\n")
        self.train(spec)
        self.assertEqual(self.model.read_text(), "input\n")

    def test_image_below_another_that_is_gone_is_made_anew_by_building_again(self):
        dockerfile = "FROM below\nCOPY data/in.txt /kept\n"
        below = self.build_image_of("below", "FROM base\nENV x=y\n")
        contexts = [f"below=digest-file:{below}.digest"]
        self.build_image_of("upper", dockerfile, contexts=contexts)
        self.tool("rmi", below.with_suffix(".digest").read_text().strip())
        self.build_image_of("upper", dockerfile, contexts=contexts, code=2)
        self.assertFalse(below.with_suffix(".stamp").exists())
        self.build_image_of("below", "FROM base\nENV x=y\n")
        self.build_image_of("upper", dockerfile, contexts=contexts)

    def test_results_that_are_gone_are_made_anew_by_building_again(self):
        spec = self.spec()
        stamp = self.folder / "build/train.stamp"
        result = self.folder / "build/train.result"
        for command in (["restore"], ["assert", "accuracy>0.9"]):
            for loss in ("the record", "an output"):
                with self.subTest(command=command[0], loss=loss):
                    self.train(spec)
                    self.model.unlink()
                    self.assertTrue(stamp.exists())
                    told = json.loads(self.tool("inspect", "train").stdout)
                    if loss == "the record":
                        shutil.rmtree(self.store / "runs")
                    else:
                        (self.store / "blobs/sha256" / told["outputs"][0]["files"][0]["digest"].removeprefix("sha256:")).unlink()
                    error = self.tool(command[0], "--spec", spec, "--result", result, *command[1:], code=None)
                    self.assertNotEqual(error.returncode, 0)
                    self.assertIn("build again", error.stderr)
                    self.assertFalse(stamp.exists())
                    self.train(spec)
                    self.assertEqual(self.model.read_text(), "input\n")

    def test_output_cut_short_in_the_store_is_made_anew(self):
        spec = self.spec()
        self.train(spec)
        for blob in (self.store / "blobs/sha256").iterdir():
            if blob.read_bytes() == b"input\n":
                blob.write_bytes(b"inp")
        self.assertIn("trained in", self.train(spec).stderr)
        self.assertEqual(self.model.read_text(), "input\n")

    def test_a_run_sees_only_what_it_declares(self):
        self.write("src/data/other.txt", "undeclared")
        done = self.train(self.spec(command=["sh", "-c", "ls data; tail -n +3 /proc/net/dev | sed 's/:.*//;s/ //g'; ! echo x 2>/dev/null > data/in.txt; "
                                             "cat /proc/self/status | grep -E '^(CapEff|NoNewPrivs)'; "
                                             "touch model.bin; echo '{}' > metrics.json"]))
        self.assertIn("in.txt\nlo\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\n", done.stdout)
        self.assertEqual((self.folder / "src/data/in.txt").read_text(), "input\n")

    def test_own_exit_code_and_last_lines(self):
        done = self.train(self.spec(command=["sh", "-c", "echo the reason; exit 17"]), code=1)
        self.assertIn("17", done.stderr)
        self.assertIn("the reason", done.stderr)
        self.assertIn("trainyard shell train", done.stderr)
        self.assertFalse((self.folder / "build/train.stamp").exists())

    def test_shell_where_a_failed_run_stood(self):
        self.train(self.spec(command=["sh", "-c", "echo half > partial.txt; exit 1"]), code=1)
        shell = subprocess.run([support.TOOL, "shell", "train"], env=self.environment(), capture_output=True, text=True,
                               input="cat partial.txt data/in.txt; echo rate $rate\n", check=False)
        self.assertIn("half\ninput\nrate 5\n", shell.stdout, shell.stderr)

    def test_killed_by_a_signal(self):
        done = self.train(self.spec(command=["sh", "-c", "kill -SEGV $$"]), code=1)
        self.assertRegex(done.stderr, "SIGSEGV|Segmentation")

    def test_time_out(self):
        done = self.train(self.spec(command=["sleep", "60"], timeout="700ms"), code=1, env={"TRAINYARD_GRACE": 1})
        self.assertRegex(done.stderr, "time-out|timed out|700 ?ms|0.70 s")

    def test_out_of_memory_is_said_or_the_limit_warned_of(self):
        done = self.train(self.spec(command=["sh", "-c", "head -c 300m /dev/zero | tail > /dev/null && touch model.bin && "
                                             "echo '{}' > metrics.json"], memory="32m"), code=None)
        self.assertRegex(done.stderr, "memory")

    def test_output_that_was_not_written(self):
        done = self.train(self.spec(command=["sh", "-c", "echo '{}' > metrics.json; echo x > modle.bin"]), code=1)
        self.assertIn("model.bin", done.stderr)
        self.assertIn("modle.bin", done.stderr)

    def test_missing_input(self):
        done = self.train(self.spec(inputs=["data/gone.txt"]), code=2)
        self.assertIn("data/gone.txt", done.stderr)

    def test_missing_command(self):
        done = self.train(self.spec(command=["trian"]), code=1)
        self.assertIn("trian", done.stderr)

    def test_missing_runtime(self):
        done = self.train(self.spec(), code=3, env={"TRAINYARD_RUNTIME": "/no/such/runtime"})
        self.assertIn("/no/such/runtime", done.stderr)
        self.assertIn("doctor", done.stderr)

    def test_failure_leaves_the_old_model(self):
        self.train(self.spec())
        self.train(self.spec(command=["sh", "-c", "echo new > model.bin; exit 3"]), code=1)
        self.assertEqual(self.model.read_text(), "input\n")

    def test_interrupt_reaches_the_training_and_keeps_the_old_model(self):
        self.train(self.spec())
        marker = self.folder / "out"
        marker.mkdir()
        spec = self.spec(command=["sh", "-c", "trap 'echo saved; exit 0' TERM; echo going; while :; do sleep 0.1; done"])
        process = subprocess.Popen([support.TOOL, "run", "--spec", str(spec)], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "going\n")
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, error)
        self.assertIn("saved", out)
        self.assertEqual(self.model.read_text(), "input\n")

    def test_second_tool_attaches_to_the_run(self):
        spec = self.spec(command=["sh", "-c", "echo begun; sleep 2; echo $$ > model.bin; echo '{}' > metrics.json; echo over"])
        processes = [subprocess.Popen([support.TOOL, "run", "--spec", str(spec)], env=self.environment(),
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        results = [p.communicate(timeout=60) for p in processes]
        for process, (out, error) in zip(processes, results):
            self.assertEqual(process.returncode, 0, error)
        outs = [out for out, _ in results]
        self.assertIn("begun\nover\n", outs)

    def test_arguments_arrive_byte_for_byte(self):
        words = ["a b", "c;d", '"q"', "$HOME", "back\\slash", "new\nline", "ümläut", "*", "[x]", "<>", "{rate}", "{{x}}"]
        done = self.train(self.spec(command=["sh", "-c", 'printf "%s|" "$@" > model.bin; echo "{{}}" > metrics.json', "sh",
                                             *words]))
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.model.read_text(), "a b|c;d|\"q\"|$HOME|back\\slash|new\nline|ümläut|*|[x]|<>|5|{x}|")

    def test_folder_output_and_folder_input(self):
        self.write("src/tree/a/b.txt", "deep")
        spec = self.spec(command=["sh", "-c", "mkdir -p out && cp -r tree/* out/ && echo '{\"x\":1}' > metrics.json"],
                         inputs=["tree"], outputs=["out"])
        self.train(spec)
        self.assertEqual((self.folder / "build/out/a/b.txt").read_text(), "deep")
        self.write("src/tree/new.txt", "n")
        self.assertIn("trained in", self.train(spec).stderr)
        self.assertEqual((self.folder / "build/out/new.txt").read_text(), "n")

    def test_assertions(self):
        spec = self.spec()
        self.train(spec)
        base = ["assert", "--spec", spec, "--result", self.folder / "build/train.result"]
        good = self.tool(*base, "accuracy>=0.95", "accuracy<1")
        self.assertIn('<CTestMeasurement type="numeric/double" name="accuracy">0.95<', good.stdout)
        bad = self.tool(*base, "accuracy>0.99", code=1)
        self.assertIn("0.99", bad.stdout)
        self.assertIn("0.95", bad.stdout)
        self.assertIn("accuracy", self.tool(*base, "acuracy>0", code=2).stderr)

    def test_a_baseline(self):
        spec = self.spec()
        self.train(spec)
        self.write("src/good.json", '{"accuracy": 0.96, "loss": 1}')
        base = ["assert", "--spec", spec, "--result", self.folder / "build/train.result", "--baseline", self.folder / "src/good.json"]
        self.assertIn("holds   abs(accuracy-baseline) <= 0.02: it is 0.01", self.tool(*base, "abs(accuracy-baseline)<=0.02").stdout)
        self.assertIn("FAILS   abs(accuracy - baseline) < 0.005", self.tool(*base, "abs(accuracy - baseline)<0.005", code=1).stdout)
        self.assertIn('the run has no metric "loss"', self.tool(*base, "--tolerance", "2%", code=2).stderr)
        self.write("src/good.json", '{"accuracy": 0.96}')
        self.assertIn("abs(accuracy - baseline) <= 0.0192: it is 0.01", self.tool(*base, "--tolerance", "2%").stdout)
        self.tool(*base, "--tolerance", "0.001", code=1)
        self.assertIn("is not a number", self.tool(*base, "--tolerance", "near", code=2).stderr)
        self.assertIn("there is no such file", self.tool(*base[:-1], "none.json", "accuracy>0", code=2).stderr)
        self.assertIn("no baseline to be near", self.tool(*base[:-2], "--tolerance", "1", code=2).stderr)

    def test_a_failing_assertion_names_the_last_run_that_held(self):
        base = ["assert", "--spec", self.spec(), "--result", self.folder / "build/train.result", "accuracy>=0.94"]
        self.train(self.spec(parameters=["rate=3"]))
        self.assertNotIn("last good", self.tool(*base, code=1).stdout)
        self.train(self.spec())
        good = (self.folder / "build/train.result").read_text().split()[0][:12]
        self.assertNotIn("last good", self.tool(*base).stdout)
        self.train(self.spec(parameters=["rate=2"]))
        said = self.tool(*base, code=1).stdout
        bad = (self.folder / "build/train.result").read_text().split()[0][:12]
        self.assertIn(f"the last good run was {good}: trainyard metrics diff {good} {bad}\n", said)
        self.assertIn("-0.03", self.tool(*said.split("trainyard ")[-1].split()).stdout)
        self.assertNotIn("last good", self.tool(*base[:-1], "accuracy>=0.99", code=1).stdout)  # another question

    def test_inspect_tells_the_run(self):
        self.train(self.spec())
        told = json.loads(self.tool("inspect", "train").stdout)
        self.assertEqual(told["metrics"], {"accuracy": 0.95})
        self.assertEqual([o["path"] for o in told["outputs"]], ["model.bin", "metrics.json"])


if __name__ == "__main__":
    support.main()

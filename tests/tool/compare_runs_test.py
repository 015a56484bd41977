"""What was trained and how well: runs, metrics, metrics diff."""
import csv
import io
import json

import support
from support import Case

COMMAND = ["sh", "-c", 'echo "{\\"accuracy\\": 0.$rate, \\"loss\\": {\\"test\\": {rate}e-3}}" > m.json; echo $mode > out']


class CompareRuns(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.keys = {}
        for rate, mode, name in (("7", "a", "train"), ("9", "b,c", "other"), ("8", "b,c", "train")):
            spec = self.write_run_spec(name=name, command=COMMAND, outputs=["out"], metrics=["m.json"],
                                       parameters=[f"rate={rate}", f"mode={mode}"])
            self.train(spec)
            self.keys[rate] = (self.folder / f"build/{name}.result").read_text().split()[0]

    def runs(self, *words):
        return json.loads(self.tool("runs", "--json", *words).stdout)

    def rates(self, *words):
        return [run["parameters"]["rate"] for run in self.runs(*words)]

    def test_all_runs_newest_first(self):
        self.assertEqual(self.rates(), ["8", "9", "7"])
        run = next(run for run in self.runs() if run["parameters"]["rate"] == "8")
        self.assertEqual(run["metrics"], {"accuracy": 0.8, "loss.test": 0.008})
        self.assertEqual((run["run"], run["target"], run["current"]), (self.keys["8"], "train", True))
        self.assertEqual([run["current"] for run in self.runs("--where", "rate=7")], [False])

    def test_sorting_and_conditions(self):
        self.assertEqual(self.rates("--sort", "accuracy"), ["7", "8", "9"])
        self.assertEqual(self.rates("--sort", "rate", "-r"), ["9", "8", "7"])
        self.assertEqual(self.rates("--sort", "accuracy", "--where", "accuracy>=0.8"), ["8", "9"])
        self.assertEqual(self.rates("--where", "mode=b,c", "--where", "loss.test<0.009"), ["8"])
        self.assertEqual(self.rates("--where", "mode!=a", "--sort", "accuracy"), ["8", "9"])
        self.assertEqual(self.rates("--where", "unknown=1"), [])
        self.assertEqual(sorted(self.rates("train")), ["7", "8"])
        said = self.tool("runs", "--sort", "acuracy", code=2).stderr
        self.assertIn('did you mean "accuracy"?', said)
        self.assertIn("it compares nothing", self.tool("runs", "--where", "accuracy", code=2).stderr)

    def test_tables(self):
        lines = self.tool("runs", "--sort", "accuracy").stdout.splitlines()
        self.assertEqual(lines[0].split(), ["RUN", "TARGET", "FINISHED", "TOOK", "mode", "rate", "accuracy", "loss.test"])
        self.assertRegex(lines[2], rf"^{self.keys['8'][:12]}\*  train +20\S+Z  .* s  b,c +8 +0\.8 +0\.008$")
        self.assertTrue(lines[1].startswith(self.keys["7"][:12] + " "))
        rows = list(csv.DictReader(io.StringIO(self.tool("runs", "--csv", "--sort", "accuracy").stdout)))
        self.assertEqual([row["mode"] for row in rows], ["a", "b,c", "b,c"])
        self.assertEqual(rows[0]["run"], self.keys["7"])

    def test_metrics_of_the_present_runs(self):
        lines = [line.split() for line in self.tool("metrics").stdout.splitlines()]
        self.assertEqual(sorted(line[1:] for line in lines[1:]),
                         [["other", "accuracy", "0.9"], ["other", "loss.test", "0.009"], ["train", "accuracy", "0.8"], ["train", "loss.test", "0.008"]])
        self.assertIn("0.7", self.tool("metrics", self.keys["7"][:10]).stdout)
        self.assertEqual(json.loads(self.tool("metrics", "other", "--json").stdout)[0]["metrics"]["accuracy"], 0.9)

    def test_two_runs_compared(self):
        said = self.tool("metrics", "diff", self.keys["7"][:12], "train").stdout.splitlines()
        self.assertEqual([line.split() for line in said[1:]],
                         [["mode", "a", "b,c"], ["rate", "7", "8"], ["accuracy", "0.7", "0.8", "+0.1"], ["loss.test", "0.007", "0.008", "+0.001"]])
        told = json.loads(self.tool("metrics", "diff", "other", "train", "--json").stdout)
        self.assertEqual(told["runs"], [self.keys["9"], self.keys["8"]])
        self.assertEqual(told["parameters"], {"rate": ["9", "8"]})
        self.assertAlmostEqual(told["metrics"]["accuracy"]["change"], -0.1)
        self.assertIn("two are compared, not 1", self.tool("metrics", "diff", "train", code=2).stderr)
        self.assertIn("nothing-like-it", self.tool("metrics", "nothing-like-it", code=None).stderr)

    def test_another_value_is_tried(self):
        done = self.tool("run", "-S", "rate=95", "-S", "mode=new", "train")
        self.assertIn("[train] trained in", done.stderr)
        self.assertIn("cached", self.tool("run", "--set", "rate=95", "-S", "mode=new", "train").stderr)
        self.assertEqual([run["current"] for run in self.runs("--where", "rate=95")], [False])
        self.assertEqual((self.folder / "build/out").read_text(), "b,c\n")  # the build tree is as it was
        self.assertIn("0.15", self.tool("metrics", "diff", "train", self.runs("--where", "rate=95")[0]["run"][:12]).stdout)
        self.assertIn("in the store", self.tool("why", "train").stdout)
        spec = self.folder / "build/train.run.json"
        self.assertIn("cached", self.tool("run", "--spec", spec, "-S", "mode=new", "-S", "rate=95").stderr)
        for words, said in ((["-S", "rat=1", "train"], 'did you mean "rate"?'), (["-S", "rate", "train"], "-S"), (["-S", "rate=1"], "one training run is named"),
                            (["-S", "rate=1", "base"], "no build tree has a run of this name"), (["-S", "rate=1", "train", "x"], "nothing behind it")):
            self.assertIn(said, self.tool("run", *words, code=2).stderr)

    def test_a_store_without_runs(self):
        empty = {"TRAINYARD_STORE": self.folder / "empty"}
        self.assertEqual(self.tool("runs", env=empty).stdout, "RUN  TARGET  FINISHED  TOOK\n")
        self.assertEqual(self.runs("--where", "rate=1"), [])
        self.assertEqual(self.tool("metrics", env=empty).stdout, "RUN  TARGET  METRIC  VALUE\n")


if __name__ == "__main__":
    support.main()

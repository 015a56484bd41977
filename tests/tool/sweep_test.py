"""Sweeps by their edges: points, failures, slots, the summary, and what the store knows of them."""
import csv
import json
import signal
import subprocess
import time

import support
from support import TOOL, Case

TRAIN = ["sh", "-c", 'echo "rate $rate"; test $rate != 9 || exit 7; echo $rate $depth > model.bin; echo "{\\"loss\\": $rate}" > m.json']


class Sweep(Case):
    def setUp(self):
        super().setUp()
        self.import_base()

    def sweep(self, points, run=None, **members):
        """Writes the specs of a run and of a sweep; `points` are values such as "rate=1"."""
        self.run_spec = self.write_run_spec(**{**dict(name="train", command=TRAIN, parameters=["rate=5", "depth=5"],
                                                      outputs=["model=model.bin"], metrics=["m.json"]), **(run or {})})
        spec = {"schema": 1, "kind": "sweep", "name": "tune", "run": str(self.run_spec), "folder": str(self.folder / "build/tune"),
                "points": [{"name": values, "values": values.split(",")} for values in points]}
        spec.update(members.pop("instead", {}), **members)
        return self.write("build/tune.sweep.json", json.dumps(spec))

    def edge(self, spec, *words, **options):
        return self.tool("sweep", "--spec", spec, *words, **options)

    def file(self, name):
        return self.folder / "build" / name

    def summary(self):
        return json.loads(self.file("tune.json").read_text())

    def start_point(self, spec, point):
        process = subprocess.Popen([TOOL, "sweep", "--spec", spec, "--point", point], env=self.environment(), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def test_the_plan_changes_with_inputs_alone(self):
        self.write("src/in.txt", "1\n")
        spec = self.sweep(["rate=1"], run={"inputs": ["in.txt"]})
        self.edge(spec, "--plan")
        first = self.file("tune.plan").stat().st_mtime_ns
        self.assertIn(str(self.folder / "src/in.txt"), self.file("tune.plan.d").read_text())
        stamp = self.file("tune.plan.stamp").stat().st_mtime_ns
        time.sleep(0.02)
        self.edge(spec, "--plan")
        self.assertEqual(self.file("tune.plan").stat().st_mtime_ns, first)
        self.assertGreater(self.file("tune.plan.stamp").stat().st_mtime_ns, stamp)
        self.write("src/in.txt", "2\n")
        self.edge(spec, "--plan")
        self.assertGreater(self.file("tune.plan").stat().st_mtime_ns, first)

    def test_a_point_is_the_run_with_its_values(self):
        spec = self.sweep(["rate=1,depth=2"])
        self.assertIn("[tune/rate=1,depth=2] trained in", self.edge(spec, "--point", "rate=1,depth=2").stderr)
        self.train(self.run_spec)
        self.assertIn("cached", self.tool("run", "-S", "rate=1", "-S", "depth=2", "train").stderr)
        # What the build tree calls it, for whoever looks at it.
        self.assertIn("rate 1", self.tool("logs", "tune/rate=1,depth=2").stdout)
        self.assertIn("in the store", self.tool("why", "tune/rate=1,depth=2").stdout)
        rows = json.loads(self.tool("runs", "tune", "--json").stdout)
        self.assertEqual([(row["parameters"]["rate"], row["current"]) for row in rows], [("1", True)])
        # Other way round: what was tried by hand is found, and shown among the points.
        self.tool("run", "-S", "rate=3", "train")
        spec = self.sweep(["rate=1,depth=2", "rate=3"])
        self.assertIn("cached", self.edge(spec, "--point", "rate=3").stderr)
        self.assertEqual(len(json.loads(self.tool("runs", "tune", "--json").stdout)), 2)

    def test_a_failed_point_is_told_at_the_end_and_tried_again(self):
        spec = self.sweep(["rate=1", "rate=9", "rate=2"], objective="loss", direction="minimize")
        for point in ("rate=1", "rate=9", "rate=2"):
            done = self.edge(spec, "--point", point)
            self.assertTrue(self.file(f"tune/{point}.stamp").exists())
        self.assertFalse(self.file("tune/rate=9.result").exists())
        done = self.edge(spec, "--summary", code=1)
        self.assertIn("1 of 3 failed", done.stderr)
        self.assertIn("  tune/rate=9: it ended with exit code 7\n    trainyard logs tune/rate=9\n", done.stderr)
        self.assertIn("rate 9", self.tool("logs", "tune/rate=9").stdout)
        self.assertEqual([self.file(f"tune/rate={n}.stamp").exists() for n in (1, 9, 2)], [True, False, True])
        self.assertEqual([point["status"] for point in self.summary()["points"]], ["done", "failed", "done"])
        self.assertFalse(self.file("tune.best").exists())
        self.assertIn("the point failed: it ended with exit code 7", self.edge(spec, "--put", "rate=9", code=1).stderr)
        # It ends well now, by another command: then its failure is forgotten.
        spec = self.sweep(["rate=1", "rate=9", "rate=2"], run={"command": ["sh", "-c", "echo x > model.bin; echo '{\"loss\": 0.5}' > m.json"]},
                          objective="loss", direction="minimize")
        for point in ("rate=1", "rate=9", "rate=2"):
            self.edge(spec, "--point", point)
        self.edge(spec, "--summary")
        self.assertEqual(self.summary()["best"], "rate=1")  # the first of equal ones
        self.assertTrue(self.file("tune.sweep.stamp").exists())

    def test_the_summary_and_the_best_point(self):
        spec = self.sweep([f"rate={n},depth=1" for n in (3, 1, 2)], objective="loss", direction="minimize")
        for n in (3, 1, 2):
            self.edge(spec, "--point", f"rate={n},depth=1")
        table = self.edge(spec, "--summary").stdout.splitlines()
        self.assertRegex(table[0], r"^RUN +rate +depth +loss +TOOK$")
        self.assertRegex(table[1], r"^[0-9a-f]{12}\* +1 +1 +1 +\S+")  # the best one first
        summary = self.summary()
        self.assertEqual(summary["objective"], {"metric": "loss", "direction": "minimize"})
        self.assertEqual([(p["point"], p["parameters"], p["metrics"]) for p in summary["points"]],
                         [(f"rate={n},depth=1", {"rate": str(n), "depth": "1"}, {"loss": n}) for n in (3, 1, 2)])
        with self.file("tune.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["point"], row["status"], row["rate"], row["loss"]) for row in rows],
                         [(f"rate={n},depth=1", "done", str(n), str(n)) for n in (3, 1, 2)])
        self.assertEqual({row["run"] for row in rows}, {p["run"] for p in summary["points"]})
        self.edge(spec, "--put", "best")
        self.assertEqual(self.file("tune/best/model.bin").read_text(), "1 1\n")
        self.edge(spec, "--put", "rate=3,depth=1")
        self.assertEqual(self.file("tune/rate=3,depth=1/model.bin").read_text(), "3 1\n")
        self.tool("assert", "--spec", self.run_spec, "--result", self.file("tune.best"), "loss==1")
        # Of many the first ones.
        spec = self.sweep([f"rate={n},depth=1" for n in (3, 1, 2)] + [f"rate=1,depth={n}" for n in range(2, 24)])
        for n in range(2, 24):
            self.file(f"tune/rate=1,depth={n}.result").write_text(self.file("tune/rate=1,depth=1.result").read_text())
        self.assertRegex(self.edge(spec, "--summary").stdout, rf"and 5 more: {self.file('tune.csv')}\n$")

    def test_a_point_that_is_no_more_is_forgotten(self):
        spec = self.sweep(["rate=1", "rate=2"])
        for n in (1, 2):
            self.edge(spec, "--point", f"rate={n}")
        self.edge(self.sweep(["rate=2"]), "--summary")
        self.assertIn("there is no such run", self.tool("logs", "tune/rate=1", code=2).stderr)
        self.assertIn("rate 2", self.tool("logs", "tune/rate=2").stdout)

    def test_what_the_store_lost_is_made_anew(self):
        spec = self.sweep(["rate=1", "rate=2"])
        for n in (1, 2):
            self.edge(spec, "--point", f"rate={n}")
        support.remove_folder(self.store)
        self.import_base()
        self.edge(spec, "--point", "rate=2")
        self.assertIn("tune/rate=1", self.edge(spec, "--summary", code=3).stderr)
        self.assertEqual([self.file(f"tune/rate={n}.stamp").exists() for n in (1, 2)], [False, True])
        self.edge(spec, "--point", "rate=1")
        self.edge(spec, "--summary")

    def test_interrupted_it_is_no_failed_point(self):
        spec = self.sweep(["rate=1"], run={"command": ["sh", "-c", "echo begun; sleep 600"]})
        process = self.start_point(spec, "rate=1")
        self.assertEqual(process.stdout.readline(), "begun\n")
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 130)
        self.assertFalse(self.file("tune/rate=1.stamp").exists())
        self.assertFalse(self.file("tune/rate=1.failed").exists())

    def test_a_point_that_somebody_stops_is_a_failed_one(self):
        spec = self.sweep(["rate=1"], run={"command": ["sh", "-c", "echo begun; sleep 600"]})
        process = self.start_point(spec, "rate=1")
        self.assertEqual(process.stdout.readline(), "begun\n")
        self.tool("stop", "tune/rate=1")
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertIn('rate=1: it was stopped by "trainyard stop"', self.edge(spec, "--summary", code=1).stderr)

    def test_no_more_points_at_a_time_than_slots(self):
        wait = ["sh", "-c", "cut -d' ' -f1 /proc/uptime > model.bin; sleep 0.5; cut -d' ' -f1 /proc/uptime >> model.bin; echo '{}' > m.json"]
        points = [f"rate={n}" for n in range(4)]
        spec = self.sweep(points, run={"command": wait}, max_parallel=2)
        for process in [self.start_point(spec, point) for point in points]:
            said, _ = process.communicate(timeout=120)
            self.assertEqual(process.returncode, 0, said)
        moments = []
        for point in points:
            self.edge(spec, "--put", point)
            begin, end = map(float, self.file(f"tune/{point}/model.bin").read_text().split())
            moments += [(begin, 1), (end, -1)]
        running = most = 0
        for _, change in sorted(moments):
            running += change
            most = max(most, running)
        self.assertLessEqual(most, 2)

    def test_what_is_in_the_store_waits_for_no_slot(self):
        points = ["rate=1", "rate=2"]
        self.edge(self.sweep(points), "--point", "rate=1")
        hold = ["sh", "-c", "test $rate = 1 || { echo begun; sleep 600; }; echo x > model.bin; echo '{}' > m.json"]
        spec = self.sweep(points, run={"command": hold}, max_parallel=1)
        self.edge(spec, "--point", "rate=1")
        process = self.start_point(spec, "rate=2")
        self.assertEqual(process.stdout.readline(), "begun\n")
        self.assertIn("cached", self.edge(spec, "--point", "rate=1").stderr)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)

    def test_mistakes(self):
        spec = self.sweep(["rate=1"], objective="los", direction="minimize")
        self.edge(spec, "--point", "rate=1")
        said = self.edge(spec, "--summary", code=2).stderr
        self.assertIn('"los": none of them has a metric of this name', said)
        self.assertIn('did you mean "loss"?', said)
        self.assertIn('did you mean "rate=1"?', self.edge(spec, "--point", "rate=11", code=2).stderr)
        self.assertIn('did you mean "rate"?', self.edge(self.sweep(["rat=1"]), "--point", "rat=1", code=2).stderr)
        for members, said in (({"direction": "minimize"}, "need each other"), ({"points": []}, "is empty"),
                              ({"points": [{"name": "a/b", "values": []}]}, "cannot be the name of a folder"),
                              ({"points": [{"name": "best", "values": []}]}, "is where the best point's outputs land"),
                              ({"points": [{"name": "a", "values": ["x"]}]}, "is not of the form name=value"),
                              ({"objektive": "loss"}, "objective"), ({"max_parallel": -1}, "max_parallel")):
            self.assertIn(said, self.edge(self.sweep(["rate=1"], instead=members), "--summary", code=2).stderr)
        self.edge(self.sweep(["rate=1"]), code=2)
        self.edge(self.sweep(["rate=1"]), "--plan", "--summary", code=2)


if __name__ == "__main__":
    support.main()

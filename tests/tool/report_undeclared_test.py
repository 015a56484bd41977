"""What a run's command looked for and did not find, because nothing declares it."""
import support
from support import Case

COMMAND = ["sh", "-c", "cat conf/x.yaml data/a.csv; cd data; cat ../deep/../made.bin; [ -e b.csv ] || echo none; cat /work/nowhere; cat /etc/none;"
           "cat __pycache__/x .hidden; [ -e /work/out ] || echo new > /work/out; [ -e /work/own ] || echo new > /work/own;"
           "[ -d /work/folder ] || cat /work/folder/file"]


class ReportUndeclared(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        for path in ("src/conf/x.yaml", "src/data/a.csv", "src/data/b.csv", "src/folder/file", "build/made.bin"):
            self.write(path, path)

    def report(self, code, **members):
        members = dict(dict(command=COMMAND, outputs=["out"], inputs=["data/*a.csv"]), **members)
        spec = self.write_run_spec(**members)
        done = self.tool("run", "--spec", spec, "--report-undeclared", code=code)
        return done.stdout, done.stderr

    def test_what_was_missing_and_where_it_is(self):
        out, err = self.report(1)
        self.assertEqual(out.splitlines(), [
            "conf/x.yaml: it is in the source folder; declare it: INPUTS conf/x.yaml",
            "data/b.csv: it is in the source folder; declare it: INPUTS data/b.csv",
            "folder/file: it is in the source folder; declare it: INPUTS folder/file",
            f"made.bin: it is in the build folder; declare it, or the run that makes it: INPUTS {self.folder}/build/made.bin",
            "nowhere: it is neither in the source folder nor in the build folder"])
        self.assertIn("src/data/a.csv", err)  # what the command printed
        self.assertIn("none", err)

    def test_nothing_is_kept_or_changed(self):
        self.report(1)
        self.assertFalse((self.folder / "build/out").exists())
        self.assertEqual(self.tool("runs", "--csv").stdout.count("\n"), 1)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])

    def test_by_name_and_with_all_declared(self):
        self.train(self.write_run_spec(command=["sh", "-c", "cat data/a.csv > out"], outputs=["out"], inputs=["data"], parameters=["k=1"]))
        done = self.tool("run", "--report-undeclared", "-S", "k=2", "train")
        self.assertEqual(done.stdout, "")
        self.assertIn("[train] found all that it looked for below /work", done.stderr)
        self.assertIn("one training run is named", self.tool("run", "--report-undeclared", code=2).stderr)

    def test_an_ordinary_user_in_the_container(self):
        self.build("FROM base\nUSER worker\n", "-t", "worker")
        out, _ = self.report(1, image="worker", command=["cat", "conf/x.yaml"])
        self.assertEqual(out, "conf/x.yaml: it is in the source folder; declare it: INPUTS conf/x.yaml\n")

    def test_checkpoints_are_those_of_a_first_try(self):
        self.build("FROM base\nUSER worker\n", "-t", "worker")
        out, err = self.report(0, image="worker", checkpoints="ck", command=[
            "sh", "-c", "ls $TRAINYARD_CHECKPOINTS; echo resume $TRAINYARD_RESUME; echo 1 > ck/last; mkdir mine; echo x > mine/x"])
        self.assertEqual(out, "")
        self.assertIn("resume\n", err)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])


if __name__ == "__main__":
    support.main()

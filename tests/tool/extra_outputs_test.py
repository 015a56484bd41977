"""Files that a command writes beside its outputs are named, and the training is not lost over them."""
import json

import support
from support import Case

COMMAND = ["sh", "-c", "echo m > model; mkdir -p logs/deep __pycache__ .cache out; echo 1 > logs/a; echo 2 > logs/deep/b; ln -s a logs/c;"
           "echo x > __pycache__/x.pyc; echo x > .cache/x; echo x > x.pyc; echo x > notes~; echo x > out/anything; echo x > /tmp/x"]


class ExtraOutputs(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.write("src/params.json", json.dumps({"a": 1}))
        self.write("src/data/in.txt", "in")

    def run_it(self, code=0, **members):
        members = dict(dict(command=COMMAND, outputs=["model", "out"], inputs=["data/in.txt"], parameters_file="params.json",
                            parameter_keys=["a"]), **members)
        return self.train(self.write_run_spec(**members), code=code).stderr

    def test_they_are_errors_that_name_them(self):
        said = self.run_it(code=1)
        self.assertIn("the command wrote files that nothing declares, and they are not kept: logs/a, logs/c, logs/deep/b\n", said)
        self.assertIn("EXTRA_OUTPUTS", said)
        self.assertFalse((self.folder / "build/model").exists())

    def test_allowing_them_afterwards_trains_nothing_again(self):
        self.run_it(code=1)
        said = self.run_it(extra_outputs="warn")
        self.assertIn("cached", said)
        self.assertIn("warning: written beside the declared outputs, and not kept: logs/a, logs/c, logs/deep/b", said)
        said = self.run_it(extra_outputs="ignore")
        self.assertIn("cached", said)
        self.assertNotIn("logs", said)
        self.assertEqual((self.folder / "build/model").read_text(), "m\n")
        self.assertFalse((self.folder / "build/logs").exists())

    def test_declared_folders_take_all(self):
        self.run_it(outputs=["model", "out", "logs"])
        self.assertEqual((self.folder / "build/logs/deep/b").read_text(), "2\n")

    def test_many_are_named_in_part(self):
        said = self.run_it(code=1, command=["sh", "-c", "for i in $(seq 100 200); do echo > $i; done; echo > model; mkdir out"])
        self.assertIn(", 119", said)
        self.assertNotIn(", 150", said)
        self.assertIn("and more", said)

    def test_another_word_is_refused(self):
        self.assertIn("must be error, warn or ignore", self.run_it(code=2, extra_outputs="allow"))


if __name__ == "__main__":
    support.main()

"""Parameters of runs that stand in a file: only those that are named count, and only they are seen."""
import json

import support
from support import Case

YAML = """# what the project tunes
train:
  rate: 1e-5
  name: 'first'
  layers: [64, 32]
other: 1
"""


class ParametersFile(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.write("src/params.yaml", YAML)

    def run_it(self, code=0, **members):
        """Trains; returns what the command saw, what the tool said, and whether it trained."""
        defaults = dict(command=["sh", "-c", 'echo "{train.rate} $(cat params.*)"; env | grep ^train | sort; echo x > m'],
                        outputs=["m"], parameters_file="params.yaml", parameter_keys=["train.rate"])
        defaults.update(members)
        done = self.train(self.write_run_spec(**defaults), code=code)
        return done.stdout, done.stderr, "trained in" in done.stderr

    def test_the_command_sees_the_named_keys_alone(self):
        seen, _, _ = self.run_it(parameter_keys=["train.rate", "train.layers", "train.name"])
        self.assertEqual(seen, '1e-05 {"train": {"layers": [64, 32], "name": "first", "rate": 1.0e-05}}\n'
                         "train_layers=[64,32]\ntrain_name=first\ntrain_rate=1e-05\n")

    def test_other_keys_do_not_count(self):
        self.assertTrue(self.run_it()[2])
        self.assertFalse(self.run_it()[2])
        self.write("src/params.yaml", YAML.replace("other: 1", "other: 2").replace("first", "second").replace("# what", "# all that"))
        self.assertFalse(self.run_it()[2])
        self.write("src/params.yaml", YAML.replace("1e-5", "2e-5"))
        seen, _, trained = self.run_it()
        self.assertTrue(trained)
        self.assertIn("2.0e-05", seen)
        self.write("src/params.yaml", YAML)
        self.assertFalse(self.run_it()[2])
        self.assertIn(str(self.folder / "src/params.yaml"), (self.folder / "build/train.d").read_text())

    def test_json_and_toml(self):
        self.write("src/params.json", json.dumps({"train": {"rate": 0.5, "x": None}, "y": 1}))
        seen, _, _ = self.run_it(parameters_file="params.json")
        self.assertEqual(json.loads(seen[len("0.5 "):seen.index("}\n}") + 3]), {"train": {"rate": 0.5}})
        self.write("src/params.toml", 'y = 1\n[train]\nrate = 0.25\nday = 2026-01-02\n')
        seen, _, _ = self.run_it(parameters_file="params.toml", parameter_keys=["train.rate", "train.day"])
        self.assertEqual(seen, "0.25 [train]\nday = '2026-01-02'\nrate = 0.25\ntrain_day=2026-01-02\ntrain_rate=0.25\n")

    def test_what_is_given_takes_a_key_s_place(self):
        seen, _, _ = self.run_it(parameters=["train.rate=0.5"])
        self.assertEqual(seen, '0.5 {"train": {"rate": 0.5}}\ntrain_rate=0.5\n')
        self.assertFalse(self.run_it(parameters=["train.rate=0.5"])[2])

    def test_the_file_cannot_be_written(self):
        _, said, _ = self.run_it(command=["sh", "-c", "echo a >> params.yaml"], code=1)
        self.assertIn("train", said)
        self.assertEqual((self.folder / "src/params.yaml").read_text(), YAML)

    def test_mistakes(self):
        for members, cause in (
                (dict(parameter_keys=["train.rat"], command=["true"]), 'it has no key "train.rat"\nhint: did you mean "train.rate"?'),
                (dict(parameter_keys=["other.rate"], command=["true"]), 'it has no key "other.rate"'),
                (dict(parameter_keys=["a b"]), "is not of the form section.name"),
                (dict(parameter_keys=[]), "need each other"),
                (dict(parameters_file="none.yaml"), "there is no such file"),
                (dict(parameters_file="params.txt"), "its name tells no kind of file"),
                (dict(parameters=["train-rate=1"]), "would be one environment variable, train_rate"),
                (dict(inputs=["params.yaml"]), "puts two inputs at"),
                (dict(command=["echo", "{other}"]), "{other} names no parameter")):
            self.write("src/params.txt", "x")
            _, said, _ = self.run_it(code=2, **members)
            self.assertIn(cause, said)
        for text, cause in (("a: [1\n", "params.yaml:2:1: this is not valid YAML"), ("- 1\n", "it holds no keys"), ("", "it holds no keys")):
            self.write("src/params.yaml", text)
            self.assertIn(cause, self.run_it(code=2)[1])


if __name__ == "__main__":
    support.main()

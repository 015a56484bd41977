"""why of a run: before anything is spent, what differs from the last time."""
import json

import support
from support import Case


class WhyRun(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.write("src/data/a.txt", "a")
        self.write("src/data/sub/b.txt", "b")
        self.write("src/params.json", '{"epochs": 3, "x": 1}')
        self.members = dict(command=["sh", "-c", "cat data/a.txt > m"], inputs=["data"], outputs=["m"], parameters=["rate=0.1"],
                            environment=["MODE=fast"], parameters_file="params.json", parameter_keys=["epochs"])
        self.train(self.write_run_spec(**self.members))

    def why(self, **members):
        self.write_run_spec(**{**self.members, **members})
        return self.tool("why", "train").stdout.strip()

    def test_what_is_in_the_store(self):
        self.assertRegex(self.why(), r"^train: in the store; it took \S+ s$")
        told = json.loads(self.tool("why", "train", "--json").stdout)
        self.assertEqual((told["run"], told["in_store"], told["reason"]), ("train", True, ""))
        self.assertEqual(told["key"], (self.folder / "build/train.result").read_text().split()[0])

    def test_the_first_thing_that_differs(self):
        for members, reason in (
                (dict(parameters=["rate=0.2"]), 'parameter rate was "0.1", is "0.2"'),
                (dict(parameters=["rate=0.1", "more=1"]), 'parameter more is new: "1"'),
                (dict(parameters=[]), "parameter rate is gone"),
                (dict(environment=["MODE=slow"]), 'variable MODE was "fast", is "slow"'),
                (dict(command=["true"]), 'the command was "["sh","-c","cat data/a.txt > m"]", is "["true"]"'),
                (dict(outputs=["m", "n"]), "the outputs are others"),
                (dict(network="host"), 'the network was "none", is "host"'),
                (dict(inputs=["data", "data2=params.json"]), "input /work/data2 is new"),
                (dict(inputs=[]), "input /work/data is gone")):
            self.assertRegex(self.why(**members), r"^train: to be run: .*; the last run took \S+ s$")
            self.assertIn(": to be run: " + reason + ";", self.why(**members))
        self.assertRegex(self.why(), "in the store")

    def test_files(self):
        self.write("src/data/sub/b.txt", "changed")
        self.assertIn(f"{self.folder}/src/data/sub/b.txt has changed", self.why())
        self.write("src/data/sub/b.txt", "b")
        self.write("src/data/new.txt", "")
        self.assertIn(f"{self.folder}/src/data/new.txt is new", self.why())
        (self.folder / "src/data/new.txt").unlink()
        (self.folder / "src/data/a.txt").unlink()
        self.assertIn(f"{self.folder}/src/data/a.txt is gone", self.why())

    def test_a_parameters_file(self):
        self.write("src/params.json", '{"epochs": 3, "x": 2}')
        self.assertIn("in the store", self.why())
        self.write("src/params.json", '{"epochs": 4, "x": 2}')
        self.assertIn('parameter epochs was "3", is "4"', self.why())

    def test_another_image(self):
        self.build("FROM base\nRUN echo > /x\n", "-t", "other")
        self.assertIn("layer 2 of 2 of the image is new", self.why(image="other"))
        self.build("FROM scratch\nCOPY --from=base / /\nCOPY Dockerfile /\n", "-t", "third")
        self.assertIn("layer 1 of 2 of the image has changed", self.why(image="third"))

    def test_nothing_ran_and_nothing_ran_yet(self):
        spec = self.write_run_spec("other", command=["false"])
        self.train(spec, code=1)
        self.assertEqual(self.tool("why", "other").stdout, "other: to be run: no run of it has ended well yet\n")
        self.assertEqual(len(json.loads(self.tool("runs", "--json").stdout)), 1)
        self.assertIn("nosuch", self.tool("why", "nosuch", code=None).stderr)


if __name__ == "__main__":
    support.main()

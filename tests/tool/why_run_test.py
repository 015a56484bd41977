"""why of a run: before anything is spent, what differs from the last time."""
import json
import os
import pty
import subprocess

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

    def confirm(self, limit, code=0, **members):
        spec = self.write_run_spec(**{**self.members, **members})
        words = ["run", "--spec", spec, "--result", self.folder / "build/r"]
        return self.tool(*words, code=code, env={"TRAINYARD_CONFIRM_ABOVE": limit}).stderr

    def test_what_took_long_is_not_repeated_without_a_word(self):
        slow = dict(command=["sh", "-c", "sleep 0.3; echo {rate} > m"])
        self.assertNotIn("again", self.confirm("1h", **slow))
        self.assertIn("cached", self.confirm("0.1s", **slow))
        said = self.confirm("0.1s", code=1, parameters=["rate=0.2"], **slow)
        self.assertIn('parameter rate was "0.1", is "0.2", and TRAINYARD_CONFIRM_ABOVE is 0.1s', said)
        self.assertIn(f"TRAINYARD_CONFIRM_ABOVE= cmake --build {self.folder}/build --target train\n", said)
        for limit in ("1h", "", "0"):
            code = 1 if limit == "0" else 0
            self.confirm(limit, code=code, parameters=["rate=0.3" if limit != "0" else "rate=0.4"], **slow)
        self.assertIn("TRAINYARD_CONFIRM_ABOVE", self.confirm("soon", code=2, **slow))

    def test_on_a_terminal_it_asks(self):
        spec = self.write_run_spec(**{**self.members, "parameters": ["rate=0.7"]})
        for answer, code in ((b"\n", 1), (b"n\n", 1), (b"y\n", 0)):
            master, slave = pty.openpty()
            process = subprocess.Popen([support.TOOL, "run", "--spec", spec, "--result", self.folder / "build/r"], stdin=slave,
                                       stdout=slave, stderr=slave, env=self.environment(TRAINYARD_CONFIRM_ABOVE="0"))
            os.close(slave)
            said = b""
            while b"[y/N] " not in said:
                said += os.read(master, 1000)
            os.write(master, answer)
            try:
                while more := os.read(master, 1000):
                    said += more
            except OSError:
                pass  # the other side is closed
            os.close(master)
            self.assertEqual(process.wait(60), code, said)
            self.assertIn(b'parameter rate was "0.1", is "0.7"', said)


if __name__ == "__main__":
    support.main()

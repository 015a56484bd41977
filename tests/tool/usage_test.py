"""Wrong use of every command: the exit code, and a message that says what was wrong and what to do."""
import json

import support
from support import Case

# words, exit code, what standard error must hold
WRONG = [
    (["biuld"], 2, ['no such command', 'did you mean "build"?']),
    (["build"], 2, ["the context is missing", "trainyard build ."]),
    (["build", "nowhere"], 2, ["nowhere", "it is not a folder"]),
    (["build", "--targt", "x", "."], 2, ["--targt", 'did you mean "--target"?']),
    (["build", "--progress", "fancy", "."], 2, ["--progress", "fancy"]),
    (["build", "-t", "UPPER CASE", "."], 2, ["UPPER CASE"]),
    (["build", "--build-context", "x", "."], 2, ["--build-context", "name=source"]),
    (["build", "-f", "missing/Dockerfile", "."], 2, ["missing/Dockerfile"]),
    (["pull", "python"], 2, ["registries are not spoken to", "trainyard import"]),
    (["exec"], 2, ["no such command", "trainyard shell RUN"]),
    (["build", "--spec", "missing.json"], None, ["missing.json"]),
    (["run"], 125, ["the image is missing", "trainyard images"]),
    (["run", "no-such-image"], 125, ["no-such-image"]),
    (["run", "--memory", "lots", "base"], 125, ["--memory", "lots", "512m"]),
    (["run", "-v", "/nowhere-at-all:/x", "base"], 125, ["/nowhere-at-all"]),
    (["run", "-v", "nonsense", "base"], 125, ["--volume", "nonsense"]),
    (["run", "--network", "brigde", "base"], 125, ["--network", "brigde"]),
    (["run", "-p", "80:8080", "base"], 125, ["80:8080"]),
    (["run", "-e", "=x", "base"], 125, ["--env"]),
    (["run", "--cpus", "-1", "base"], 125, ["--cpus"]),
    (["run", "-w", "/proc/x", "base", "true"], 125, ["/proc/x"]),
    (["run", "-v", "/tmp:/proc/x", "base", "true"], 125, ["/proc/x"]),
    (["shell"], 2, ["shell"]),
    (["shell", "no-such-thing"], 2, ["no-such-thing", "neither an image nor a run"]),
    (["logs", "no-such-run"], None, ["no-such-run"]),
    (["images", "--jsn"], 2, ["--jsn", "--json"]),
    (["history", "no-such-image"], None, ["no-such-image"]),
    (["inspect", "no-such-image"], None, ["no-such-image"]),
    (["import", "/no/such.tar"], 2, ["/no/such.tar"]),
    (["import", "Dockerfile.txt"], None, ["Dockerfile.txt"]),
    (["rmi", "no-such-image"], None, ["no-such-image"]),
    (["init", "cpp"], 2, ["trainyard init TEMPLATE DIR", "cpp"]),
    (["init", "cobol", "new"], 2, ["cobol", "cpp"]),
    (["init", "cpp", "full"], 2, ["full", "not empty"]),
    (["doctor", "--jason"], 2, ["--jason"]),
    (["restore"], 2, ["--spec"]),
    (["assert", "--spec", "a"], 2, ["--result"]),
]

DOCKERFILES = [
    ("FORM base\n", ["Dockerfile:1:1", "FORM", "FROM", "^"]),
    ("FROM base\nRUN --mont=type=cache,target=/x true\n", ["Dockerfile:2:5", "--mont"]),
    ("FROM base\nCOPY a\n", ["Dockerfile:2", "COPY"]),
    ("FROM base\nCOPY --from=nowhere /a /b\n", ["Dockerfile:2", "nowhere"]),
    ("FROM nosuchbase\n", ["Dockerfile:1", "nosuchbase", "registries are not spoken to"]),
    ("FROM base AS prep\nFROM base\nCOPY --from=perp /a /b\n", ["Dockerfile:3", 'did you mean "prep"?']),
    ("", ["Dockerfile"]),
    ("FROM base\nENV\n", ["Dockerfile:2", "ENV"]),
    ("FROM base\nCOPY ${x /a\n", ["Dockerfile:2"]),
    ("FROM base\nWORKDIR /proc/x\n", ["/proc/x"]),
    ("FROM base\nUSER ghost\nRUN true\n", ["ghost"]),
]


class Usage(Case):
    def test_every_command_used_wrongly(self):
        self.import_base()
        self.write("Dockerfile.txt", "FROM base\n")
        self.write("full/file", "x")
        for words, code, fragments in WRONG:
            with self.subTest(words=words):
                done = self.tool(*words, code=code)
                self.assertNotEqual(done.returncode, 0, done.stderr)
                self.assertIn("trainyard: error:", done.stderr)
                for fragment in fragments:
                    self.assertIn(fragment, done.stderr)

    def test_dockerfiles_with_mistakes(self):
        self.import_base()
        for text, fragments in DOCKERFILES:
            with self.subTest(text=text):
                _, error = self.build(text, code=None)
                for fragment in fragments:
                    self.assertIn(fragment, error)

    def test_specs_with_mistakes(self):
        for change, fragments in (
                ({"schema": 2}, ["schema"]), ({"comand": ["x"]}, ["comand", 'did you mean "command"?']),
                ({"command": "x"}, ["command"]), ({"outputs": ["../x"]}, ["../x"]), ({"outputs": ["/x"]}, ["/x"]),
                ({"outputs": ["a", "a/b"]}, ["a/b"]), ({"network": "bridge"}, ["bridge"]), ({"memory": "much"}, ["much"]),
                ({"timeout": "soon"}, ["soon"]), ({"command": ["x", "{nope}"]}, ["nope"]),
                ({"image": "no-such-image"}, ["no-such-image"])):
            with self.subTest(change=change):
                spec = self.write_run_spec(**change)
                done = self.tool("run", "--spec", spec, code=None)
                self.assertNotEqual(done.returncode, 0)
                for fragment in fragments:
                    self.assertIn(fragment, done.stderr)

    def test_a_build_argument_that_the_environment_does_not_have_keeps_the_default(self):
        self.import_base()
        self.build("FROM base\nARG V=own\nLABEL v=$V\n", "--build-arg", "V", "-t", "labelled")
        self.assertIn('"v": "own"', self.tool("inspect", "labelled").stdout)
        self.build("FROM base\nARG V=own\nLABEL v=$V\n", "--build-arg", "V", "-t", "labelled", env={"V": "given"})
        self.assertIn('"v": "given"', self.tool("inspect", "labelled").stdout)

    def test_json_progress_is_json_alone(self):
        self.import_base()
        _, lines = self.build("FROM base\nRUN true\n", "--progress", "json", "--build-arg", "UNUSED=1")
        self.assertIn("warning", [json.loads(line)["event"] for line in lines.splitlines()])

    def test_help_is_there_for_every_command(self):
        overview = self.tool("--help").stdout
        commands = [line.split()[0] for line in overview.splitlines() if line.startswith("  ")]
        self.assertGreaterEqual(len(commands), 13)
        for command in commands:
            self.assertIn(command, self.tool(command, "--help").stdout)
        self.assertRegex(self.tool("--version").stdout, r"^trainyard \d+\.\d+\.\d+\n$")

    def test_doctor_says_what_the_machine_can_do(self):
        findings = json.loads(self.tool("doctor", "--json").stdout)
        grades = {f["grade"] for f in findings}
        self.assertNotIn("bad", grades, findings)
        for finding in findings:
            if finding["grade"] != "good":
                self.assertTrue(finding["mend"], finding)
        self.assertEqual(list((self.store / "engine").glob("doctor-*")), [])


if __name__ == "__main__":
    support.main()

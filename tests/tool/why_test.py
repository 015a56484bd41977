"""What a build says of the steps that it makes, `why` and --dry-run before it, and shells in its steps."""
import json
import os
import subprocess

import support
from support import Case

DOCKERFILE = """FROM base AS made
ARG rate=1
COPY data /data/
RUN echo $rate > /rate
FROM base
COPY --from=made /rate /x/
RUN cat /x/rate
"""


class Why(Case):
    def setUp(self):
        super().setUp()
        self.base = self.import_base()
        for name in ("a", "b"):
            self.write(f"context/data/{name}", name)
        self.write("context/Dockerfile", DOCKERFILE)

    def why(self, *words):
        """Text -> reason of the steps that would be made."""
        told = json.loads(self.tool("why", "--json", "made", *words).stdout)
        return {step["text"]: step.get("reason") for step in told["steps"] if not step["cached"]}

    def dry_run(self, *words):
        return self.tool("build", "--dry-run", "-t", "made", *words, self.folder / "context").stdout

    def reasons(self, dockerfile=DOCKERFILE, *words):
        """Builds; text -> reason of the steps that were made."""
        return {e["text"]: e.get("reason") for e in self.events(dockerfile, "-t", "made", *words) if e["event"] == "started"}

    def test_the_first_build_compares_with_nothing(self):
        self.assertIn("4 of 4 steps would be made", self.dry_run())
        self.assertEqual(set(self.reasons().values()), {None})
        self.assertEqual(self.why(), {})
        self.assertIn("0 of 4 steps would be made", self.dry_run())

    def test_nothing_is_made(self):
        self.dry_run()
        self.assertEqual(os.listdir(self.store / "steps"), [])
        self.assertEqual(len(os.listdir(self.store / "layers")), 1)

    def test_files_are_named(self):
        self.reasons()
        copy = "COPY data /data/"
        os.utime(self.folder / "context/data/a")
        self.assertEqual(self.why(), {})
        self.write("context/data/a", "changed")
        self.assertEqual(self.why()[copy], "data/a has changed")
        self.assertEqual(self.reasons()[copy], "data/a has changed")
        self.write("context/data/c", "c")
        self.assertEqual(self.why()[copy], "data/c is new")
        (self.folder / "context/data/c").unlink()
        (self.folder / "context/data/b").unlink()
        self.assertEqual(self.why()[copy], "data/b of the image is no longer among the sources")

    def test_arguments_commands_and_what_follows(self):
        self.reasons()
        told = self.dry_run("--build-arg", "rate=2")
        self.assertIn('RUN echo $rate > /rate  to be made: variable rate was "1", is "2"; took ', told)
        self.assertIn("COPY --from=made /rate /x/  to be made: it copies from a stage that would be made anew", told)
        self.assertIn("3 of 4 steps would be made; they took ", told)
        found = self.reasons(DOCKERFILE.replace("RUN cat", "RUN test -e"))
        self.assertEqual(found, {"RUN test -e /x/rate": "the command has changed"})
        found = self.reasons(DOCKERFILE.replace("/data/\n", "/data/\nRUN true\n"))
        self.assertEqual(found["RUN true"], "the instruction is new")
        self.assertIsNone(found["RUN echo $rate > /rate"])

    def test_the_base_and_the_flag(self):
        self.reasons()
        self.write("other/bin/x", "x")
        self.tool("import", "-t", "other", self.folder / "other")
        self.assertIn("COPY data /data/  to be made: --no-cache", self.dry_run("--no-cache"))
        self.write("context/Dockerfile", DOCKERFILE.replace("FROM base AS", "FROM other AS"))
        self.assertEqual(self.why()["COPY data /data/"], "the base image is another one")

    def test_what_cannot_be_known_is_said(self):
        done = self.tool("why", "mad", code=2)
        self.assertIn("no build of an image is known by this name", done.stderr)
        self.reasons()
        os.remove(self.folder / "context/Dockerfile")
        self.assertIn("Dockerfile", self.tool("why", "made", code=2).stderr)

    def test_a_target_of_a_build_tree(self):
        build = self.folder / "build"
        build.mkdir()
        spec = build / "trainer.image.json"
        spec.write_text(json.dumps({"schema": 1, "kind": "image", "name": "trainer", "build_dir": str(build),
                                    "dockerfile": str(self.folder / "context/Dockerfile"),
                                    "context": str(self.folder / "context")}))
        self.tool("build", "--spec", spec)
        self.assertIn("0 of 4 steps", self.tool("why", "trainer").stdout)
        self.write("context/data/a", "changed")
        self.assertIn("[trainer made 1/4] COPY data /data/  to be made: data/a has changed", self.tool("why", "trainer").stdout)

    def test_plain_lines_tell_the_reason(self):
        self.build(DOCKERFILE, "-t", "made")
        self.write("context/data/a", "changed")
        _, said = self.build(DOCKERFILE, "-t", "made")
        self.assertRegex(said, r"\[made made 1/4\] COPY data /data/  [0-9.]+ s  \(data/a has changed\)\n")


class StepShell(Case):
    FAILS = ("FROM base\nENV a=1\nRUN echo one > /one\nWORKDIR /w\nUSER worker\nUSER root\n"
             "RUN echo two > two && rm /one && exit 4\nRUN true\n")

    def setUp(self):
        super().setUp()
        self.base = self.import_base()

    def shell(self, number, commands, name="made", code=0):
        done = subprocess.run([support.TOOL, "shell", "--step", str(number), name], input=commands, text=True,
                              env=self.environment(), cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def trees(self):
        return set(os.listdir(self.store / "layers"))

    def test_a_failed_step_is_as_it_left_everything(self):
        _, said = self.build(self.FAILS, "-t", "made", code=1)
        self.assertIn("hint: look around where it stopped: trainyard shell --step 3 made\n", said)
        self.assertEqual(self.shell(3, "pwd; cat two; ls /one 2>/dev/null; echo $a\n"), "/w\ntwo\n1\n")
        self.shell(3, "echo more > /more\n")
        self.assertEqual(self.shell(3, "ls /more 2>/dev/null; echo over\n"), "over\n")

    def test_the_next_failure_takes_its_place(self):
        self.build(self.FAILS, "-t", "made", code=1)
        before = self.trees()
        self.build(self.FAILS.replace("two > two", "three > two"), "-t", "made", code=1)
        self.assertEqual(len(self.trees()), len(before))
        self.assertEqual(self.shell(3, "cat two\n"), "three\n")

    def test_gc_takes_what_a_failed_step_left(self):
        self.build(self.FAILS, "-t", "made", code=1)
        before = self.trees()
        self.tool("check")
        self.assertEqual(self.trees(), before)
        self.tool("gc", "--unused-for", "0")
        self.assertLess(len(self.trees()), len(before))
        self.assertIn("no build of an image is known", self.shell(3, "", code=2))

    def test_what_an_open_shell_stands_in_stays(self):
        self.build(self.FAILS, "-t", "made", code=1)
        with subprocess.Popen([support.TOOL, "shell", "--step", "3", "made"], env=self.environment(), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=self.folder) as shell:
            shell.stdin.write("cat two\n")
            shell.stdin.flush()
            self.assertEqual(shell.stdout.readline(), "two\n")
            before = self.trees()
            self.build(self.FAILS.replace("two > two", "three > two"), "-t", "made", code=1)
            self.tool("rmi", "base")
            self.tool("gc", "--unused-for", "0")
            self.assertLessEqual(before, self.trees())
            shell.stdin.write("cat two /bin/sh | wc -c\n")
            shell.stdin.close()
            self.assertGreater(int(shell.stdout.readline()), 4)
            self.assertEqual(shell.wait(timeout=60), 0)
        self.tool("gc", "--unused-for", "0")
        self.assertEqual(self.trees(), set())

    def test_steps_that_went_well(self):
        self.build(self.FAILS.replace(" && exit 4", ""), "-t", "made")
        self.assertEqual(self.shell(1, "cat /one; pwd\n"), "one\n/\n")
        self.assertEqual(self.shell(3, "cat /w/two; ls /one 2>/dev/null; echo $a\n"), "two\n1\n")
        self.assertIn("it has 4 steps", self.shell(9, "", code=2))
        self.write("context/Dockerfile", self.FAILS.replace("one > /one", "other > /one"))
        self.assertIn("not in the store as the sources stand now", self.shell(1, "", code=2))


if __name__ == "__main__":
    support.main()

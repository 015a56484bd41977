"""The manual page trainyard(1): made from the tool's own tables, complete, and without a formatter's warning."""
import os
import pathlib
import re
import subprocess

import support
from support import Case

SOURCE = pathlib.Path(__file__).parents[2]


class Manual(Case):
    def setUp(self):
        super().setUp()
        self.page = self.folder / "trainyard.1"
        self.tool("internal-manual", SOURCE / "docs/trainyard.1.in", self.page)

    def format(self):
        environment = dict(os.environ, LC_ALL="C.UTF-8", MANWIDTH="200", MANROFFSEQ="", MAN_KEEP_FORMATTING="")
        done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", self.page], env=environment, text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        return re.sub("\x1b\\[[0-9;]*m|.\b", "", done.stdout), done.stderr

    def test_a_formatter_has_nothing_to_say(self):
        text, warnings = self.format()
        self.assertEqual(warnings, "")
        self.assertIn("TRAINYARD(1)", text)
        self.assertNotIn("@", re.sub(r"target@build-dir", "", text))

    def test_it_holds_every_command_with_every_option_of_its_help(self):
        text, _ = self.format()
        sections = dict(re.findall(r"^ {3}trainyard (\S+)[^\n]*\n(.*?)(?=^ {3}\S|^\S)", text, re.M | re.S))
        for line in self.tool("--help").stdout.splitlines():
            if not line.startswith("  "):
                continue
            command = line.split()[0]
            help_text = self.tool(command, "--help").stdout
            options = re.findall(r"(?<![\w-])--?[a-z][a-z-]*", "\n".join(
                line.split("  ")[1] for line in help_text.splitlines() if line.startswith("  -")))
            self.assertIn("--help", options)
            for option in options:
                self.assertRegex(sections[command], rf"(?<![\w-]){option}(?![\w-])", f"{command} {option}")

    def test_it_holds_the_variables_that_the_manual_explains(self):
        variables = set(re.findall(r"^\| `(TRAINYARD_\w+)` \|", (SOURCE / "docs/manual.md").read_text(), re.M))
        self.assertGreaterEqual(len(variables), 5)
        text, _ = self.format()
        for variable in variables:
            self.assertIn(variable, text)

    def test_wrong_calls_are_refused(self):
        self.assertIn("trainyard: error:", self.tool("internal-manual", code=2).stderr)
        self.write("text.in", "no mark\n")
        self.assertIn("@VERSION@", self.tool("internal-manual", "text.in", "out", code=2).stderr)
        self.assertIn("trainyard: error:", self.tool("internal-complete", "x", code=2).stderr)


if __name__ == "__main__":
    support.main()

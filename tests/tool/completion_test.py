"""bash completion: a real bash reads the file and completes, called as a function and by TAB on a terminal.

What the commands take is read from their --help, so an option that completion does not know fails here.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import time

import support
from support import TOOL, Case

FILE = pathlib.Path(__file__).parents[2] / "tool/cli/completion.bash"
BREAKS = " \t\n\"'@><=;|&(:"


def options_in(help_text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", "\n".join(
        line for line in help_text.splitlines() if line.startswith("  -"))))


class Completion(Case):
    def setUp(self):
        super().setUp()
        self.script = self.folder / "completion.bash"
        try:
            shutil.copy(FILE, self.script)
        except OSError as error:
            self.skipTest(f"{FILE} cannot be read: {error}")

    def complete(self, line, **extra):
        """What the function puts in COMPREPLY for a line whose cursor is at its end."""
        script = ('source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; COMP_WORDBREAKS=$3; _trainyard "$4" "" ""; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", self.script, line, BREAKS, TOOL],
                              env=self.environment(**extra), cwd=self.folder, text=True, check=True, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.stderr, "")
        return done.stdout.split()

    def commands(self):
        return [line.split()[0] for line in self.tool("--help").stdout.splitlines() if line.startswith("  ")]

    def test_every_command_and_option_of_the_help_is_offered(self):
        commands = self.commands()
        self.assertGreaterEqual(len(commands), 13)
        self.assertEqual(set(self.complete("trainyard ")), set(commands) | {"--help", "--version"})
        self.assertEqual(self.complete("trainyard bui"), ["build"])
        self.assertEqual(self.complete("trainyard internal"), [])
        for command in commands:
            wanted = options_in(self.tool(command, "--help").stdout)
            self.assertIn("--help", wanted)
            self.assertEqual(set(self.complete(f"trainyard {command} --")), wanted, command)

    def test_the_words_that_an_option_takes(self):
        self.assertEqual(self.complete("trainyard build --progress "), ["auto", "json", "plain", "quiet"])
        self.assertEqual(self.complete("trainyard run --network=h"), ["host"])
        self.assertEqual(self.complete("trainyard run --net p"), ["private"])
        self.assertEqual(self.complete("trainyard build --runtime "), ["crun", "runc"])
        self.assertEqual(self.complete("trainyard init "), ["cpp", "libtorch", "pytorch", "sklearn", "xgboost"])
        self.assertEqual(self.complete("trainyard build -t "), [])

    def test_images_by_tag_and_target(self):
        self.assertEqual(self.complete("trainyard inspect "), [])
        self.assertFalse(self.store.exists(), "completing made a store")
        self.import_base("lab/base:2")
        build = self.folder / "build"
        build.mkdir()
        root = support.make_busybox_root(self.folder / "root")
        self.tool("import", "-t", "plain", "--name", "the_target", "--build-dir", build, root)
        self.assertEqual(self.complete("trainyard inspect "), ["lab/base:2", "plain:latest", "the_target"])
        self.assertEqual(self.complete("trainyard run -e A=b --name x lab"), ["lab/base:2"])
        self.assertEqual(self.complete("trainyard rmi plain:latest lab/base:"), ["2"])
        self.assertEqual(self.complete("trainyard history \"lab/base:"), ["lab/base:2"])
        # What stands behind the image is the container's, and no option of ours.
        self.assertEqual(self.complete("trainyard run plain --"), [])
        # Another store.
        self.assertEqual(self.complete(f"trainyard inspect --store {self.store} lab", TRAINYARD_STORE="/nowhere"),
                         ["lab/base:2"])
        self.assertEqual(self.complete("trainyard inspect lab", TRAINYARD_STORE="/nowhere"), [])

    def test_runs_by_target_and_by_build_tree_where_two_have_it(self):
        self.import_base()
        self.train(self.write_run_spec("fit"))
        self.train(self.write_run_spec("train"))
        self.assertEqual(self.complete("trainyard logs "), ["fit", "train"])
        self.assertEqual(self.complete("trainyard logs -f t"), ["train"])
        self.assertIn("base:latest", self.complete("trainyard shell "))
        self.assertIn("train", self.complete("trainyard shell "))
        other = self.folder / "other build"
        other.mkdir()
        self.train(self.write_run_spec("train", build_dir=str(other), parameters=["a=1"]))
        words = self.complete("trainyard logs train")
        self.assertEqual(len(words), 3, words)  # the blank of one parts it, behind its backslash
        self.assertTrue(all(word.startswith("train@") for word in words if "/" in word), words)

    def test_by_tab_on_a_terminal(self):
        self.import_base("lab/base:2")
        self.write("files/root of it.tar", "")
        self.write("files/Dockerfile.small", "")
        (self.folder / "files/folder").mkdir()
        bin_folder = self.folder / "bin"
        bin_folder.mkdir()
        (bin_folder / "trainyard").symlink_to(TOOL)
        for typed, wanted in (("trainyard hist\t", "trainyard history "),
                              ("trainyard inspect lab/\t", "trainyard inspect lab/base:2 "),
                              ("trainyard inspect lab/base:\t", "trainyard inspect lab/base:2 "),
                              ("trainyard build --progress=pl\t", "trainyard build --progress=plain "),
                              ("trainyard build -f Dock\t", "trainyard build -f Dockerfile.small "),
                              ("trainyard build --file=Dock\t", "trainyard build --file=Dockerfile.small "),
                              ("trainyard import roo\t", "trainyard import root\\ of\\ it.tar "),
                              ("trainyard build fol\t", "trainyard build folder/"),
                              ("trainyard build Dock\t", "trainyard build Dock")):
            with self.subTest(typed=typed):
                self.assertEqual(self.press(typed, bin_folder), wanted)

    def press(self, typed, bin_folder):
        """The line as bash holds it after these keys; a key of ours prints it."""
        done_mark = "what-was-typed"
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder / "files")
            environment = self.environment(PATH=f"{bin_folder}:{os.environ['PATH']}", PS1="$ ", TERM="dumb", INPUTRC="/dev/null",
                                           HISTFILE="")
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment)
        try:
            show = f'show() {{ printf "\\n{done_mark}<%s>\\n" "$READLINE_LINE"; }}; bind -x \'"\\C-xz": show\''
            os.write(terminal, f"source {self.script}; {show}; echo rea''dy\r".encode())
            self.read_until(terminal, rb"ready\r")
            os.write(terminal, typed.encode() + b"\x18z")
            text = self.read_until(terminal, done_mark.encode() + rb"<(.*?)>\r")
            return re.search(done_mark + r"<(.*?)>\r", text).group(1)
        finally:
            os.write(terminal, b"\x15exit\r")
            os.close(terminal)
            os.waitpid(pid, 0)

    def read_until(self, terminal, expression, seconds=60):
        text = b""
        deadline = time.monotonic() + seconds
        while not re.search(expression, text):
            ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
            self.assertTrue(ready, f"no {expression} within {seconds} s in {text}")
            text += os.read(terminal, 65536)
        return text.decode()


if __name__ == "__main__":
    support.main()

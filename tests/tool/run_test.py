"""`trainyard run IMAGE` as people know it from docker run; what a container can and cannot see."""
import os
import pty
import shutil
import signal
import subprocess

import support
from support import Case


class Run(Case):
    def setUp(self):
        super().setUp()
        self.import_base()

    def in_base(self, *words, code=0, **options):
        return self.tool("run", *options.pop("options", ()), "base", *words, code=code, **options)

    def test_exit_code_streams_and_input(self):
        done = self.in_base("sh", "-c", "echo out; echo err >&2; exit 42", code=42)
        self.assertEqual((done.stdout, done.stderr), ("out\n", "err\n"))
        self.assertEqual(self.in_base("sh", "-c", "kill -TERM $$", code=143).stdout, "")

    def test_codes_for_what_cannot_be_run(self):
        self.assertIn("nosuch", self.in_base("nosuch", code=127).stderr)
        self.assertIn("/etc/passwd", self.in_base("/etc/passwd", code=126).stderr)
        self.assertIn("no-such-image", self.tool("run", "no-such-image", "true", code=125).stderr)
        self.assertIn("--volume", self.in_base("true", options=["--volum", "/a:/b"], code=125).stderr)

    def test_arguments_and_environment_arrive_byte_for_byte(self):
        words = ["a b", "c;d", '"q"', "$HOME", "back\\slash", "new\nline", "ümläut", "", "*", "[x]", "<>"]
        done = self.in_base("sh", "-c", 'for w; do printf "%s|" "$w"; done; printf "%s" "$ODD"', "sh", *words,
                            options=["-e", "ODD=x y;$z\n\"ü\""])
        self.assertEqual(done.stdout, "|".join(words) + "|" + 'x y;$z\n"ü"')

    def test_volumes_users_folders_and_host_name(self):
        data = self.write("data/in.txt", "data")
        out = self.folder / "out"
        out.mkdir()
        done = self.in_base("sh", "-c", "cat /in/in.txt; echo made > /out/made; ! touch /in/x 2>/dev/null; hostname; pwd",
                            options=["-v", f"{data.parent}:/in:ro", "-v", f"{out}:/out", "-w", "/tmp", "--name", "wagon"])
        self.assertEqual(done.stdout, "datawagon\n/tmp\n")
        self.assertEqual((out / "made").read_text(), "made\n")
        self.assertEqual((out / "made").stat().st_uid, os.geteuid())
        if support.ONE_ID:
            done = self.in_base("id", "-u", options=["-u", "worker"])
            self.assertEqual(done.stdout, "0\n")
            self.assertIn("USER worker is not in effect: without sub-uids there is one user only", done.stderr)
        else:
            told = self.in_base("id", options=["-u", "worker"]).stdout.strip()
            self.assertTrue(told.startswith("uid=1000(worker) gid=1000(worker) groups="), told)
            # The primary group is among the supplementary ones, or a file's "not this group" could be got round.
            self.assertEqual(set(told.partition("groups=")[2].split(",")), {"44(extra)", "1000(worker)"})
            self.assertEqual(self.in_base("id", "-u", options=["-u", "77:78"]).stdout, "77\n")
        self.assertIn("nobody-here", self.in_base("id", options=["-u", "nobody-here"], code=125).stderr)

    def test_environment_file_and_interactive_input(self):
        file = self.write("env", "# comment\nONE=1\nTWO=a b\nHANDED\n")
        done = subprocess.run([support.TOOL, "run", "--env-file", str(file), "-i", "base", "sh", "-c",
                               'read x; echo "$x $ONE $TWO $HANDED"'],
                              input="typed\n", env=self.environment(HANDED="on"), capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.stdout, "typed 1 a b on\n", done.stderr)

    def test_the_image_is_not_changed(self):
        self.in_base("sh", "-c", "echo x > /left; rm /etc/passwd")
        self.assertEqual(self.in_base("sh", "-c", "ls /left /etc/passwd 2>&1; true").stdout.count("/etc/passwd\n"), 1)

    def test_what_a_container_may_not(self):
        script = """
grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status
mount -t tmpfs none /tmp 2>/dev/null && echo mounted
unshare -U true 2>/dev/null && echo userns
echo 1 2>/dev/null > /proc/sys/kernel/core_pattern && echo wrote sysctl
cat /proc/kcore 2>/dev/null | head -c1 | wc -c
ls /proc/self/fd | wc -l
"""
        out = self.in_base("sh", "-c", script).stdout.split("\n")
        self.assertIn("Seccomp:\t2", out)
        for word in ("mounted", "userns", "wrote sysctl"):
            self.assertNotIn(word, out)
        self.assertEqual(out[-3], "0")  # kcore
        self.assertLessEqual(int(out[-2]), 4)  # 0, 1, 2 and ls' own

    def test_no_network_when_none_is_asked_for(self):
        self.assertEqual(self.in_base("sh", "-c", "tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '", options=["--network", "none"]).stdout, "lo\n")

    def test_time_out(self):
        done = self.in_base("sleep", "60", options=["--timeout", "500ms"], code=None)
        self.assertIn(done.returncode, (137, 143))
        self.assertIn("its time was over", done.stderr)

    def test_memory_limit_or_a_warning(self):
        done = self.in_base("sh", "-c", "head -c 200m /dev/zero | tail | wc -c", options=["-m", "32m"], code=None)
        limited = done.returncode != 0 or "209715200" not in done.stdout
        self.assertTrue(limited or "warning" in done.stderr, (done.returncode, done.stdout, done.stderr))

    def test_signals_reach_the_command(self):
        process = subprocess.Popen([support.TOOL, "run", "base", "sh", "-c",
                                    "trap 'echo caught; exit 5' TERM; echo ready; while :; do sleep 0.1; done"],
                                   env=self.environment(), stdout=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=30)
        self.assertEqual((out, process.returncode), ("caught\n", 5))

    def test_terminal(self):
        chunks = []

        def read(fd):
            data = os.read(fd, 1024)
            chunks.append(data)
            return data

        environment = self.environment()
        os.environ.update(environment)
        status = pty.spawn([support.TOOL, "run", "-it", "base", "sh", "-c", "tty && stty size && exit 3"], read)
        self.assertEqual(os.waitstatus_to_exitcode(status), 3, chunks)
        self.assertIn(b"/dev/pts/", b"".join(chunks))

    def test_shell_and_history_and_rmi(self):
        self.assertIn("trainyard import", self.tool("history", "base").stdout)
        self.assertIn("base:latest", self.tool("images").stdout)
        shell = subprocess.run([support.TOOL, "shell", "base"], input="echo in here; exit 0\n", env=self.environment(),
                               capture_output=True, text=True, check=False)
        self.assertIn("in here", shell.stdout, shell.stderr)
        self.tool("rmi", "base")
        self.assertNotIn("base", self.tool("images").stdout)
        self.assertEqual(list((self.store / "layers").iterdir()), [])

    def test_runtime_that_does_not_come_to_an_end(self):
        if not shutil.which("crun"):
            self.skipTest("crun is not installed")
        runtime = self.write("crun", "#!/bin/sh\n"
                             f"case \"$*\" in *run*) if [ -e {self.folder}/hang ]; then sleep 1000 & wait; fi;; esac\n"
                             f'exec {shutil.which("crun")} "$@"\n', 0o755)
        words = ["run", "--runtime", runtime, "base", "true"]
        limit = {"TRAINYARD_TEST_START_LIMIT_MS": 1500}
        self.tool(*words)
        self.write("hang", "")
        done = self.tool(*words, code=125, env=limit)
        self.assertIn("did not come to an end within 1 s", done.stderr)
        self.assertIn("hint: ", done.stderr)
        (self.folder / "hang").unlink()
        self.tool(*words)

    def test_runtime_that_is_missing(self):
        done = self.tool("run", "--runtime", "/no/such/runtime", "base", "true", code=125)
        self.assertIn("/no/such/runtime", done.stderr)
        self.assertIn("doctor", done.stderr)


if __name__ == "__main__":
    support.main()

"""RUN --mount: what a step sees, what stays of it, and what it is keyed on."""
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import support
from mount_case import MountCase

TOKEN = "s3cr3t-bytes-that-may-be-nowhere"


def folder_holds(folder, needle):
    """Files below a folder whose bytes hold the needle; those of sub-uids are read as their namespace's root."""
    own = [] if os.geteuid() == 0 else ["unshare", "--map-auto", "--map-root-user"]
    command = [*own, "grep", "-r", "-a", "-l", "-F", "-e", needle, str(folder)]
    if own and support.ONE_ID:
        command = command[len(own):]
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False).stdout.split()


class Bind(MountCase):
    def test_the_context_is_seen_and_leaves_nothing(self):
        self.write("context/src/a.txt", "hello\n")
        self.write("context/.dockerignore", "ignored\n")
        self.write("context/ignored", "x")
        self.build("""FROM base
WORKDIR /app
RUN --mount=target=/src --mount=type=bind,source=src/a.txt,target=one.txt --mount=source=src,dst=/srv/deep/er \\
    cat /src/src/a.txt one.txt /srv/deep/er/a.txt > /out && ls -a /src > /names && ! touch /src/x 2> /dev/null
""", "-t", "bound")
        self.assertEqual(self.tool("run", "bound", "cat", "/out").stdout, "hello\n" * 3)
        self.assertNotIn("ignored", self.tool("run", "bound", "cat", "/names").stdout.split())
        self.assertEqual(self.top_layer("bound"), ["names", "out"])

    def test_what_is_written_is_thrown_away(self):
        self.write("context/a.txt", "old\n")
        self.build("""FROM base
RUN --mount=target=/src,rw echo new > /src/a.txt && rm /src/Dockerfile && echo x > /src/b && cat /src/a.txt > /out
RUN --mount=target=/src,rw cat /src/a.txt >> /out && ls /src >> /out
""", "-t", "written")
        self.assertEqual(self.tool("run", "written", "cat", "/out").stdout, "new\nold\nDockerfile\na.txt\n")
        self.assertEqual((self.folder / "context/a.txt").read_text(), "old\n")

    def test_stages_images_and_named_contexts(self):
        self.write("other/b.txt", "other\n")
        self.build("FROM base\nRUN echo image > /i\n", "-t", "image")
        self.build("""FROM base AS made
RUN mkdir /d && echo stage > /d/s && ln -s d/s /link && ln -s /../../etc/passwd /out
FROM base
RUN --mount=from=made,target=/m --mount=from=0,source=d,target=/n --mount=from=made,source=/link,target=/l \\
    --mount=from=image,source=i,target=/i --mount=from=named,target=/o,rw --mount=from=made,source=out,target=/p \\
    cat /m/d/s /n/s /l /i /o/b.txt > /all && echo y > /o/b.txt && grep -c worker /p > /passwd
""", "-t", "all", "--build-context", f"named={self.folder / 'other'}")
        self.assertEqual(self.tool("run", "all", "cat", "/all", "/passwd").stdout, "stage\nstage\nstage\nimage\nother\n1\n")
        self.assertEqual((self.folder / "other/b.txt").read_text(), "other\n")
        self.assertEqual(self.top_layer("all"), ["all", "passwd"])

    def test_touched_files_hit_and_edited_ones_do_not(self):
        text = "FROM base\nRUN --mount=source=src,target=/src cat /src/a > /a\n"
        self.write("context/src/a", "1\n")
        self.write("context/beside", "1\n")
        self.assertEqual(len(self.executed(self.events(text))), 1)
        self.assertEqual(self.executed(self.events(text)), [])
        os.utime(self.folder / "context/src/a", (1, 1))
        self.write("context/beside", "2\n")
        self.assertEqual(self.executed(self.events(text)), [])
        self.write("context/src/a", "2\n")
        self.assertEqual(len(self.executed(self.events(text, "-t", "edited"))), 1)
        self.assertEqual(self.tool("run", "edited", "cat", "/a").stdout, "2\n")
        (self.folder / "context/src/a").chmod(0o755)
        self.assertEqual(len(self.executed(self.events(text))), 1)
        self.assertEqual(len(self.executed(self.events(text.replace("target=/src ", "target=/src,rw ")))), 1)

    def test_a_stage_counts_by_its_content(self):
        text = """FROM base AS made
RUN true; mkdir /d && echo same > /d/a && date +%N > /b
FROM base
RUN --mount=from=made,source=d,target=/d cat /d/a > /out
"""
        self.assertEqual(len(self.executed(self.events(text))), 2)
        self.assertEqual(len(self.executed(self.events(text.replace("true;", "true; true;")))), 1)
        self.assertEqual(len(self.executed(self.events(text.replace("same", "else")))), 2)

    def test_files_have_their_times(self):
        path = self.write("context/src/a", "1\n")
        os.utime(path, (1_600_000_000, 1_600_000_000))
        self.build("FROM base\nRUN --mount=source=src,target=/src stat -c %Y /src/a > /t\n", "-t", "times")
        self.assertEqual(self.tool("run", "times", "cat", "/t").stdout, "1600000000\n")

    def test_variables_and_names_with_wildcards(self):
        self.write("context/a[1]*", "odd\n")
        self.build("""FROM base
ARG WHERE=/seen
ENV NAME=a[1]*
RUN --mount=source=${NAME},target=$WHERE cat /seen > /out
""", "-t", "odd")
        self.assertEqual(self.tool("run", "odd", "cat", "/out").stdout, "odd\n")

    def test_tmpfs_is_empty_limited_and_gone(self):
        self.build("""FROM base
RUN mkdir /t && echo image > /t/file
RUN --mount=type=tmpfs,target=/t,size=1m --mount=type=tmpfs,target=/new \\
    ls /t > /names; ! dd if=/dev/zero of=/t/big bs=1M count=2 2> /dev/null && echo x > /new/x && grep ' /t ' /proc/mounts > /mount
""", "-t", "tmp")
        self.assertEqual(self.tool("run", "tmp", "cat", "/names", "/t/file").stdout, "image\n")
        self.assertIn("size=1024k", self.tool("run", "tmp", "cat", "/mount").stdout)
        self.assertEqual(self.top_layer("tmp"), ["mount", "names"])

    def test_mistakes_are_told_before_anything_is_executed(self):
        self.write("context/a", "x")
        for mount, cause in (("source=missing,target=/x", 'there is no "missing" in the source'),
                             ("target=/", "nothing can be mounted over the root folder"),
                             ("target=/proc/x", "folders below /proc belong to the kernel"),
                             ("target=../../dev/x", "folders below /dev belong to the kernel"),
                             ("target=/x --mount=type=tmpfs,dst=/y/../x", "two mounts of this RUN have the target /x"),
                             ("from=nosuch,target=/x", "nosuch"),
                             ("from=1,target=/x", "stage 1 is not an earlier stage"),
                             ("type=secret,id=a,required", 'this step needs the secret "a"'),
                             ("type=ssh,required", 'this step needs the ssh agent or key "default"')):
            error = self.refused(f"FROM base\nRUN --mount={mount} echo executed >&2\n")
            self.assertIn(cause, error)
            self.assertIn("Dockerfile:2:", error)
            self.assertIn("^", error)
            self.assertNotIn("executed\n", error.replace("echo executed >&2\n", ""))


class Secret(MountCase):
    def setUp(self):
        super().setUp()
        self.token = self.write("token", TOKEN + "\n")

    def nowhere(self):
        self.assertEqual(folder_holds(self.store, TOKEN), [])

    def test_files_variables_and_both(self):
        done = self.build("""FROM base
RUN --mount=type=secret,id=token sha256sum < /run/secrets/token > /a; ls -ln /run/secrets/token > /mode
RUN --mount=type=secret,id=token,target=/root/.netrc,mode=0440 sha256sum < /root/.netrc > /b
RUN --mount=type=secret,id=token,env=TOKEN [ -n "$TOKEN" ] && [ ! -e /run/secrets ] && echo "$TOKEN" | sha256sum > /c
RUN --mount=type=secret,id=other,env=TOKEN,target=/t [ "$TOKEN" = "$(cat /t)" ] && echo both > /d
RUN --mount=type=secret,id=missing [ ! -e /run/secrets/missing ] && echo none > /e
""", "--secret", f"id=token,src={self.token}", "--secret", "id=other,env=MY_VALUE", "-t", "secret",
                          env={"MY_VALUE": "value of mine"})
        names = self.tool("run", "secret", "cat", "/a", "/b", "/d", "/e", "/mode").stdout.splitlines()
        self.assertEqual(names[0], names[1])
        self.assertEqual(names[2:4], ["both", "none"])
        self.assertTrue(names[4].startswith("-r--------"), names)
        self.assertNotIn(TOKEN, done[1])
        self.nowhere()
        self.assertEqual(folder_holds(self.store, "value of mine"), [])
        self.assertEqual(self.top_layer("secret"), ["e"])
        for words in (["history", "secret"], ["inspect", "secret"]):
            self.assertNotIn(TOKEN, self.tool(*words).stdout)

    def test_a_secret_does_not_count_unless_asked_for(self):
        text = "FROM base\nRUN --mount=type=secret,id=token wc -c < /run/secrets/token > /size\n"
        plain = ["--secret", f"id=token,src={self.token}"]
        self.assertEqual(len(self.executed(self.events(text, *plain))), 1)
        self.token.write_text("another one\n")
        self.assertEqual(self.executed(self.events(text, *plain)), [])
        keyed = ["--secret", f"id=token,src={self.token},key=true"]
        self.assertEqual(len(self.executed(self.events(text, *keyed))), 1)
        self.assertEqual(self.executed(self.events(text, *keyed)), [])
        os.utime(self.token, (1, 1))
        self.assertEqual(self.executed(self.events(text, *keyed)), [])
        self.token.write_text("a third one\n")
        self.assertEqual(len(self.executed(self.events(text, *keyed))), 1)
        self.assertEqual(len(self.executed(self.events(text.replace("id=token", "id=token,mode=0444"), *plain))), 1)

    def test_bytes_of_any_kind(self):
        raw = self.folder / "raw"
        raw.write_bytes(bytes(range(256)))
        self.build("FROM base\nRUN --mount=type=secret,id=raw wc -c < /run/secrets/raw > /n; od -An -tu1 /run/secrets/raw | "
                   "tr -s ' \\n' '  ' > /all\n", "--secret", f"id=raw,src={raw}", "-t", "raw")
        self.assertEqual(self.tool("run", "raw", "cat", "/n", "/all").stdout.split(), ["256", *map(str, range(256))])

    def test_no_command_line_holds_it(self):
        if os.geteuid() != 0:
            return  # strace follows what root starts; the test below looks at /proc
        trace = self.folder / "trace"
        self.write("context/Dockerfile", "FROM base\nRUN --mount=type=secret,id=token,env=T --mount=type=secret,id=token,"
                                         "target=/t true\n")
        subprocess.run(["strace", "-f", "-qq", "-s", "4096", "-v", "-e", "trace=execve,execveat", "-o", trace, support.TOOL,
                        "build", "--secret", f"id=token,src={self.token}", self.folder / "context"],
                       env=support.traceable(self.environment()), check=True, capture_output=True)
        execs = [line.split(", [", 1)[1] for line in trace.read_text(errors="replace").splitlines() if ", [" in line]
        self.assertGreater(len(execs), 2)
        # The last program is the step's own: that one has the variable.
        holders = [line for line in execs if TOKEN in line]
        self.assertLessEqual(len(holders), 1)
        for line in holders:
            self.assertTrue(line.startswith('"/bin/sh", "-c", "true"'), line)

    def test_a_killed_build_leaves_nothing_of_it(self):
        self.write("context/Dockerfile", "FROM base\nRUN --mount=type=secret,id=token,target=/t --mount=type=secret,id=token,"
                                         "env=T --mount=type=cache,target=/c touch /c/here; sleep 600\n")
        step = subprocess.Popen([support.TOOL, "build", "--secret", f"id=token,src={self.token}", self.folder / "context"],
                                env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL)
        for _ in range(600):
            if list(self.store.glob("caches/*/data/here")):
                break
            time.sleep(0.05)
        command_lines = [path.read_bytes() for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if _readable(path)]
        self.assertFalse([line for line in command_lines if TOKEN.encode() in line])
        self.nowhere()
        step.send_signal(signal.SIGKILL)
        step.wait()
        time.sleep(0.3)
        self.nowhere()
        self.tool("check")

    def test_mistakes_are_named(self):
        text = "FROM base\nRUN --mount=type=secret,id=token,required true\n"
        self.assertIn("--secret id=token,src=FILE", self.refused(text))
        self.assertIn('was "tokn" meant', self.refused(text, "--secret", f"id=tokn,src={self.token}"))
        for secret, cause in (("src=x", "has no id"), ("id=a,src=/no/such", "there is no such file"),
                              ("id=a,env=NOT_SET_AT_ALL", "it is not set"), ("id=a,scr=b", 'did you mean "src"?'),
                              ("id=a,type=tar", "file or type=env"), ("id=a,key=yes", "true or false"), ("id", "no value"),
                              (f"id=a,src={self.folder}", "there is no such file")):
            self.assertIn(cause, self.refused(text, "--secret", secret), secret)
        large = self.folder / "large"
        large.write_bytes(b"x" * 600_000)
        self.assertIn("larger than 500 KiB", self.refused(text, "--secret", f"id=a,src={large}"))


def _readable(path):
    try:
        path.read_bytes()
        return True
    except OSError:
        return False


class Agent(threading.Thread):
    """Answers one line a connection, upper case: what an ssh-agent's socket is to a step."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen()
        self.start()

    def run(self):
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            with client:
                data = client.recv(1000)  # nothing from who only looks whether somebody listens
                if data:
                    client.sendall(data.upper())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Ssh(MountCase):
    def setUp(self):
        super().setUp()
        source = pathlib.Path(__file__).with_name("unix_client.c")
        subprocess.run(["cc", "-static", "-o", self.folder / "context/ask", source], check=True)

    def test_the_agents_socket_is_reached_by_the_steps_user(self):
        agent = Agent(self.folder / "agent.sock")
        self.addCleanup(agent.close)
        self.build("""FROM base
COPY ask /bin/
RUN --mount=type=ssh echo hello | ask $SSH_AUTH_SOCK > /a; echo $SSH_AUTH_SOCK > /where
USER worker
RUN --mount=type=ssh,id=mine,target=/s,mode=0600,uid=1000 echo again | ask /s > /tmp/b; stat -c %a /s >> /tmp/b
RUN --mount=type=ssh,id=none [ -z "$SSH_AUTH_SOCK" ]
""", "--ssh", "default", "--ssh", f"mine={self.folder / 'agent.sock'}", "-t", "agent",
                   env={"SSH_AUTH_SOCK": self.folder / "agent.sock"})
        self.assertEqual(self.tool("run", "agent", "cat", "/a", "/where", "/tmp/b").stdout,
                         "HELLO\n/run/buildkit/ssh_agent.0\nAGAIN\n600\n")

    def test_a_key_gets_an_agent_that_ends_with_the_step(self):
        key = self.folder / "key"
        named = [] if os.geteuid() == 0 else ["unshare", "--map-root-user"]  # it wants a user with a name
        subprocess.run([*named, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
        # An agent's answer to "which identities": its length, 12, and their number.
        self.build("""FROM base
RUN --mount=type=ssh --mount=source=ask,target=/ask printf '\\000\\000\\000\\001\\013' | /ask $SSH_AUTH_SOCK | od -An -tx1 -N9 > /out
""", "--ssh", f"default={key}", "-t", "key")
        self.assertIn(" 0c 00 00 00 01", self.tool("run", "key", "cat", "/out").stdout)
        secret = [line for line in key.read_text().splitlines() if "KEY" not in line][1]
        self.assertEqual(folder_holds(self.store, secret), [])

    def test_mistakes_are_named(self):
        text = "FROM base\nRUN --mount=type=ssh,required true\n"
        self.assertIn("SSH_AUTH_SOCK is not set", self.build(text, "--ssh", "default", code=2, env={"SSH_AUTH_SOCK": ""})[1])
        self.assertIn("there is no socket or key /no/such", self.refused(text, "--ssh", "default=/no/such"))
        self.assertIn("--ssh default", self.refused(text))


class Security(MountCase):
    TEXT = "FROM base\nRUN --security=insecure grep CapEff /proc/self/status > /caps; grep Seccomp: /proc/self/status >> /caps\n"

    def test_it_must_be_allowed(self):
        self.assertIn("trainyard build --allow security.insecure", self.refused(self.TEXT))
        self.assertIn('did you mean "security.insecure"?', self.refused(self.TEXT, "--allow", "security.insecre"))

    def test_the_step_has_all_capabilities_of_its_namespaces(self):
        self.build(self.TEXT.replace("insecure", "sandbox"), "-t", "sandbox")
        self.build(self.TEXT, "--allow", "security.insecure", "-t", "insecure")
        sandbox, filtered = [line.split()[1] for line in self.tool("run", "sandbox", "cat", "/caps").stdout.splitlines()]
        mine, free = [line.split()[1] for line in self.tool("run", "insecure", "cat", "/caps").stdout.splitlines()]
        self.assertEqual(filtered, "2")
        self.assertEqual(free, "2" if support.ONE_ID else "0")
        self.assertGreater(int(mine, 16), int(sandbox, 16))
        self.assertTrue(int(mine, 16) >> 21 & 1)  # CAP_SYS_ADMIN


if __name__ == "__main__":
    support.main()

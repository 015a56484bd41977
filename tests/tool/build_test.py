"""Dockerfiles become images: what executes, what is taken from the store, what the image then holds."""
import json
import os
import subprocess
import tarfile

import support
from support import Case

SMALL = """FROM base
WORKDIR /app
COPY a.txt .
RUN cat a.txt > b.txt && echo "$GREETING" >> b.txt
ENV MODE=fast
CMD ["cat", "/app/b.txt"]
"""


class Build(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.write("context/a.txt", "hello\n")

    def test_the_same_layer_twice(self):
        dockerfile = "FROM base\nWORKDIR /w\nCOPY a /a\nRUN rm /a\nCOPY a /a\nRUN cat /a > /b\n"
        self.write("context/a", "content\n")
        self.build(dockerfile, "-t", "twice")
        layers = json.loads(self.tool("inspect", "twice").stdout)
        self.assertEqual(self.tool("run", "twice", "cat", "/a", "/b").stdout, "content\ncontent\n", layers)
        self.build("FROM twice\nRUN cat /a /b > /c\n", "-t", "on-top")
        self.assertEqual(self.tool("run", "on-top", "cat", "/c").stdout, "content\ncontent\n")

    def test_second_build_executes_nothing(self):
        first = self.events(SMALL, "-t", "small")
        self.assertEqual(len(self.executed(first)), 3, first)
        second = self.events(SMALL, "-t", "small")
        self.assertEqual(self.executed(second), [])
        self.assertEqual(len(self.cached(second)), 3)
        self.assertEqual(self.tool("run", "small").stdout, "hello\n\n")

    def test_copy_is_keyed_on_content_not_on_times(self):
        self.events(SMALL)
        os.utime(self.folder / "context/a.txt", (1, 1))
        self.assertEqual(self.executed(self.events(SMALL)), [])
        self.write("context/a.txt", "changed\n")
        self.assertEqual(len(self.executed(self.events(SMALL))), 2)  # COPY and RUN; not WORKDIR

    def test_same_content_again_is_found_again(self):
        first, _ = self.build(SMALL)
        self.write("context/a.txt", "other\n")
        other, _ = self.build(SMALL)
        self.write("context/a.txt", "hello\n")
        events = self.events(SMALL)
        again, _ = self.build(SMALL)
        self.assertEqual(self.executed(events), [])
        self.assertNotEqual(first, other)
        self.assertEqual(first, again)

    def test_unneeded_stages_are_not_built_and_copy_from_keys_on_content(self):
        text = """FROM base AS tools
RUN echo made > /tool && date +%N > /when
FROM base AS unused
RUN exit 9
FROM base
COPY --from=tools /tool /tool
RUN cat /tool > /copy
"""
        first = self.executed(self.events(text))
        self.assertEqual(len(first), 3)
        # A new line in the first stage: it runs anew, /tool is the same, so nothing behind COPY does.
        second = self.executed(self.events(text.replace("echo made", "true; echo made")))
        self.assertEqual(len(second), 1, second)

    def test_stage_is_chosen_and_arguments_arrive(self):
        text = """ARG FLAVOUR=plain
FROM base AS one
ARG FLAVOUR
RUN echo "$FLAVOUR" > /flavour
FROM one AS two
RUN echo never
"""
        self.build(text, "--target", "one", "--build-arg", "FLAVOUR=sour cherry", "-t", "one")
        self.assertEqual(self.tool("run", "one", "cat", "/flavour").stdout, "sour cherry\n")

    def test_run_leaves_only_what_it_changed(self):
        self.build("FROM base\nRUN echo x > /only\n", "-t", "only")
        layers = json.loads(self.tool("inspect", "only").stdout)["layers"]
        blob = self.store / "blobs/sha256" / layers[-1]["diff_id"].removeprefix("sha256:")
        with tarfile.open(blob) as tar:
            names = [name for name in tar.getnames() if name not in (".", "")]
        self.assertEqual(names, ["only"])

    def test_whiteouts_links_and_modes_survive(self):
        self.write("context/tool.sh", "#!/bin/sh\necho run\n", 0o755)
        self.build("""FROM base
RUN mkdir -p /d/sub && touch /d/a /d/b /d/sub/c && ln -s a /d/link && ln /d/b /d/hard && chmod 4755 /d/a
RUN rm /d/b && rm -r /d/sub && mkdir /d/sub
COPY --chown=worker:extra --chmod=0640 a.txt /d/owned
COPY tool.sh /usr/bin/
""", "-t", "marks")
        listing = self.tool("run", "marks", "sh", "-c",
                            "ls /d /d/sub; stat -c '%a %U %G' /d/a /d/owned; readlink /d/link; tool.sh").stdout
        owner = "root root" if support.ONE_ID else "worker extra"
        self.assertEqual(listing, "/d:\na\nhard\nlink\nowned\nsub\n\n/d/sub:\n"
                                  f"4755 root root\n640 {owner}\na\nrun\n")

    def test_folders_of_a_folder_that_was_made_anew_stay(self):
        """Whatever stood at their places in the layers below, where the new folder hides it."""
        self.build("FROM base\nRUN mkdir -p /d/sub/deep /e/f /etc/x && ln -s etc /near && ln -s /etc /far && touch /d/sub/file\n"
                   "RUN rm -r /d && mkdir -p /d/sub/deep && rm -r /e && mkdir -p /e/f && rm /near /far && mkdir -p /near/x /far/x\n",
                   "-t", "anew")
        self.assertEqual(self.tool("run", "anew", "find", "/d", "/e", "/near", "/far").stdout.split(),
                         ["/d", "/d/sub", "/d/sub/deep", "/e", "/e/f", "/near", "/near/x", "/far", "/far/x"])

    def test_add_unpacks_archives_by_content(self):
        (self.folder / "context").mkdir(exist_ok=True)
        inner = self.write("inner.txt", "inside")
        for name, mode in (("plain", "w"), ("packed", "w:gz"), ("small", "w:xz")):
            with tarfile.open(self.folder / "context" / name, mode) as tar:
                tar.add(inner, f"{name}.txt")
        self.build("FROM base\nADD plain packed small a.txt /out/\n", "-t", "added")
        self.assertEqual(self.tool("run", "added", "ls", "/out").stdout.split(),
                         ["a.txt", "packed.txt", "plain.txt", "small.txt"])

    def test_ignored_files_stay_out(self):
        self.write("context/.dockerignore", "secret\n*.tmp\n!keep.tmp\n")
        for name in ("secret", "x.tmp", "keep.tmp"):
            self.write(f"context/{name}", "x")
        self.build("FROM base\nCOPY . /all/\n", "-t", "ignored")
        names = self.tool("run", "ignored", "ls", "/all").stdout.split()
        self.assertEqual(sorted(names), ["Dockerfile", "a.txt", "keep.tmp"])

    def test_user_workdir_shell_and_config(self):
        digest, error = self.build("""FROM base
USER worker
WORKDIR /home/deep/er
RUN id -u > who; pwd > where
SHELL ["/bin/ash", "-c"]
LABEL a="b c" d=e
EXPOSE 80 53/udp
VOLUME /data
STOPSIGNAL SIGINT
HEALTHCHECK --interval=5s CMD true
ENTRYPOINT ["cat"]
CMD ["who", "where"]
""", "-t", "conf")
        if support.ONE_ID:
            self.assertIn("/Dockerfile:4: USER worker is not in effect: without sub-uids there is one user only; "
                          "`trainyard doctor` tells how to get them\n", error)
        self.assertEqual(self.tool("run", "conf").stdout, f"{0 if support.ONE_ID else 1000}\n/home/deep/er\n")
        config = json.loads(self.tool("inspect", digest).stdout)["config"]["config"]
        self.assertEqual(config["User"], "worker")
        self.assertEqual(config["Labels"], {"a": "b c", "d": "e"})
        self.assertEqual(sorted(config["ExposedPorts"]), ["53/udp", "80/tcp"])
        self.assertEqual(config["StopSignal"], "SIGINT")
        self.assertEqual(config["Healthcheck"]["Interval"], 5_000_000_000)

    def test_failing_step_says_what_where_and_code(self):
        _, error = self.build("FROM base\nRUN echo before\nRUN echo last words; exit 7\n", code=1)
        self.assertIn("Dockerfile:3", error)
        self.assertIn("7", error)
        self.assertIn("last words", error)
        # The step before it is kept.
        events = self.events("FROM base\nRUN echo before\n")
        self.assertEqual(self.executed(events), [])

    def test_missing_source_is_named_with_its_line(self):
        _, error = self.build("FROM base\nCOPY nothere.txt /\n", code=2)
        self.assertIn("Dockerfile:2:6", error)
        self.assertIn("nothere.txt", error)
        self.assertIn("^", error)

    def test_independent_stages_run_side_by_side(self):
        text = "".join(f"FROM base AS s{i}\nRUN sleep 1; date +%s%N > /t{i}\n" for i in range(3))
        text += "FROM base\n" + "".join(f"COPY --from=s{i} /t{i} /\n" for i in range(3))
        trace = self.folder / "trace"
        self.build(text, env={"TRAINYARD_TRACE": trace})
        events = [json.loads(line) for line in trace.read_text().splitlines()]
        starts = [e["time_ns"] for e in events if e["event"] == "started" and e["step"] <= 3]
        ends = [e["time_ns"] for e in events if e["event"] == "done" and e["step"] <= 3]
        self.assertEqual(len(starts), 3, events)
        self.assertLess(max(starts), min(ends), "the third started before the first ended")

    def test_next_step_starts_before_the_digest_is_known(self):
        trace = self.folder / "trace"
        self.build("FROM base\nRUN echo 1 > /a\nRUN echo 2 > /b\n",
                   env={"TRAINYARD_TRACE": trace, "TRAINYARD_TEST_HASH_DELAY_MS": 700})
        events = [json.loads(line) for line in trace.read_text().splitlines()]

        def when(kind, step):
            return next(e["time_ns"] for e in events if e["event"] == kind and e["step"] == step)

        self.assertLess(when("started", 2), when("digest_known", 1))
        self.assertLess(when("done", 2), when("digest_known", 1))

    def test_two_builds_of_one_step_execute_it_once(self):
        self.write("context/Dockerfile", "FROM base\nRUN sleep 1; echo once\n")
        both = [subprocess.Popen([support.TOOL, "build", "--progress", "json", str(self.folder / "context")],
                                 env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                for _ in range(2)]
        texts = [p.communicate(timeout=120)[1] for p in both]
        self.assertEqual([p.returncode for p in both], [0, 0], texts)
        done = [text.count('"event":"done"') for text in texts]
        self.assertEqual(sorted(done), [0, 1], texts)

    def test_command_not_in_the_image(self):
        _, error = self.build('FROM base\nRUN ["/no/such/program"]\n', code=1)
        self.assertIn("/no/such/program", error)
        self.assertIn("Dockerfile:2", error)

    def test_proxies_and_certificates_reach_steps_and_nothing_else(self):
        bundle = self.write("site.crt", "site certificates\n")
        text = 'FROM base\nRUN cat "$SSL_CERT_FILE" > /seen; echo "$http_proxy" >> /seen\n'
        around = {"TRAINYARD_CA_BUNDLE": bundle, "http_proxy": "http://proxy.invalid:3128"}
        self.build(text, "-t", "inside", env=around)
        self.assertEqual(self.tool("run", "inside", "cat", "/seen").stdout,
                         "site certificates\nhttp://proxy.invalid:3128\n")
        told = self.tool("inspect", "inside").stdout
        self.assertNotIn("proxy.invalid", told)
        self.assertNotIn("SSL_CERT_FILE=", told)
        self.assertNotIn("site certificates", self.tool("run", "inside", "sh", "-c",
                                                        "find / -xdev -name '*.crt' -exec cat {} + ; env").stdout)
        self.assertEqual(self.executed(self.events(text)), [])  # neither is in the key

    def test_a_cached_build_needs_no_second_thread(self):
        stages = "".join(f"FROM base AS s{i}\nCOPY f /f{i}\n" for i in range(8))
        copies = "".join(f"COPY --from=s{i} /f{i} /g{i}\n" for i in range(8))
        self.write("context/f", "f")
        dockerfile = stages + "FROM base\n" + copies
        digest, _ = self.build(dockerfile, "-q")
        alone = subprocess.run(["prlimit", "--nproc=1", support.TOOL, "build", "-q", str(self.folder / "context")],
                               env=support.traceable(self.environment()), text=True, capture_output=True, check=False)
        self.assertEqual((alone.returncode, alone.stdout.strip(), alone.stderr), (0, digest, ""))

    def test_no_cache_executes_everything(self):
        self.events(SMALL)
        self.assertGreaterEqual(len(self.executed(self.events(SMALL, "--no-cache"))), 2)


if __name__ == "__main__":
    support.main()

"""RUN --mount=type=cache: what stays for the next build, who shares it, and what `trainyard cache` does with it."""
import json
import subprocess
import tarfile
import time

import support
from mount_case import MountCase


class Cache(MountCase):
    def listed(self):
        return {cache["id"]: cache for cache in json.loads(self.tool("cache", "ls", "--json").stdout)}

    def test_what_a_step_leaves_is_there_for_the_next_build(self):
        text = "FROM base\nRUN --mount=type=cache,target=/c echo one >> /c/log; cp /c/log /out; ls -ld /c > /mode\n"
        self.build(text, "-t", "first")
        self.assertEqual(self.top_layer("first"), ["mode", "out"])
        self.assertIn("drwxr-xr-x", self.tool("run", "first", "cat", "/mode").stdout)
        self.assertEqual(self.executed(self.events(text)), [])
        self.build(text, "--no-cache", "-t", "again")
        self.assertEqual(self.tool("run", "again", "cat", "/out").stdout, "one\none\n")
        self.build("FROM base\nRUN --mount=type=cache,target=/d,id=/c,ro cp /d/log /out; ! echo x > /d/x 2> /dev/null\n",
                   "-t", "other")
        self.assertEqual(self.tool("run", "other", "cat", "/out").stdout, "one\none\n")
        self.assertEqual(list(self.listed()), ["/c"])

    def test_owners_and_modes(self):
        self.build("""FROM base
USER worker
RUN --mount=type=cache,target=/c,uid=1000,gid=1000,mode=0700 echo x > /c/x; stat -c '%a %u' /c > /tmp/out
""", "-t", "owned")
        self.assertEqual(self.tool("run", "owned", "cat", "/tmp/out").stdout,
                         f"700 {0 if support.ONE_ID else 1000}\n")

    def test_a_new_cache_begins_with_what_from_names(self):
        text = """FROM base AS seed
RUN mkdir -p /s/d && echo seed > /s/d/f
FROM base
RUN --mount=type=cache,target=/c,from=seed,source=/s cat /c/d/f >> /out; echo more >> /c/d/f
"""
        self.build(text)
        self.build(text, "--no-cache", "-t", "seeded")
        self.assertEqual(self.tool("run", "seeded", "cat", "/out").stdout, "seed\nmore\n")

    def start(self, name, dockerfile):
        context = self.folder / name
        self.write(f"{name}/Dockerfile", dockerfile)
        return subprocess.Popen([support.TOOL, "build", "--progress", "plain", context], env=self.environment(), text=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)

    def side_by_side(self, sharing):
        """Two builds in two processes; the first waits in its step until the second's is in its, or says that it waits."""
        mount = f"--mount=type=cache,id=x,target=/c,sharing={sharing} --mount=type=cache,id=meet,target=/m"
        first = self.start("one", f"FROM base\nRUN {mount} touch /m/one; for i in $(seq 600); do "
                                  "[ -e /m/go ] && break; sleep 0.05; done; ls /c > /names; echo 1 > /c/one\n")
        meet = None
        for _ in range(600):
            names = list((self.store / "caches").glob("*/data/one"))
            if names:
                meet = names[0].parent
                break
            time.sleep(0.05)
        self.assertIsNotNone(meet)
        second = self.start("two", f"FROM base\nRUN {mount} ls /c > /names; echo 2 > /c/two; touch /m/go; true\n")
        said = ""
        if sharing == "locked":
            for line in second.stderr:
                said += line
                if "waiting for the cache" in line:
                    break
            self.tool("gc", "--unused-for", "0", "--dry-run")
            (meet / "go").touch()
        said += second.communicate(timeout=120)[1]
        self.assertEqual(second.returncode, 0, said)
        error = first.communicate(timeout=120)[1]
        self.assertEqual(first.returncode, 0, error)
        return said, [c for c in json.loads(self.tool("cache", "ls", "--json").stdout) if c["id"] == "x"]

    def test_a_locked_cache_makes_the_second_wait(self):
        said, caches = self.side_by_side("locked")
        self.assertIn("waiting for the cache x, which another step is using", said)
        self.assertEqual(len(caches), 1)

    def test_a_shared_cache_is_used_by_both(self):
        _, caches = self.side_by_side("shared")
        self.assertEqual(len(caches), 1)
        data = self.store / "caches" / caches[0]["name"] / "data"
        self.assertEqual(sorted(path.name for path in data.iterdir()), ["one", "two"])

    def test_a_private_cache_gets_a_copy(self):
        _, caches = self.side_by_side("private")
        self.assertEqual(len(caches), 2)

    def test_a_cache_in_use_is_not_removed(self):
        step = self.start("busy", "FROM base\nRUN --mount=type=cache,target=/c touch /c/here; for i in $(seq 600); do "
                                  "[ -e /c/go ] && exit; sleep 0.05; done; exit 1\n")
        for _ in range(600):
            here = list(self.store.glob("caches/*/data/here"))
            if here:
                break
            time.sleep(0.05)
        self.tool("gc", "--unused-for", "0")
        self.assertIn("a build is using it", self.tool("cache", "rm", "/c", code=1).stderr)
        self.assertTrue(self.listed()["/c"]["in_use"])
        (here[0].parent / "go").touch()
        self.assertEqual(step.wait(timeout=120), 0, step.stderr.read())
        step.stderr.close()
        self.assertIn("removed cache /c", self.tool("gc", "--unused-for", "0").stdout)
        self.assertEqual(self.listed(), {})

    def test_df_gc_and_check_know_caches(self):
        self.build("FROM base\nRUN --mount=type=cache,target=/c dd if=/dev/urandom of=/c/big bs=1k count=300 2> /dev/null\n")
        row = next(r for r in json.loads(self.tool("df", "--json").stdout)["kinds"] if r["kind"] == "caches")
        self.assertEqual(row["count"], 1)
        self.assertGreaterEqual(row["size"], 300_000)
        self.assertEqual(row["gc_frees"], row["size"])
        self.tool("check")
        self.tool("gc")
        self.assertIn("/c", self.listed())
        self.tool("gc", "--keep-storage", "1k")
        self.assertEqual(self.listed(), {})

    def test_export_import_and_removal(self):
        text = "FROM base\nRUN --mount=type=cache,id=mine,target=/c cat /c/f > /out; mkdir -p /c/d; echo kept > /c/f; true\n"
        self.build(text)
        file = self.folder / "mine.tar"
        self.tool("cache", "export", "mine", file)
        with tarfile.open(file) as tar:
            self.assertEqual(sorted(name for name in tar.getnames() if name != "."), ["d", "f"])
        self.assertIn("removed mine", self.tool("cache", "rm", "mine").stdout)
        self.tool("cache", "import", "mine", file)
        self.build(text, "--no-cache", "-t", "imported")
        self.assertEqual(self.tool("run", "imported", "cat", "/out").stdout, "kept\n")
        self.tool("cache", "import", "mine", file)
        self.assertEqual(list(self.listed()), ["mine"])
        self.assertIn("mine", self.tool("cache", "ls").stdout)

    def test_mistakes(self):
        self.build("FROM base\nRUN --mount=type=cache,id=pip,target=/c true\n")
        for words, cause in ((["rm", "pipp"], 'did you mean "pip"?'), (["lst"], 'did you mean "ls"?'),
                             (["export", "pip"], "does not take 1 words"), ([], "action"),
                             (["import", "pip", __file__], "it is not a tar")):
            self.assertIn(cause, self.tool("cache", *words, code=2).stderr)

    def test_ids_lead_nowhere(self):
        outside = self.write("outside/file", "canary\n")
        self.build("FROM base\nRUN --mount=type=cache,id=../../outside,target=/c --mount=type=cache,id=/etc,target=/d "
                   "echo evil > /c/file; echo evil > /d/passwd; ln -s /../../../outside /c/link\n")
        self.assertEqual(outside.read_text(), "canary\n")
        self.assertEqual(len(self.listed()), 2)
        self.tool("cache", "rm", "../../outside", "/etc")
        self.assertEqual(outside.read_text(), "canary\n")
        self.assertEqual(list((self.store / "caches").iterdir()), [])

    def test_sources_and_stubs_lead_nowhere(self):
        outside = self.write("outside/file", "canary\n")
        self.build(f"""FROM base AS evil
RUN mkdir /d && ln -s {self.folder} /d/host && ln -s {'../' * 40}{str(self.folder)[1:]} /up && ln -s {self.folder}/outside /stub
FROM base
RUN --mount=type=cache,target=/c,from=evil,source=/d rm -rf /c/host/outside; echo x > /c/x
""", "-t", "a")
        for source in ("/up", "/d/host/outside", "../../../../etc"):
            self.build(f"FROM base AS evil\nRUN mkdir /d && ln -s {self.folder} /d/host && ln -s {'../' * 40}"
                       f"{str(self.folder)[1:]} /up\nFROM base\n"
                       f"RUN --mount=from=evil,source={source},target=/m,rw ls /m/passwd\n",
                       code=0 if source.endswith("etc") else 2)
        # The place of a mount is a link that leads out of the image.
        self.build(f"FROM base\nRUN ln -s {self.folder}/outside /stub\n"
                   "RUN --mount=type=cache,target=/stub/file,id=f --mount=type=tmpfs,target=/stub/other true\n", "-t", "stubs")
        self.assertEqual(outside.read_text(), "canary\n")
        self.assertEqual([path.name for path in outside.parent.iterdir()], ["file"])


if __name__ == "__main__":
    support.main()

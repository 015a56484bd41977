"""Builds that are made twice from nothing, and what differs then."""
import json

import support
from support import Case

EPOCH = ("--build-arg", "SOURCE_DATE_EPOCH=1000000000")


class Verify(Case):
    def setUp(self):
        super().setUp()
        self.base = self.import_base()

    def verify(self, dockerfile, *words, code=0, json_lines=False):
        self.write("context/Dockerfile", dockerfile)
        progress = ("--progress", "json") if json_lines else ()
        return self.tool("build", "--verify", "-t", "made", *progress, *words, self.folder / "context", code=code)

    def test_a_steady_image_is_the_same(self):
        self.write("context/a", "a")
        done = self.verify("FROM base\nCOPY a /a\nRUN echo b > /b && mkdir -p /c/d && ln -s b /l\nWORKDIR /w/x\n", *EPOCH)
        self.assertIn("built twice from nothing: the same image, bit for bit\n", done.stdout)

    def test_both_times_every_step_is_made(self):
        dockerfile = "FROM base\nRUN echo b > /b\nRUN rm /b\n"
        self.verify(dockerfile, *EPOCH)
        done = self.verify(dockerfile, *EPOCH, json_lines=True)
        events = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        self.assertEqual(len(self.executed(events)), 4)
        self.assertEqual(self.cached(events), [])
        self.assertEqual(json.loads(done.stdout[done.stdout.index("{"):]), {"same": True, "steps": []})

    def test_what_differs_is_named_with_its_step(self):
        dockerfile = ("FROM base AS one\nRUN echo steady > /s\n"
                      "RUN cat /proc/sys/kernel/random/uuid > /u && echo same > /v && touch /$(cat /u)\n"
                      "FROM base\nCOPY --from=one /u /u\nRUN chmod 0$((4 + $(head -c 1 /dev/urandom | wc -c)))00 /u\n")
        done = self.verify(dockerfile, *EPOCH, code=1)
        self.assertIn("[one] RUN cat /proc/sys/kernel/random/uuid", done.stdout)
        self.assertIn("\n  u has other bytes from ", done.stdout)
        self.assertIn(" is only there the first time\n", done.stdout)
        self.assertIn(" is only there the second time\n", done.stdout)
        self.assertIn("COPY --from=one /u /u  made another layer", done.stdout)
        self.assertNotIn("\n  v ", done.stdout)
        self.assertNotIn("RUN echo steady", done.stdout)
        self.assertIn("not the same image; 3 of 4 steps differ\n", done.stdout)

    def test_sizes_and_links(self):
        dockerfile = ("FROM base\nRUN u=$(cat /proc/sys/kernel/random/uuid); ln -s $u /link; mkdir /d; "
                      "head -c $(( 0x$(echo $u | head -c 7) % 100000 + 1 )) /dev/zero > /size\n")
        done = self.verify(dockerfile, *EPOCH, code=1)
        self.assertRegex(done.stdout, r"\n  link leads to [0-9a-f-]+, then to [0-9a-f-]+\n")
        self.assertRegex(done.stdout, r"\n  size has \d+ bytes, then \d+\n")

    def test_times_alone_are_clamped_by_the_hint(self):
        dockerfile = "FROM base\nRUN echo b > /b\n"
        done = self.verify(dockerfile, code=1)
        self.assertIn("  b has another time\n", done.stdout)
        self.assertIn("SOURCE_DATE_EPOCH", done.stdout)
        self.verify(dockerfile, *EPOCH)

    def caches(self):
        caches = json.loads(self.tool("cache", "ls", "--json").stdout)
        return [{key: value for key, value in cache.items() if key != "unused_seconds"} for cache in caches]

    def test_caches_begin_empty_and_the_user_s_stay(self):
        dockerfile = "FROM base\nRUN --mount=type=cache,id=c,target=/c test ! -e /c/f && touch /c/f\n"
        self.build(dockerfile, "-t", "made")
        before = self.caches()
        self.assertEqual([cache["id"] for cache in before], ["c"])
        self.verify(dockerfile, *EPOCH)
        self.assertEqual(self.caches(), before)


if __name__ == "__main__":
    support.main()

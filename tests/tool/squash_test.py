"""One layer of those that a stage makes: the same files, and nothing of what was removed again."""
import json
import re
import tarfile

import support
from support import Case

BASE = """FROM base
RUN mkdir -p /keep/deep /gone /anew && echo base > /keep/a && echo base > /gone/b && echo base > /anew/c && echo base > /file \
    && echo base > /folder_later && mkdir -p /file_later && echo base > /file_later/x && chmod 700 /keep/deep
"""
# Every way in which a layer may change what lies below it, in the base or in an earlier layer of the stage.
CHANGES = """FROM below
ENV greeting=hello
RUN head -c 3000000 /dev/zero > /large && echo one > /keep/new && chmod 640 /keep/new && ln /keep/new /keep/twin && ln -s new /keep/link
COPY data /data/
RUN rm /large && echo two > /keep/a && rm -r /gone && rm -r /anew && mkdir /anew && echo two > /anew/d
RUN rm /folder_later && mkdir /folder_later && echo x > /folder_later/x && rm -r /file_later && echo y > /file_later && mkfifo /fifo
RUN rm /data/b && echo again > /data/c && rm -r /folder_later && mkdir /folder_later && echo z > /folder_later/z && chmod 2755 /keep
RUN mkdir /once && echo > /once/x && rm -r /once && touch -d 2001-02-03 /keep/deep && mkdir /gone && rmdir /gone
WORKDIR /work/here
LABEL last=yes
"""
LIST = ("find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /etc/hosts -o -path /etc/hostname -o -path /etc/resolv.conf"
        " -o -path /work \\) -prune -o -print | sort | while read -r f; do stat -c '%n %F %a %u:%g %s' \"$f\"; "
        "[ -f \"$f\" ] && md5sum < \"$f\"; readlink \"$f\"; done; stat -c '%n %Y' /keep/* /anew/* /data/*; ls -ld /work/here")


class Squash(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        for name in "abc":
            self.write(f"context/data/{name}", name)
        self.build(BASE, "-t", "below")

    def inspect(self, image):
        return json.loads(self.tool("inspect", image).stdout)

    def layers(self, image):
        return [layer["diff_id"] for layer in self.inspect(image)["layers"]]

    def tree(self, image):
        return self.store / "diffs" / self.layers(image)[-1].removeprefix("sha256:")

    def listing(self, image):
        # The size of a folder is what the file system below makes of it.
        text = self.tool("run", image, "sh", "-c", LIST).stdout
        return re.sub(r"( directory \S+ \S+) \d+", r"\1", text).splitlines()

    def made(self, dockerfile, *words):
        return self.executed(self.events(dockerfile, *words))

    def test_the_files_are_the_same_in_one_layer(self):
        plain, _ = self.build(CHANGES)
        squashed, _ = self.build(CHANGES, "--squash")
        self.assertEqual(len(self.layers(squashed)), len(self.layers("below")) + 1)
        self.assertEqual(self.layers(squashed)[:-1], self.layers("below"))
        wanted = self.listing(plain)
        self.assertEqual(self.listing(squashed), wanted)
        self.assertTrue("/anew/d regular file 644 0:0 4" in wanted, "the listing does not look")

    def test_nothing_of_what_went_again_is_in_it(self):
        squashed, _ = self.build(CHANGES, "--squash")
        self.assertLess(self.inspect(squashed)["layers"][-1]["size"], 100000)
        tree = self.tree(squashed)
        for gone in ("large", "once", "data/b"):
            self.assertFalse((tree / gone).is_char_device() or (tree / gone).exists(), gone)
        self.assertTrue((tree / "gone").is_char_device())  # of the base, so it is hidden
        self.assertFalse((tree / "file").exists())
        blob = self.store / "blobs/sha256" / self.layers(squashed)[-1].removeprefix("sha256:")
        with tarfile.open(blob) as tar:
            names = tar.getnames()
        self.assertIn(".wh.gone", names)
        self.assertIn("anew/.wh..wh..opq", names)
        self.assertFalse([name for name in names if name.startswith("once") or "large" in name or name.endswith(".wh.b")])

    def test_config_and_history(self):
        plain, _ = self.build(CHANGES)
        squashed, _ = self.build(CHANGES, "--squash")
        one, other = self.inspect(plain)["config"], self.inspect(squashed)["config"]
        self.assertEqual(one["config"], other["config"])
        inherited = len(self.inspect("below")["config"]["history"])
        entries = other["history"][inherited:]
        self.assertEqual([e.get("empty_layer", False) for e in entries], [True] * (len(entries) - 1) + [False])
        self.assertEqual([e["created_by"] for e in entries[:-1]], [e["created_by"] for e in one["history"][inherited:]])
        self.assertEqual(sum(not e.get("empty_layer", False) for e in other["history"]), len(self.layers(squashed)))

    def test_rebuilds(self):
        self.assertEqual(len(self.made(CHANGES, "--squash")), 8)
        self.assertEqual(self.made(CHANGES, "--squash"), [])
        (self.folder / "context/data/a").touch()
        self.assertEqual(self.made(CHANGES, "--squash"), [])
        self.assertEqual(self.made(CHANGES), [])  # the steps are the same ones
        self.write("context/data/a", "edited")
        told = self.tool("build", "--dry-run", "--squash", self.folder / "context").stdout
        self.assertRegex(told, r"squash  to be made")
        self.assertEqual(len(self.made(CHANGES, "--squash")), 7)
        told = self.tool("build", "--dry-run", "--squash", self.folder / "context").stdout
        self.assertRegex(told, r"squash  cached")

    def test_why_knows_the_last_build(self):
        self.build(CHANGES, "--squash", "-t", "made")
        self.assertRegex(self.tool("why", "made").stdout, r"squash  cached")
        self.write("context/data/a", "edited")
        self.assertRegex(self.tool("why", "made").stdout, r"squash  to be made")

    def test_chosen_stages(self):
        text = ("FROM below AS Tools\nRUN echo 1 > /1\nRUN echo 2 > /2\n"
                "FROM below AS other\nRUN echo 3 > /3\nRUN echo 4 > /4\n"
                "FROM tools\nCOPY --from=other /3 /4 /\nRUN echo 5 > /5\n")
        base = len(self.layers("below"))

        def count(*words):
            image, said = self.build(text, *words)
            self.assertEqual(self.tool("run", image, "sh", "-c", "cat /1 /2 /3 /4 /5").stdout, "1\n2\n3\n4\n5\n")
            return len(self.layers(image)) - base, said

        self.assertEqual(count()[0], 4)
        self.assertEqual(count("--squash")[0], 3)
        self.assertEqual(count("--squash=tools")[0], 3)
        self.assertEqual(count("--squash=0,2")[0], 2)
        self.assertEqual(count("--squash", "--squash=tools,other")[0], 2)
        layers, said = count("--squash=tols")
        self.assertEqual(layers, 4)
        self.assertIn('no stage is called "tols" (--squash); did you mean "tools"?', said)

    def test_a_single_layer_is_left_as_it_is(self):
        text = "FROM below\nWORKDIR /keep\nRUN echo > /x\n"
        plain, _ = self.build(text)
        self.assertEqual(self.made(text, "--squash"), [])
        squashed, _ = self.build(text, "--squash")
        self.assertEqual(self.layers(squashed), self.layers(plain))
        self.assertEqual(self.build("FROM below\n", "--squash")[0], self.build("FROM below\n")[0])

    def test_from_nothing(self):
        text = "FROM scratch\nCOPY --from=base / /\nRUN rm /bin/busybox.old 2>/dev/null; echo > /x\nRUN rm /x\n"
        image, _ = self.build(text, "--squash")
        self.assertEqual(len(self.layers(image)), 1)
        self.assertEqual(self.tool("run", image, "sh", "-c", "test ! -e /x && echo good").stdout, "good\n")

    def test_more_whiteouts_than_a_file_can_have_names(self):
        """The kernel makes all of a step's names of one file; ext4 bounds these by 65 000."""
        self.build("FROM base\nRUN mkdir /m && cd /m && seq 33000 | xargs touch\n", "-t", "many")
        image, _ = self.build("FROM many\nRUN cd /m && seq 33000 | xargs rm\nRUN echo > /m/new\n", "--squash")
        self.assertEqual(self.tool("run", image, "ls", "/m").stdout, "new\n")

    def test_a_layer_that_is_gone_is_made_again(self):
        self.build(CHANGES, "--squash", "-t", "made")
        self.tool("gc", "--unused-for", "0")
        self.assertEqual(self.tool("run", "made", "cat", "/keep/a").stdout, "two\n")
        self.write("context/data/c", "edited")
        image, _ = self.build(CHANGES, "--squash")
        self.assertEqual(self.tool("run", image, "cat", "/data/a", "/data/c").stdout, "aagain\n")

    def test_it_is_the_same_twice(self):
        self.write("context/Dockerfile", CHANGES)
        done = self.tool("build", "--verify", "--squash", "--build-arg", "SOURCE_DATE_EPOCH=1000000000", self.folder / "context")
        self.assertIn("the same image, bit for bit", done.stdout)


class Modes(Case):
    """Git's two modes, or all bits."""

    def modes(self, *words):
        image, _ = self.build("FROM base\nCOPY data /data/\n", *words)
        return self.tool("run", image, "sh", "-c", "cd /data; stat -c '%n %a %u' . a b c d").stdout.split("\n")[:-1]

    def setUp(self):
        super().setUp()
        self.import_base()
        for name, mode in {"a": 0o600, "b": 0o775, "c": 0o4755}.items():
            self.write(f"context/data/{name}", name).chmod(mode)
        (self.folder / "context/data/d").mkdir(0o700)
        (self.folder / "context/data").chmod(0o750)

    def test_modes(self):
        self.assertEqual(self.modes(), [". 755 0", "a 644 0", "b 755 0", "c 755 0", "d 755 0"])
        self.assertEqual(self.modes("--keep-modes"), [". 755 0", "a 600 0", "b 775 0", "c 4755 0", "d 700 0"])

    def test_a_mode_counts_only_then(self):
        text = "FROM base\nCOPY data /data/\n"
        for words, again in ((), 0), (("--keep-modes",), 1):
            self.executed(self.events(text, *words))
            (self.folder / "context/data/a").chmod(0o640)
            self.assertEqual(len(self.executed(self.events(text, *words))), again)
            (self.folder / "context/data/a").chmod(0o600)


if __name__ == "__main__":
    support.main()

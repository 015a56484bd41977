"""docker build's options, as far as they say what is built and how its steps run."""
import json
import platform

import support
from support import Case

OTHER = "arm64" if platform.machine() == "x86_64" else "amd64"


class Options(Case):
    def setUp(self):
        super().setUp()
        self.base = self.import_base()

    def config(self, image):
        return json.loads(self.tool("inspect", image).stdout)["config"]

    def file(self, image, name):
        layers = [layer["diff_id"] for layer in json.loads(self.tool("inspect", image).stdout)["layers"]]
        return (self.store / "diffs" / layers[-1].removeprefix("sha256:") / name).read_text()

    def made(self, dockerfile, *words):
        return self.executed(self.events(dockerfile, *words))

    def test_labels_are_the_image_s_and_make_no_step_again(self):
        text = "FROM base\nLABEL a=1 b=1\nRUN true\n"
        self.made(text)
        self.assertEqual(self.made(text, "--label", "b=2", "--label", "c=x=y"), [])
        image, _ = self.build(text, "--label", "b=2", "--label", "c=x=y")
        self.assertEqual(self.config(image)["config"]["Labels"], {"a": "1", "b": "2", "c": "x=y"})
        last, _ = self.build(text, "--label", "b=1", "--label", "b=2", "--label", "c=x=y")
        self.assertEqual(last, image)
        _, said = self.build(text, "--label", "=2", code=2)
        self.assertIn("--label", said)

    def test_hosts_and_the_size_of_shm(self):
        text = "FROM base\nRUN grep -w mirror.example /etc/hosts > /x; df -k /dev/shm | tail -n 1 >> /x\n"
        words = ("--add-host", "mirror.example:10.0.0.7", "--add-host", "six.example:[::1]", "--shm-size", "16m")
        image, _ = self.build(text, *words)
        self.assertRegex(self.file(image, "x"), r"(?s)^10\.0\.0\.7\s+mirror\.example\n.*\b16384\b")
        self.assertEqual(len(self.made(text, *words)), 0)
        self.assertEqual(len(self.made(text, "--add-host", "mirror.example:10.0.0.8", "--shm-size", "16m")), 1)
        _, said = self.build(text, "--add-host", "mirror.example", code=2)
        self.assertIn('"mirror.example" is not name:address', said)

    def test_the_network_of_steps(self):
        text = "FROM base\nRUN tail -n +3 /proc/net/dev | cut -d: -f1 > /x\nRUN --network=host true\n"
        image, _ = self.build(text.splitlines()[0] + "\n" + text.splitlines()[1] + "\n", "--network", "none")
        self.assertEqual(self.file(image, "x"), "    lo\n")
        self.made(text)
        self.assertEqual(self.made(text, "--network", "none"), ["RUN --network=host true"])
        _, said = self.build(text, "--network", "bridge", code=2)
        self.assertIn('there is no network "bridge" for steps', said)

    def test_stages_that_are_made_in_any_case(self):
        text = "FROM base AS One\nRUN true\nFROM base AS two\nRUN echo\nFROM base\nCOPY --from=one /bin/sh /s1\nCOPY --from=two /bin/sh /s2\n"
        self.assertEqual(len(self.made(text)), 4)
        self.assertEqual(self.made(text), [])
        self.assertEqual(self.made(text, "--no-cache-filter", "one"), ["RUN true"])
        self.assertEqual(sorted(self.made(text, "--no-cache-filter", "one,1")), ["RUN echo", "RUN true"])
        told = self.tool("build", "--dry-run", "--no-cache-filter", "two", self.folder / "context").stdout
        self.assertRegex(told, r"RUN echo  to be made: --no-cache-filter")
        _, said = self.build(text, "--no-cache-filter", "tow")
        self.assertIn('no stage is called "tow" (--no-cache-filter); did you mean "two"?', said)

    def test_what_is_written_of_the_result(self):
        file = self.folder / "metadata.json"
        image, _ = self.build("FROM base\n", "-t", "one:2", "--metadata-file", file, "--iidfile", self.folder / "id")
        told = json.loads(file.read_text())
        self.assertEqual(told["containerimage.digest"], image)
        self.assertEqual((self.folder / "id").read_text().strip(), image)
        self.assertIn("one:2", told["image.name"])

    def test_an_image_for_another_machine(self):
        text = ("FROM --platform=$BUILDPLATFORM base AS build\nARG TARGETARCH BUILDARCH\nRUN echo $BUILDARCH for $TARGETARCH > /x\n"
                "FROM scratch\nCOPY --from=build /x /x\n")
        own, _ = self.build(text)
        other, _ = self.build(text, "--platform", f"linux/{OTHER}")
        self.assertEqual(self.config(other)["architecture"], OTHER)
        self.assertNotEqual(self.config(own)["architecture"], OTHER)
        self.assertTrue(self.file(other, "x").endswith(f" for {OTHER}\n"))
        self.assertEqual(self.made(text, "--platform", f"linux/{OTHER}"), [])
        _, said = self.build("FROM base\n", "--platform", f"linux/{OTHER}", code=2)
        self.assertIn(f"not for linux/{OTHER}", said)
        _, said = self.build(text, "--platform", "windows/amd64", code=2)
        self.assertIn("images for windows/amd64 are not built", said)

    def test_a_command_of_another_machine_needs_an_emulator(self):
        # Of a kind that no emulator is for, whatever this machine has.
        _, said = self.build('FROM --platform=linux/nosuch scratch\nCOPY . /\nRUN ["/x"]\n', code=2)
        self.assertIn("running a step for linux/nosuch", said)
        self.assertIn("has no emulator for it", said)

    def test_options_that_docker_alone_has(self):
        for words, hint in ((["--push"], "the image goes into the store"), (["-o", "type=tar"], "skopeo copy oci:"), (["--cache-from=x"], "the store is the cache"),
                            (["--ulimit", "nofile=9"], "ulimit, in the command"), (["--pull"], "trainyard import"), (["--laebl", "a=b"], 'did you mean "--label"?')):
            _, said = self.build("FROM base\n", *words, code=2)
            self.assertIn(hint, said)

    def test_a_time_that_is_none_is_refused_before_anything_is_made(self):
        _, said = self.build("FROM base\nRUN true\n", "--build-arg", "SOURCE_DATE_EPOCH=now", code=2)
        self.assertIn('"now" is not a number of seconds', said)


if __name__ == "__main__":
    support.main()

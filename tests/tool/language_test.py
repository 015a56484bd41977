"""Here-documents, ONBUILD, and what COPY takes and leaves, in real images."""
import json
import os
import stat

import support
from support import Case


class LanguageCase(Case):
    def setUp(self):
        super().setUp()
        self.base = self.import_base()

    def layers(self, image):
        return [layer["diff_id"] for layer in json.loads(self.tool("inspect", image).stdout)["layers"]]

    def tree(self, image, layer=-1):
        return (self.store / "diffs" / self.layers(image)[layer].removeprefix("sha256:")).resolve()

    def files(self, image, layer=-1):
        """Path -> text of a layer's files; folders end in a slash."""
        tree = self.tree(image, layer)
        return {str(p.relative_to(tree)) + ("/" if p.is_dir() else ""): None if p.is_dir() else p.read_text()
                for p in sorted(tree.rglob("*"))}

    def mode(self, image, path, layer=-1):
        return stat.S_IMODE((self.tree(image, layer) / path).lstat().st_mode)

    def history(self, image):
        blobs = self.store / "blobs/sha256"
        manifest = json.loads((blobs / image.removeprefix("sha256:")).read_text())
        config = json.loads((blobs / manifest["config"]["digest"].removeprefix("sha256:")).read_text())
        return "\n".join(entry["created_by"] for entry in config["history"])

    def dance(self, dockerfile, touched, edited, text, *words):
        """Build, no-op, touch, edit: which steps are executed."""
        seen = [self.executed(self.events(dockerfile, *words)), self.executed(self.events(dockerfile, *words))]
        os.utime(self.folder / "context" / touched)
        seen.append(self.executed(self.events(dockerfile, *words)))
        self.write(f"context/{edited}", text)
        seen.append(self.executed(self.events(dockerfile, *words)))
        return [len(steps) for steps in seen]


class RepeatedFiles(LanguageCase):
    MAKES = "FROM base\nRUN mkdir /d && head -c 3000000 /dev/urandom > /d/big && head -c 100 /dev/urandom > /d/small\n"

    def test_changed_owners_and_modes_cost_the_files_once_more(self):
        _, said = self.build(self.MAKES + "RUN chmod 0600 /d/big /d/small\n")
        self.assertRegex(said, r"Dockerfile:3: 3\.0 MB of this step's layer are files of earlier layers once more: only their owner")
        self.assertIn("  RUN chmod 0600 /d/big /d/small\nhint: give both where they are made", said)
        _, said = self.build(self.MAKES + "RUN chmod 0600 /d/small && cat /d/big > /d/other && touch /d/big\n")
        self.assertNotIn("once more", said)

    def test_moved_files_too(self):
        for step in ("RUN mv /d /e", "RUN mkdir /e && mv /d/big /e/"):
            _, said = self.build(self.MAKES + step + "\n")
            self.assertRegex(said, r"Dockerfile:3: 3\.0 MB of this step's layer are files of earlier layers once more: they were moved")
        _, said = self.build(self.MAKES + "RUN sleep 1.1 && rm -r /d && mkdir /d && head -c 3000000 /dev/urandom > /d/big\n")
        self.assertNotIn("once more", said)

    def test_it_is_said_as_long_as_it_is_so(self):
        text = self.MAKES + "RUN chmod 0600 /d/big\n"
        for more, code in (("", 0), ("", 0), ("RUN false\n", 1), ("RUN false\n", 1)):
            _, said = self.build(text + more, "--build-arg", "unused=1", code=code)
            self.assertEqual(said.count("Dockerfile:3: 3.0 MB of this step's layer are files of earlier layers once more"), 1, said)
            self.assertEqual(said.count('no ARG takes the build argument "unused"'), 1, said)


class HereDocuments(LanguageCase):
    def test_the_body_goes_to_the_shell(self):
        image, _ = self.build("FROM base\nENV a=1\nRUN <<EOF\necho \"$a\" > /x\nfalse\nb=2\necho $b >> /x\nEOF\n")
        self.assertEqual(self.files(image), {"x": "1\n2\n"})

    def test_the_shell_is_the_one_that_was_chosen(self):
        image, _ = self.build('FROM base\nSHELL ["/bin/ash", "-exc"]\nRUN <<EOF\necho "$0 $-" > /x\nEOF\n')
        self.assertIn("x", self.files(image)["x"])
        _, said = self.build('FROM base\nSHELL ["/bin/ash", "-ec"]\nRUN <<EOF\nfalse\necho > /y\nEOF\n', code=1)
        self.assertIn("RUN <<EOF", said)

    def test_an_interpreter_gets_the_script(self):
        dockerfile = ("FROM base\nRUN mkdir /k\nWORKDIR /k\nUSER worker\nRUN <<EOF\n#!/bin/ash -e\n"
                      "echo $0 $$ $(id -u) > /tmp/x\nEOF\n")
        image, _ = self.build(dockerfile)
        name, _, user = self.files(image)["tmp/x"].split()
        self.assertEqual(name, "/dev/pipes/EOF")
        self.assertEqual(user, "1000" if os.environ.get("TRAINYARD_TEST_WHO") != "single" else user)
        self.assertEqual([p for p in self.files(image) if not p.startswith("tmp")], [])
        self.assertIn("/bin/sh -c /dev/pipes/EOF # buildkit", self.history(image))

    def test_documents_beside_a_command(self):
        image, _ = self.build("FROM base\nRUN cat <<A > /a && cat <<-'B' > /b\n$((1+1))\nA\n\t$x\n\tB\n")
        self.assertEqual(self.files(image), {"a": "2\n", "b": "$x\n"})

    def test_a_change_in_the_body_counts(self):
        for text, expected in (("1", 1), ("1", 0), ("2", 1), ("1", 0)):
            steps = self.executed(self.events(f"FROM base\nRUN <<EOF\necho {text} > /x\nEOF\n"))
            self.assertEqual(len(steps), expected)
        for text, expected in (("1", 1), ("1", 0), ("2", 1)):
            steps = self.executed(self.events(f"FROM base\nRUN <<EOF\n#!/bin/sh\necho {text} > /x\nEOF\n"))
            self.assertEqual(len(steps), expected)

    def test_files_of_the_dockerfile(self):
        self.write("context/own.txt", "own")
        image, _ = self.build("FROM base\nARG who=me\nCOPY own.txt <<one <<-'two' /d/\n\"$who\" \\$who\none\n\t$who\ntwo\n"
                              "COPY --chmod=4755 <<run.sh /bin/run\n#!/bin/sh\nrun.sh\nADD <<x /y\nx\n")
        self.assertEqual(self.files(image, -3), {"d/": None, "d/own.txt": "own", "d/one": '"me" $who\n', "d/two": "$who\n"})
        self.assertEqual(self.files(image, -2), {"bin/": None, "bin/run": "#!/bin/sh\n"})
        self.assertEqual(self.mode(image, "bin/run", -2), 0o4755)
        self.assertEqual(self.mode(image, "d/one", -3), 0o644)
        self.assertEqual(self.files(image), {"y": ""})
        self.assertIn("COPY own.txt <<one <<two /d/ # buildkit", self.history(image))

    def test_files_of_the_dockerfile_need_no_context_and_join_the_key(self):
        done = self.tool("build", "-f", self.write("D", "FROM scratch\nCOPY <<a /a\n1\na\n"), "--progress", "json",
                         self.folder)
        self.assertIn('"done"', done.stderr)
        self.write("D", "FROM scratch\nCOPY <<a /a\n2\na\n")
        done = self.tool("build", "-f", self.folder / "D", "--progress", "json", self.folder)
        self.assertIn('"done"', done.stderr)


class OnBuild(LanguageCase):
    def test_triggers_wait_for_the_next_image(self):
        self.write("context/data", "1")
        kit, _ = self.build("FROM base\nONBUILD COPY data /data\nONBUILD RUN <<E\ncp /data /copy\nE\n", "-t", "kit")
        self.assertEqual(len(self.layers(kit)), 1)
        dockerfile = "FROM kit\nRUN echo own > /own\n"
        image, _ = self.build(dockerfile, "-t", "made")
        self.assertEqual([self.files(image, i) for i in (-3, -2, -1)], [{"data": "1"}, {"copy": "1"}, {"own": "own\n"}])
        self.assertEqual(self.dance(dockerfile, "data", "data", "2"), [0, 0, 0, 3])
        grandchild, _ = self.build("FROM made\n")
        self.assertEqual(len(self.layers(grandchild)), 4)

    def test_a_stage_takes_the_triggers_of_another(self):
        image, _ = self.build("FROM base AS kit\nONBUILD RUN echo 1 > /x\nFROM kit\n")
        self.assertEqual(self.files(image), {"x": "1\n"})

    def test_a_trigger_that_fails_points_to_the_from(self):
        self.build("FROM base\nONBUILD RUN exit 3\n", "-t", "kit")
        _, said = self.build("# note\nFROM kit\n", code=1)
        self.assertIn("Dockerfile:2", said)
        self.assertIn("exit code 3", said)


class Flags(LanguageCase):
    def setUp(self):
        super().setUp()
        for path in ("x/a.txt", "x/y/b.txt", "x/y/c.md", "top.txt"):
            self.write(f"context/{path}", path)

    def test_parents(self):
        image, _ = self.build("FROM scratch\nCOPY --parents x/a.txt x/y/b.txt /p/\nCOPY --parents ./x/./y/*.md /q/\n"
                              "COPY --parents **/*.txt /r/\n")
        self.assertEqual([p for p, text in self.files(image, 0).items() if text], ["p/x/a.txt", "p/x/y/b.txt"])
        self.assertEqual([p for p, text in self.files(image, 1).items() if text], ["q/y/c.md"])
        self.assertEqual([p for p, text in self.files(image, 2).items() if text],
                         ["r/top.txt", "r/x/a.txt", "r/x/y/b.txt"])
        _, said = self.build("FROM scratch\nCOPY --parents x/none.txt /p/\n", code=2)
        self.assertIn('no "x/none.txt"', said)

    def test_parents_and_exclude_of_another_stage(self):
        dockerfile = ("FROM base AS made\nRUN mkdir -p /o/p/q && echo 1 > /o/p/q/f && echo 2 > /o/p/g && chmod 700 /o/p\n"
                      "FROM scratch\nCOPY --from=made --parents --exclude=**/g /o/p /\nCOPY --from=made --exclude=q /o/p /e/\n")
        image, _ = self.build(dockerfile)
        self.assertEqual(self.files(image, 0), {"o/": None, "o/p/": None, "o/p/q/": None, "o/p/q/f": "1\n"})
        self.assertEqual(self.mode(image, "o/p", 0), 0o700)
        self.assertEqual(self.files(image, 1), {"e/": None, "e/g": "2\n"})
        self.assertEqual(self.executed(self.events(dockerfile)), [])

    def test_exclude_joins_the_key_and_what_is_left_out_does_not(self):
        dockerfile = "FROM scratch\nCOPY --exclude=**/*.md --exclude=top.txt . /all/\n"
        self.assertEqual(self.dance(dockerfile, "x/a.txt", "x/y/c.md", "changed"), [1, 0, 0, 0])
        self.write("context/.dockerignore", "Dockerfile\n.dockerignore\n")
        image, _ = self.build(dockerfile)
        self.assertEqual([p for p, text in self.files(image).items() if text], ["all/x/a.txt", "all/x/y/b.txt"])
        self.assertEqual(len(self.executed(self.events(dockerfile.replace("**/*.md", "nothing")))), 1)

    def test_a_linked_layer_does_not_depend_on_what_lies_below(self):
        def steps(first, flags="--link"):
            return self.executed(self.events(f"FROM base\nRUN echo {first} > /first\nCOPY {flags} top.txt /new/folder/\n"))
        self.assertEqual(len(steps(1)), 2)
        self.assertEqual(steps(2), ["RUN echo 2 > /first"])
        self.assertEqual(len(steps(3, "")), 2)
        self.assertEqual(len(steps(4, "")), 2)
        self.write("context/top.txt", "changed")
        self.assertEqual(len(steps(2)), 1)

    def test_a_linked_layer_follows_no_link_of_the_image(self):
        image, _ = self.build("FROM base\nRUN ln -s /var /link\nCOPY --link top.txt /link/\nRUN test -f /link/top.txt && "
                              "test ! -e /var/top.txt && test ! -L /link\n")
        self.assertIn("link/top.txt", self.files(image, -1) | self.files(image, -2))
        _, said = self.build("FROM base\nCOPY --link --chown=worker top.txt /x\n", code=2)
        self.assertIn("worker", said)


if __name__ == "__main__":
    support.main()

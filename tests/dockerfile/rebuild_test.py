"""The rebuild matrix: for each instruction, what must execute it again and what must not, counted by steps executed.

A row is a change and the number of steps that execute because of it. Before the change a second build executes nothing, and after
it neither does another.
"""
import os
import pathlib
import re
import sys

sys.path.insert(0, os.environ.get("TRAINYARD_TOOL_TESTS", str(pathlib.Path(__file__).resolve().parent.parent / "tool")))
import support  # noqa: E402
from base_root import write_base  # noqa: E402
from case_file import make_archive  # noqa: E402


class Row:
    """What is built: changes change it."""

    def __init__(self, dockerfile, context, number):
        # No row finds another's steps.
        self.dockerfile = re.sub(r"^(FROM (?:base|moving).*)\n", r"\1\nCOPY row /row\n", dockerfile, flags=re.MULTILINE)
        self.words, self.environment, self.context = (), {}, context
        for path, text in (("dir/one", "1\n"), ("dir/sub/two", "2\n"), ("other", "3\n"), ("ignored", "4\n"), ("row", str(number)),
                           (".dockerignore", "ignored\n.dockerignore\nDockerfile\n")):
            (context / path).parent.mkdir(parents=True, exist_ok=True)
            (context / path).write_text(text)
        (context / "dir/link").symlink_to("one")
        (context / "a.tar").write_bytes(make_archive("f 0644 0:0 text\n"))


def replace(old, new):
    def change(row):
        assert old in row.dockerfile, old
        row.dockerfile = row.dockerfile.replace(old, new)
    return change


def write(path, text="changed\n"):
    return on(path, lambda file: file.write_text(text))


def on(path, function):
    return lambda row: function(row.context / path)


def link(target):
    def change(path):
        path.unlink()
        path.symlink_to(target)
    return change


def words(*given):
    return lambda row: setattr(row, "words", given)


def environment(**values):
    return lambda row: setattr(row, "environment", values)


def touch(path):
    os.utime(path, (5, 5))


def rewrite(path):
    path.write_bytes(path.read_bytes())


class Rebuild(support.Case):
    def setUp(self):
        super().setUp()
        self.tool("import", "-t", "base", write_base(self.folder / "base.tar"))
        self.number = 0

    def executed_by(self, row):
        events = self.events(row.dockerfile, *row.words, context=row.context.name, env=row.environment)
        return len(self.executed(events))

    def matrix(self, dockerfile, rows):
        for name, (change, executed) in rows.items():
            with self.subTest(name):
                self.number += 1
                row = Row(dockerfile, self.folder / f"context-{self.number}", self.number)
                self.assertGreater(self.executed_by(row), 1)
                self.assertEqual(self.executed_by(row), 0, "the second build")
                change(row)
                self.assertEqual(self.executed_by(row), executed)
                self.assertEqual(self.executed_by(row), 0, "the build after the change")

    def test_run(self):
        self.matrix("FROM base\nENV first=1\nRUN echo a > /a\nRUN echo b > /b\n", {
            "its command": (replace("echo b", "echo c"), 1),
            "the command of a step before": (replace("echo a", "echo c"), 2),
            "ENV before": (replace("first=1", "first=2"), 2),
            "ENV between": (replace("RUN echo b", "ENV n=1\nRUN echo b"), 1),
            "ENV after": (replace("> /b", "> /b\nENV n=1"), 0),
            "USER between": (replace("RUN echo b > /b", "USER 5\nRUN echo b > /tmp/b"), 1),
            "WORKDIR between": (replace("RUN echo b", "WORKDIR /srv\nRUN echo b"), 2),
            "SHELL between": (replace("RUN echo b", 'SHELL ["/bin/ash", "-c"]\nRUN echo b'), 1),
            "the network": (replace("RUN echo b", "RUN --network=none echo b"), 1),
            "LABEL between": (replace("RUN echo b", "LABEL n=1\nRUN echo b"), 0),
            "CMD, EXPOSE, VOLUME, STOPSIGNAL, HEALTHCHECK between": (
                replace("RUN echo b", "CMD x\nEXPOSE 1\nVOLUME /v\nSTOPSIGNAL INT\nHEALTHCHECK CMD x\nRUN echo b"), 0),
            "comments, blank lines and case": (replace("RUN echo b", "# x\n\n  run echo b"), 0),
            "exec form of the same": (replace("RUN echo b > /b", 'RUN ["/bin/sh", "-c", "echo b > /b"]'), 0),
            "a file of the context": (write("other"), 0),
            "a proxy": (environment(http_proxy="http://proxy.invalid:1", NO_PROXY="x"), 0),
            "a proxy as argument": (words("--build-arg", "http_proxy=http://proxy.invalid:1"), 0),
            "an argument that nobody declares": (words("--build-arg", "n=1"), 0),
            "another step before": (replace("RUN echo b", "RUN echo n > /n\nRUN echo b"), 2),
            "a step less before": (replace("RUN echo a > /a\n", ""), 1),
        })

    def test_arguments(self):
        self.matrix("FROM base\nARG early=1\nRUN echo a > /a\nARG late=1\nRUN echo b > /b\n", {
            "a value that is declared before both": (words("--build-arg", "early=2"), 2),
            "a value that is declared between": (words("--build-arg", "late=2"), 1),
            "the value that it has": (words("--build-arg", "early=1"), 0),
            "a default": (replace("late=1", "late=2"), 1),
            "an ENV that hides it": (replace("RUN echo b", "ENV late=9\nRUN echo b"), 1),
        })
        self.matrix("ARG early=1\nFROM base\nRUN echo a > /a\n", {
            "a global one that the stage does not import": (words("--build-arg", "early=2"), 0),
        })
        self.matrix("ARG early=1\nFROM base\nARG early\nRUN echo a > /a\n", {
            "a global one that the stage imports": (words("--build-arg", "early=2"), 1),
        })

    def test_copy(self):
        self.matrix("FROM base\nCOPY dir /dir\nRUN ls /dir > /list\n", {
            "touch": (on("dir/one", touch), 0),
            "touch of a folder": (on("dir/sub", touch), 0),
            "written again with the same": (on("dir/one", rewrite), 0),
            "content": (write("dir/one"), 2),
            "content in a folder below": (write("dir/sub/two"), 2),
            "content of the same size": (write("dir/one", "9\n"), 2),
            "executable": (on("dir/one", lambda path: path.chmod(0o755)), 2),
            "a new file": (write("dir/new"), 2),
            "a file less": (on("dir/one", lambda path: path.unlink()), 2),
            "a new folder": (on("dir/new", lambda path: path.mkdir()), 2),
            "another name": (on("dir/one", lambda path: path.rename(path.parent / "uno")), 2),
            "a link's target": (on("dir/link", link("sub/two")), 2),
            "a link becomes a file": (on("dir/link", lambda path: (path.unlink(), path.write_text("1\n"))), 2),
            "a file beside the selected": (write("other"), 0),
            "an ignored file": (write("ignored"), 0),
            "a file that becomes ignored": (write(".dockerignore", "dir/one\n"), 2),
            "an ignore file that changes nothing": (write(".dockerignore", "nothing\n"), 0),
            "the destination": (replace("COPY dir /dir", "COPY dir /dir/in"), 2),
            "--chown": (replace("COPY dir", "COPY --chown=5:6 dir"), 2),
            "--chmod": (replace("COPY dir", "COPY --chmod=700 dir"), 2),
            "ENV before": (replace("COPY dir", "ENV n=1\nCOPY dir"), 1),
            "USER before": (replace("COPY dir", "USER 0\nCOPY dir"), 1),
            "LABEL before": (replace("COPY dir", "LABEL n=1\nCOPY dir"), 0),
            "a variable that says the same": (replace("COPY dir /dir", "ARG n=dir\nCOPY $n /dir"), 1),
        })

    def test_copy_of_a_link_and_of_names(self):
        self.matrix("FROM base\nCOPY dir/link /file\nCOPY dir/o* /names/\n", {
            "what a named link leads to": (write("dir/one"), 2),
            "where a named link leads": (on("dir/link", link("sub/two")), 2),
            "another match of the wildcard": (write("dir/ozone"), 1),
            "a name that does not match": (write("dir/new"), 0),
        })

    def test_copy_from(self):
        made = "FROM base AS made\nENV e=0\nRUN mkdir /m && echo x > /m/f && echo y > /m/o\n"
        self.matrix(made + "FROM base\nCOPY --from=made /m/f /f\nRUN cat /f > /g\n", {
            "the same content by another command": (replace("RUN mkdir /m", "RUN true; mkdir /m"), 1),
            "a file that is not copied": (replace("echo y", "echo z"), 1),
            "the file that is copied": (replace("echo x", "echo z"), 3),
            "its mode": (replace("> /m/o", "> /m/o && chmod 600 /m/f"), 3),
            "ENV of the other stage": (replace("e=0", "e=9"), 1),
            "a step more in the other stage": (replace("FROM base\n", "RUN echo n > /n\nFROM base\n"), 1),
            "the name of the other stage": (lambda row: setattr(row, "dockerfile", row.dockerfile.replace("made", "other")), 0),
        })

    def test_copy_from_sees_owners(self):
        # With one id the file is root's all the same: the step is made, and what it gives is not another.
        self.matrix("FROM base AS made\nRUN echo x > /f && true\nFROM base\nCOPY --from=made /f /f\n", {
            "an owner": (replace("true", "chown 5:6 /f"), 1 if support.ONE_ID else 2),
        })

    def test_add(self):
        def repack(text):
            return on("a.tar", lambda path: path.write_bytes(make_archive(text)))

        self.matrix("FROM base\nADD a.tar /unpacked/\nRUN ls /unpacked > /list\n", {
            "touch of the archive": (on("a.tar", touch), 0),
            "a member's content": (repack("f 0644 0:0 changed\n"), 2),
            "a member's mode": (repack("f 0600 0:0 text\n"), 2),
            "COPY in its place": (replace("ADD", "COPY"), 2),
        })

    def test_workdir_and_user(self):
        self.matrix("FROM base\nWORKDIR /new\nRUN pwd > /tmp/n\n", {
            "another path": (replace("/new", "/old"), 2),
            "the same path in other words": (replace("WORKDIR /new", "WORKDIR /srv/../new/"), 0),
            "USER before": (replace("WORKDIR", "USER 5\nWORKDIR"), 2),
            "ENV before": (replace("WORKDIR", "ENV n=1\nWORKDIR"), 1),
        })

    def test_from(self):
        def import_again(text):
            def change(row):
                (self.folder / "root").mkdir(exist_ok=True)
                (self.folder / "root/f").write_text(text)
                self.tool("import", "-t", "data", self.folder / "root")
            return change

        import_again("1\n")(None)
        self.matrix("FROM data AS data\nFROM base\nCOPY --from=data /f /f\nRUN cat /f > /g\n", {
            "the tag names other content": (import_again("2\n"), 2),
            "the tag names the same content": (import_again("2\n"), 0),
        })
        self.build("FROM base\nENV x=1\n", "-t", "moving")
        self.matrix("FROM moving\nRUN echo a > /a\nCOPY other /o\n", {
            "the base's labels": (lambda row: self.build("FROM base\nENV x=1\nLABEL x=1\n", "-t", "moving"), 0),
            # What lies above a miss does not wait for the hash of its layer, which may be the same.
            "the base's environment": (lambda row: self.build("FROM base\nLABEL x=1\n", "-t", "moving"), 2),
            "the base's layers": (lambda row: self.build("FROM base\nRUN echo m > /m\n", "-t", "moving"), 3),
        })

    def test_what_makes_no_layer_executes_nothing(self):
        self.matrix("FROM base\nRUN echo a > /a\nENV n=1\n", {
            "another value": (replace("n=1", "n=2"), 0),
            "another instruction": (replace("ENV n=1", "CMD x"), 0),
        })
        before, _ = self.build("FROM base\nENV n=1\n")
        after, _ = self.build("FROM base\nENV n=2\n")
        self.assertNotEqual(before, after)

    def test_stages(self):
        self.matrix("FROM base\nRUN echo a > /a\nFROM base\nRUN echo b > /b\n", {
            "a stage that is not needed": (replace("echo a", "echo n"), 0),
            "--target": (words("--target", "0"), 1),
        })


if __name__ == "__main__":
    support.main()

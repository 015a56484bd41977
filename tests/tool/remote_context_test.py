"""Contexts that lie elsewhere: git repositories, archives by http, standard input."""
import http.server
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading

import remote_test
import support
from remote_test import RemoteCase, Server

FILES = {"Dockerfile": "FROM scratch\nCOPY a.txt sub /x/\n", "a.txt": "one\n", "sub/b.txt": "two\n"}


class ContextCase(RemoteCase):
    def setUp(self):
        super().setUp()
        Server.files, Server.asked, Server.options = {}, [], {}
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.web = f"http://127.0.0.1:{server.server_address[1]}"

    def folder_of(self, files, name="local"):
        """The same files as a folder."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        for path, text in files.items():
            self.write(f"{name}/{path}", text)
        return self.folder / name

    def archive(self, files, kind="gz", change=None):
        """A tar of them, with owners and modes that no context of ours would have."""
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode=f"w:{kind}" if kind != "zst" else "w:") as tar:
            for path, text in files.items():
                member = tarfile.TarInfo(path)
                member.size = len(text)
                member.mode, member.uid, member.gid, member.mtime = 0o040, 3_000_000, 3_000_000, 1
                if change:
                    change(member)
                tar.addfile(member, io.BytesIO(text.encode()))
        if kind != "zst":
            return out.getvalue()
        return subprocess.run(["zstd", "-q", "-c"], input=out.getvalue(), stdout=subprocess.PIPE, check=True).stdout

    def context(self, *words, data=None, code=0, events=False):
        """Builds with a context by its address, or of `data` as standard input. Digest or events, and what was said."""
        more = ["--progress", "json"] if events else []
        name = self.folder / "input"
        name.write_bytes(data or b"")
        with name.open("rb") as stdin:
            done = self.tool("build", *more, *words, code=code, stdin=stdin)
        if events:
            return [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
        return done.stdout.strip() or None, done.stderr

    def count(self, *words, data=None):
        """How many steps a build executes."""
        return len(self.executed(self.context(*words, data=data, events=True)))

    def caches(self):
        return json.loads(self.tool("cache", "ls", "--json").stdout)


class Repository(ContextCase):
    def setUp(self):
        super().setUp()
        self.made = self.folder / "srv/made.git"
        self.git("init", "-q", "-b", "main", self.made, cwd=self.folder)
        self.commit(FILES)
        self.git("tag", "-a", "v1", "-m", "v1")
        self.git("branch", "old")
        self.git("update-ref", "refs/pull/7/head", "HEAD")
        self.first = self.git("rev-parse", "HEAD")
        self.commit({"a.txt": "three\n"})
        self.address = f"file://{self.made}"

    git, serve, end = (vars(remote_test.Repositories)[name] for name in ("git", "serve", "end"))

    def commit(self, files):
        for path, text in files.items():
            self.write(f"srv/made.git/{path}", text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", "x")

    def test_steps_are_those_of_the_same_folder(self):
        now = dict(FILES, **{"a.txt": "three\n"})
        local = self.context(self.folder_of(now))[0]
        self.assertEqual(self.count(self.address), 0)
        self.assertEqual(self.context(self.serve())[0], local)
        self.commit({"a.txt": "three\n", "left out": "1"})
        self.assertEqual(self.count(self.address), 0)
        self.commit({"a.txt": "four\n"})
        self.assertEqual(self.count(self.address), 1)
        self.assertEqual(self.count(self.address), 0)

    def test_a_commit_is_fetched_once(self):
        self.context(self.address)
        self.assertEqual(len(self.caches()), 1)
        git = shutil.which("git")
        self.write("bin/git", f'#!/bin/sh\necho "$*" >> {self.folder}/asked\nexec {git} "$@"\n', 0o755)
        path = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}"}
        self.tool("build", self.address, env=path)
        asked = (self.folder / "asked").read_text().splitlines()
        self.assertEqual(len(asked), 1, asked)
        self.assertIn("ls-remote", asked[0])
        self.tool("build", f"{self.address}#{self.git('rev-parse', 'HEAD')}", env=path)
        self.assertEqual(len((self.folder / "asked").read_text().splitlines()), 1)
        self.commit({"a.txt": "four\n"})
        self.tool("build", self.address, env=path)
        self.assertIn("fetch", (self.folder / "asked").read_text())
        self.assertEqual(len(self.caches()), 2)

    def test_what_a_power_cut_left_is_fetched_again(self):
        self.context(self.address)
        (cache,) = self.caches()
        born = self.store / "caches" / cache["name"] / "data/born"
        born.write_text("another-boot 1")
        (born.parent / "files/a.txt").write_text("half")
        self.assertEqual(self.count(self.address), 0)
        self.assertEqual((born.parent / "files/a.txt").read_text(), "three\n")

    def test_branches_tags_commits_and_names_of_pull_requests(self):
        before = self.context(self.folder_of(FILES))[0]
        for ref in ("old", "v1", "refs/heads/old", "refs/pull/7/head", "pull/7/head", self.first):
            self.assertEqual(self.context(f"{self.address}#{ref}")[0], before, ref)
        self.assertEqual(self.context(f"{self.address}?tag=v1&commit={self.first[:9]}")[0], before)
        self.assertNotEqual(self.context(f"{self.address}#main")[0], before)

    def test_a_folder_of_it_is_the_context(self):
        self.commit({"deep/er/Dockerfile": "FROM scratch\nCOPY . /\n", "deep/er/.dockerignore": "Dockerfile\n.d*\n",
                     "deep/er/c": "c", "deep/other.Dockerfile": "FROM scratch\nCOPY er/c /d\n"})
        image, _ = self.context(f"{self.address}#main:deep/er")
        self.assertEqual(self.files(image), ["c"])
        self.assertEqual(self.context(f"{self.address}?branch=main&subdir=deep/er")[0], image)
        image, _ = self.context("-f", "other.Dockerfile", f"{self.address}#:deep")
        self.assertEqual(self.files(image), ["d"])

    def test_the_dockerfile_may_come_from_here(self):
        name = self.write("mine/My.Dockerfile", "FROM scratch\nCOPY sub/b.txt /\n")
        image, _ = self.context("-f", name, self.address)
        self.assertEqual(self.files(image), ["b.txt"])
        self.assertEqual(self.context("-f", "-", self.address, data=name.read_bytes())[0], image)

    def test_the_git_folder_is_left_out_unless_asked_for(self):
        dockerfile = self.write("All", "FROM scratch\nCOPY . /all/\n")
        image, _ = self.context("-f", dockerfile, self.address)
        self.assertEqual(self.files(image), ["all/Dockerfile", "all/a.txt", "all/sub/b.txt"])
        image, _ = self.context("-f", dockerfile, "--build-arg", "BUILDKIT_CONTEXT_KEEP_GIT_DIR=1", self.address)
        self.assertIn("all/.git/HEAD", self.files(image))

    def test_what_is_not_there_is_named(self):
        for address, words in (
                (f"{self.address}#none", ['no branch or tag "none"', self.address]),
                (f"{self.address}#main:none", ['it has no folder "none"']),
                (f"{self.address}#main:a.txt", ['it has no folder "a.txt"']),
                (f"{self.address}#{'1' * 40}", ["1" * 40]),
                (f"{self.address}?commit={self.first}", [f"not at {self.first}"]),
                (f"{self.address}?brnch=x", ['no setting "brnch"', "branch"]),
                (f"file://{self.folder}/nowhere.git", ["nowhere.git"])):
            _, said = self.context(address, code=None)
            for word in words:
                self.assertIn(word, said, address)
        _, said = self.context("ftp://127.0.0.1/a.tar", code=2)
        self.assertIn("addresses begin with http://", said)
        _, said = self.context("-f", "None", self.address, code=2)
        self.assertIn("no such Dockerfile", said)
        self.assertIn("None", said)
        self.commit({"Dockerfile": "FROM scratch\nCOPPY a b\n"})
        _, said = self.context(self.address, code=2)
        self.assertIn("Dockerfile:2", said)
        self.assertNotIn(str(self.store), said)

    def test_links_do_not_lead_out(self):
        self.write("secret", "FROM scratch\nKEY-OF-THIS-MACHINE\n")
        for name in ("Dockerfile", "a.txt"):
            (self.made / name).unlink()
            (self.made / name).symlink_to(self.folder / "secret")
            self.git("add", "-A")
            self.git("commit", "-q", "-m", "link")
            _, said = self.context(self.address, code=2)
            self.assertNotIn("KEY-OF", said)
            self.git("reset", "-q", "--hard", "HEAD~1")
        (self.made / "out").symlink_to(self.folder)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "link")
        _, said = self.context(f"{self.address}#main:out", code=2)
        self.assertIn('it has no folder "out"', said)

    def test_an_image_remembers_where_it_came_from(self):
        self.context("-t", "it", self.address)
        self.assertIn("0 of 1 steps", self.tool("why", "it").stdout)
        self.commit({"a.txt": "four\n"})
        self.assertIn("a.txt has changed", self.tool("why", "it").stdout)
        self.assertIn("a.txt has changed", self.tool("build", "--dry-run", "-t", "it", self.address).stdout)
        (event,) = self.executed(self.context("-t", "it", self.address, events=True))
        self.assertEqual(self.tool("shell", "--step", "1", "it", code=None).returncode, 0)
        self.assertTrue(event)

    def test_named_contexts(self):
        local = self.write("main/Dockerfile", "FROM scratch\nCOPY --from=code a.txt /\n").parent
        image, _ = self.context("--build-context", f"code={self.address}#v1", local)
        self.assertEqual((self.tree(image) / "a.txt").read_text(), "one\n")
        self.assertEqual(self.count("--build-context", f"code={self.address}#old", local), 0)
        self.assertEqual(self.count("--build-context", f"code={self.address}", local), 1)
        Server.files["/c.tgz"] = self.archive({"a.txt": "one\n"})
        self.assertEqual(self.context("--build-context", f"code={self.web}/c.tgz", local)[0], image)
        Server.files["/notes"] = b"a text"
        self.write("main/Dockerfile", "FROM scratch\nCOPY --from=code context /notes\n")
        image, _ = self.context("--build-context", f"code={self.web}/notes", local)
        self.assertEqual((self.tree(image) / "notes").read_text(), "a text")

    def test_unused_ones_go_and_used_ones_stay(self):
        self.context(self.address)
        self.tool("gc", "--unused-for", "1h")
        (cache,) = self.caches()
        self.assertEqual(cache["id"], self.address)
        self.assertEqual(cache["options"]["commit"], self.git("rev-parse", "HEAD"))
        self.tool("gc", "--unused-for", "0")
        self.assertEqual(self.caches(), [])
        self.assertEqual(list((self.store / "tmp").iterdir()), [])
        self.context(self.address)

    def test_lint_and_check_take_it(self):
        self.commit({"Dockerfile": "from scratch\nCOPY a.txt /\n"})
        for words in (("build", "--check"), ("lint",)):
            done = self.tool(*words, self.address, code=1)
            self.assertIn("Dockerfile:1", done.stdout)
            self.assertNotIn(str(self.store), done.stdout)


class Archive(ContextCase):
    def test_compressions_make_no_difference(self):
        local = self.context(self.folder_of(FILES))[0]
        for kind in ("", "gz", "bz2", "xz") + (("zst",) if shutil.which("zstd") else ()):
            Server.files["/c.tar"] = self.archive(FILES, kind)
            self.assertEqual(self.count(f"{self.web}/c.tar"), 0, kind)
            self.assertEqual(self.context("-", data=self.archive(FILES, kind))[0], local, kind)

    def test_it_is_downloaded_once(self):
        Server.files["/c.tgz"] = self.archive(FILES)
        self.assertEqual(self.count(f"{self.web}/c.tgz"), 1)
        Server.asked.clear()
        self.assertEqual(self.count(f"{self.web}/c.tgz"), 0)
        self.assertEqual(Server.asked, ["/c.tgz not modified"])
        Server.files["/c.tgz"] = self.archive(FILES, change=lambda member: setattr(member, "mtime", 2))
        self.assertEqual(self.count(f"{self.web}/c.tgz"), 0)
        Server.files["/c.tgz"] = self.archive(dict(FILES, **{"a.txt": "changed"}))
        self.assertEqual(self.count(f"{self.web}/c.tgz"), 1)
        self.tool("gc", "--unused-for", "0")
        self.context(f"{self.web}/c.tgz")

    def test_ignore_file_and_another_dockerfile_in_it(self):
        files = {".dockerignore": "*.md\n", "read.md": "x", "a": "x", "d/Mine": "FROM scratch\nCOPY . /\n"}
        for words, data in ((["-"], self.archive(files)), ([f"{self.web}/c.tgz"], None)):
            Server.files["/c.tgz"] = self.archive(files)
            image, _ = self.context("-f", "d/Mine", *words, data=data)
            self.assertEqual(self.files(image), [".dockerignore", "a", "d/Mine"])

    def test_modes_that_can_be_read_are_kept(self):
        data = self.archive({"Dockerfile": "FROM scratch\nCOPY a /\n", "a": "x"}, change=lambda member: setattr(member, "mode", 0o555))
        image, _ = self.context("--keep-modes", "-", data=data)
        self.assertEqual((self.tree(image) / "a").stat().st_mode & 0o7777, 0o555)

    def test_a_text_is_the_dockerfile(self):
        base = self.import_base()
        text = f"FROM {base}\nRUN --mount=target=/here ls -A /here > /list\n".encode()
        image, _ = self.context("-", data=text)
        self.assertEqual((self.tree(image) / "list").read_text(), "")
        Server.files["/Dockerfile"] = text
        self.assertEqual(self.count(f"{self.web}/Dockerfile"), 0)
        _, said = self.context("-", data=b"FROM scratch\nCOPY a /\n", code=2)
        self.assertIn("Dockerfile:2", said)

    def test_what_is_neither_is_refused(self):
        Server.files.update({"/page": b"\n<!DOCTYPE html><html></html>", "/x": b"\0\1\2" * 400, "/empty": b"",
                             "/cut.tgz": self.archive(dict(FILES, big="x" * 100_000))[:-40]})
        for path, word in (("/none", "404"), ("/page", "web page"), ("/x", "neither an archive nor a Dockerfile"),
                           ("/cut.tgz", "/cut.tgz")):
            done, said = self.context(self.web + path, code=None)
            self.assertIsNone(done)
            self.assertIn(word, said)
            self.assertNotIn(str(self.store), said)
        self.assertIn("it is empty", self.context("-", data=b"", code=2)[1])
        self.assertIn("cannot both", self.context("-f", "-", "-", data=b"x", code=2)[1])
        self.assertIn("it is no archive", self.context("-f", "X", "-", data=b"FROM scratch\n", code=2)[1])
        self.assertIn("no such Dockerfile", self.context("-", data=self.archive({"a": "a"}), code=2)[1])

    def test_entries_that_lead_out_are_refused(self):
        def rename(name):
            return lambda member: member.name == "a.txt" and setattr(member, "name", name)

        _, said = self.context("-", data=self.archive(FILES, change=rename("../../out")), code=2)
        self.assertIn("..", said)
        self.write("secret", "KEY-OF-THIS-MACHINE")

        def link(member):
            if member.name == "a.txt":
                member.type, member.linkname, member.size = tarfile.SYMTYPE, str(self.folder / "secret"), 0
        image, said = self.context("-", data=self.archive(FILES, change=link), code=None)
        if image is not None:  # a link may be copied as it is
            self.assertFalse(any("KEY-OF" in p.read_text() for p in self.tree(image).rglob("*") if p.is_file()
                                 and not p.is_symlink()))
        self.assertNotIn("KEY-OF", said)
        self.assertEqual([p for p in self.folder.rglob("out")], [])

    def test_standard_input_cannot_be_asked_again(self):
        self.context("-t", "it", "-", data=self.archive(FILES))
        said = self.tool("why", "it", code=2).stderr
        self.assertIn("came from standard input, which cannot be read again", said)
        changed = self.archive(dict(FILES, **{"a.txt": "changed"}))
        name = self.folder / "changed.tgz"
        name.write_bytes(changed)
        with name.open("rb") as stdin:
            self.assertIn("a.txt has changed", self.tool("build", "--dry-run", "-t", "it", "-", stdin=stdin).stdout)
        with name.open("rb") as stdin:
            self.tool("build", "--verify", "-", stdin=stdin)

    def test_lint_takes_a_dockerfile_from_standard_input(self):
        name = self.write("D", "from scratch\nCOPY a /\n")
        with name.open("rb") as stdin:
            self.assertIn("Dockerfile:1", self.tool("lint", "-", code=1, stdin=stdin).stdout)

    def test_passwords_stay_out_of_the_store(self):
        Server.files["/c.tgz"] = self.archive(FILES)
        self.context("-t", "it", f"{self.web.replace('//', '//me:hush-hush@')}/c.tgz")
        found = subprocess.run(["grep", "-rl", "hush-hush", self.store], capture_output=True, text=True, check=False)
        self.assertEqual(found.stdout, "")
        self.assertIn("0 of 1 steps", self.tool("why", "it").stdout)


class Spellings(ContextCase):
    def test_dockers_words_for_images_and_layouts(self):
        base = self.import_base()
        local = self.write("main/Dockerfile", "FROM thing\nCOPY Dockerfile /\n").parent
        image, _ = self.context("--build-context", f"thing={base}", local)
        self.assertEqual(self.count("--build-context", f"thing=docker-image://{base}", local), 0)
        digest = json.loads(self.tool("inspect", base).stdout)["digest"]
        for place in (f":{base}:latest", f":latest@{digest}", f"@{digest}"):
            self.assertEqual(self.count("--build-context", f"thing=oci-layout://{self.store}{place}", local), 0, place)
        _, said = self.context("--build-context", f"thing=oci-layout://{self.store}@sha256:{'0' * 64}", local, code=2)
        self.assertIn("its index names no such digest", said)
        self.assertTrue(image)


if __name__ == "__main__":
    support.main()

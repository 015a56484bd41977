"""ADD of downloads and of git repositories, from servers on this machine."""
import base64
import hashlib
import http.server
import json
import os
import shutil
import socket
import stat
import subprocess
import tarfile
import threading
import time

import support
from support import Case

MODIFIED = "Tue, 02 Jan 2024 03:04:05 GMT"
MODIFIED_SECONDS = 1704164645


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `files` with an ETag, and counts what it was asked."""

    files, asked, options = {}, [], {}

    def do_GET(self):
        path = self.path.split("?")[0]
        self.asked.append(path)
        if path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", path[3:])
            self.end_headers()
            return
        content = self.files.get(path)
        tag = None if content is None else '"' + hashlib.sha256(content).hexdigest()[:8] + '"'
        if content is None:
            self.send_error(404)
        elif self.headers.get("If-None-Match") == tag and not self.options.get("forgetful"):
            self.asked[-1] += " not modified"
            self.send_response(304)
            self.end_headers()
        else:
            self.send_response(200)
            if not self.options.get("forgetful"):
                self.send_header("ETag", tag)
                self.send_header("Last-Modified", MODIFIED)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:-1] if self.options.get("cut") else content)

    def log_message(self, *_):
        pass


class RemoteCase(Case):
    def setUp(self):
        super().setUp()
        # Nothing of the machine's configuration changes what is asked.
        for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
            os.environ.pop(name, None)
        os.environ["GIT_CONFIG_GLOBAL"] = str(self.write("gitconfig", "[user]\n\tname = n\n\temail = n@localhost\n"))

    def layers(self, image):
        return [layer["diff_id"] for layer in json.loads(self.tool("inspect", image).stdout)["layers"]]

    def tree(self, image, layer=-1):
        return (self.store / "diffs" / self.layers(image)[layer].removeprefix("sha256:")).resolve()

    def files(self, image):
        tree = self.tree(image)
        return sorted(str(p.relative_to(tree)) for p in tree.rglob("*") if not p.is_dir())

    def steps(self, dockerfile):
        return len(self.executed(self.events(dockerfile)))


class Downloads(RemoteCase):
    def setUp(self):
        super().setUp()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        Server.files = {"/a/data.txt": b"some data\n", "/model.bin": b"\0" * 1000}
        Server.asked, Server.options = [], {}
        self.url = f"http://127.0.0.1:{server.server_address[1]}"

    def test_a_file_is_downloaded_once(self):
        dockerfile = f"FROM scratch\nADD {self.url}/a/data.txt /in/\nADD {self.url}/a/data.txt?x=1 /called\n"
        image, _ = self.build(dockerfile)
        self.assertEqual(self.files(image), ["called"])
        found = self.tree(image, 0) / "in/data.txt"
        self.assertEqual(found.read_text(), "some data\n")
        status = found.stat()
        self.assertEqual((stat.S_IMODE(status.st_mode), int(status.st_mtime)), (0o600, MODIFIED_SECONDS))
        Server.asked.clear()
        self.assertEqual(self.steps(dockerfile), 0)
        self.assertEqual(Server.asked, ["/a/data.txt not modified"] * 2)
        Server.files["/a/data.txt"] = b"other data\n"
        self.assertEqual(self.steps(dockerfile), 2)
        Server.files["/a/data.txt"] = b"some data\n"
        self.assertEqual(self.build(dockerfile)[0], image)

    def test_a_server_that_remembers_nothing(self):
        Server.options["forgetful"] = True
        dockerfile = f"FROM scratch\nADD {self.url}/a/data.txt /x\n"
        self.assertEqual((self.steps(dockerfile), self.steps(dockerfile)), (1, 0))
        Server.files["/a/data.txt"] = b"other"
        self.assertEqual(self.steps(dockerfile), 1)

    def test_a_checksum_is_checked_and_spares_the_question(self):
        digest = hashlib.sha256(b"some data\n").hexdigest()
        dockerfile = f"FROM scratch\nADD --checksum=sha256:{digest} {self.url}/to/a/data.txt /x\n"
        image, _ = self.build(dockerfile)
        self.assertEqual(self.files(image), ["x"])
        Server.asked.clear()
        self.assertEqual(self.steps(dockerfile), 0)
        self.assertEqual(Server.asked, [])
        _, said = self.build(dockerfile.replace(digest, "0" * 64), code=1)
        self.assertIn(f"its checksum is sha256:{digest}, not sha256:000", said)
        self.assertIn("Dockerfile:2", said)

    def test_archives_stay_packed_unless_asked(self):
        self.write("inner/file", "inner")
        with tarfile.open(self.folder / "a.tgz", "w:gz") as tar:
            tar.add(self.folder / "inner", "inner")
        Server.files["/a.tgz"] = (self.folder / "a.tgz").read_bytes()
        shutil.copy(self.folder / "a.tgz", self.write("context/local.tgz", "").resolve())
        image, _ = self.build(f"FROM scratch\nADD {self.url}/a.tgz /x/\n")
        self.assertEqual(self.files(image), ["x/a.tgz"])
        image, _ = self.build(f"FROM scratch\nADD --unpack {self.url}/a.tgz /x/\n")
        self.assertEqual(self.files(image), ["x/inner/file"])
        image, _ = self.build("FROM scratch\nADD local.tgz /x/\n")
        self.assertEqual(self.files(image), ["x/inner/file"])
        image, _ = self.build("FROM scratch\nADD --unpack=false local.tgz /x/\n")
        self.assertEqual(self.files(image), ["x/local.tgz"])

    def test_modes_and_several_sources(self):
        self.write("context/own", "own")
        image, _ = self.build(f"FROM scratch\nADD --chmod=755 own {self.url}/model.bin {self.url}/a/data.txt /d/\n")
        self.assertEqual(self.files(image), ["d/data.txt", "d/model.bin", "d/own"])
        self.assertEqual(stat.S_IMODE((self.tree(image) / "d/model.bin").stat().st_mode), 0o755)

    def test_what_cannot_be_had_is_named(self):
        dockerfile = f"FROM scratch\nADD http://me:secret@{self.url[7:]}/none /x\n"
        _, said = self.build(dockerfile, code=1)
        self.assertIn("Dockerfile:2", said)
        self.assertIn("404", said)
        self.assertNotIn("downloading " + self.url.replace("//", "//me:secret@"), said)
        Server.options["cut"] = True
        _, said = self.build(f"FROM scratch\nADD {self.url}/model.bin /x\n", code=1)
        self.assertIn("/model.bin", said)
        Server.options.clear()
        self.assertEqual(self.steps(f"FROM scratch\nADD {self.url}/model.bin /x\n"), 1)


class Repositories(RemoteCase):
    def setUp(self):
        super().setUp()
        self.made = self.folder / "srv/made.git"
        self.git("init", "-q", "-b", "main", self.made, cwd=self.folder)
        self.commit("a.txt", "1")
        self.commit("sub/b.txt", "2")
        self.git("tag", "-a", "v1", "-m", "v1")
        self.git("branch", "old")
        self.commit("a.txt", "3")
        self.url = self.serve()

    def git(self, *words, cwd=None):
        return subprocess.run(["git", *map(str, words)], cwd=cwd or self.made, check=True, capture_output=True,
                              text=True).stdout.strip()

    def commit(self, path, text):
        file = self.made / path
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "-m", path)
        return self.git("rev-parse", "HEAD")

    def serve(self):
        """git's own server, on a port that is free now."""
        for _ in range(5):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                port = free.getsockname()[1]
            daemon = subprocess.Popen(["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--export-all",
                                       f"--base-path={self.folder / 'srv'}", str(self.folder / "srv")],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            self.addCleanup(self.end, daemon)
            for _ in range(100):
                if daemon.poll() is not None:
                    break
                try:
                    socket.create_connection(("127.0.0.1", port), timeout=1).close()
                    return f"git://127.0.0.1:{port}/made.git"
                except OSError:
                    time.sleep(0.05)
        self.fail("git daemon does not start")

    def end(self, daemon):
        if daemon.poll() is None:
            os.killpg(daemon.pid, 15)
        daemon.wait()

    def test_a_repository_is_cloned_once_for_each_commit(self):
        dockerfile = f"FROM scratch\nADD {self.url} /src\n"
        image, _ = self.build(dockerfile)
        self.assertEqual(self.files(image), ["src/a.txt", "src/sub/b.txt"])
        self.assertEqual((self.tree(image) / "src/a.txt").read_text(), "3")
        self.assertEqual(self.steps(dockerfile), 0)
        self.commit("a.txt", "4")
        self.assertEqual(self.steps(dockerfile), 1)
        self.assertEqual(self.steps(dockerfile), 0)

    def test_branches_tags_commits_and_folders(self):
        commit = self.git("rev-parse", "old")
        for ref in ("old", "v1", commit, "refs/heads/old"):
            image, _ = self.build(f"FROM scratch\nADD {self.url}#{ref} /src\n")
            self.assertEqual((self.tree(image) / "src/a.txt").read_text(), "1", ref)
        image, _ = self.build(f"FROM scratch\nADD {self.url}#old:sub /src/\n")
        self.assertEqual(self.files(image), ["src/b.txt"])
        image, _ = self.build(f"FROM scratch\nADD {self.url}?tag=v1&subdir=sub&mtime=commit /src/\n")
        self.assertGreater((self.tree(image) / "src/b.txt").stat().st_mtime, 1e9)
        _, said = self.build(f"FROM scratch\nADD {self.url}#none /src\n", code=1)
        self.assertIn('no branch or tag "none"', said)

    def test_a_checksum_pins_the_commit(self):
        commit = self.git("rev-parse", "main")
        dockerfile = f"FROM scratch\nADD --checksum={commit} {self.url}#main /src\n"
        self.assertEqual(self.steps(dockerfile), 1)
        self.commit("a.txt", "4")
        _, said = self.build(dockerfile, code=1)
        self.assertIn(f"not at {commit}", said)

    def test_the_git_folder_is_kept_on_demand(self):
        image, _ = self.build(f"FROM scratch\nADD --keep-git-dir=true {self.url} /src\n")
        self.assertIn("src/.git/HEAD", self.files(image))

    def test_submodules_come_along(self):
        other = self.folder / "srv/other.git"
        self.git("init", "-q", "-b", "main", other, cwd=self.folder)
        (other / "inner.txt").write_text("inner")
        self.git("add", ".", cwd=other)
        self.git("commit", "-q", "-m", "x", cwd=other)
        self.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", self.url.replace("made", "other"), "mod")
        self.git("commit", "-q", "-m", "mod")
        image, _ = self.build(f"FROM scratch\nADD {self.url} /src\n")
        self.assertIn("src/mod/inner.txt", self.files(image))
        self.assertEqual([p for p in self.files(image) if p.endswith(".git")], [])
        image, _ = self.build(f"FROM scratch\nADD {self.url}?submodules=false /src\n")
        self.assertNotIn("src/mod/inner.txt", self.files(image))

    def serve_files(self, login=None):
        """A server that knows nothing of git, and may ask for a password."""
        wanted = login and "Basic " + base64.b64encode(login.encode()).decode()

        class Files(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                if wanted and self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", "Basic realm=here")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                else:
                    super().do_GET()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), lambda *a: Files(*a, directory=str(self.folder / "srv")))
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return f"127.0.0.1:{server.server_address[1]}"

    def test_a_server_that_knows_no_shallow_clones(self):
        self.git("update-server-info")
        (self.folder / "srv/dumb.git").symlink_to("made.git/.git")
        image, _ = self.build(f"FROM scratch\nADD http://{self.serve_files()}/dumb.git#old /src\n")
        self.assertEqual((self.tree(image) / "src/a.txt").read_text(), "1")

    def test_passwords_are_in_no_argument_message_or_note_of_a_submodule(self):
        other = self.folder / "srv/other"
        self.git("init", "-q", "-b", "main", other, cwd=self.folder)
        (other / "inner.txt").write_text("inner")
        self.git("add", ".", cwd=other)
        self.git("commit", "-q", "-m", "x", cwd=other)
        self.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", other, "mod")
        self.git("config", "-f", ".gitmodules", "submodule.mod.url", "../../other/.git")
        self.git("commit", "-qam", "mod")
        for folder in (other, self.made):
            self.git("update-server-info", cwd=folder)
        (self.folder / "srv/file").write_text("file")
        for program in ("git", "curl"):
            self.write(f"bin/{program}", f'#!/bin/sh\necho "$0 $*" >> {self.folder}/arguments\nexec {shutil.which(program)} "$@"\n', 0o755)
        path = {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}
        server = self.serve_files("me:hush:hush@")
        login = f"http://me:hush%3ahush%40@{server}"
        image, said = self.build(f"FROM scratch\nADD --keep-git-dir=true {login}/made.git/.git /src/\nADD {login}/file /\n", env=path)
        self.assertEqual((self.tree(image, 0) / "src/mod/inner.txt").read_text(), "inner")
        self.assertEqual((self.tree(image) / "file").read_text(), "file")
        for place in (self.tree(image, 0), self.folder / "arguments"):
            found = subprocess.run(["grep", "-rl", "hush", place], capture_output=True, text=True, check=False)
            self.assertEqual(found.stdout, "")
        self.assertIn("bin/curl", (self.folder / "arguments").read_text())
        shutil.rmtree(other)
        self.commit("a.txt", "5")
        self.git("update-server-info")
        for wrong in (login, f"http://me:hush@{server}", f"http://hush@{server}"):
            self.write("context/Dockerfile", f"FROM scratch\nADD {wrong}/made.git/.git /src/\n")
            said = self.tool("build", self.folder / "context", code=1).stderr
            self.assertIn("cloning", said)
            self.assertNotIn("hush", "".join(line for line in said.splitlines(True) if "ADD" not in line))


if __name__ == "__main__":
    support.main()

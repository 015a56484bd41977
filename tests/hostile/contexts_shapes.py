"""Build contexts and Dockerfiles: links out, races, nodes, ignore files, names."""
import os
import shutil
import socket
import threading

from hostile import FAILED, MACHINE, SECRET, USAGE, HostileCase
from raw_tar import file, folder, symlink
from shapes import shape


class Contexts(HostileCase):
    def setUp(self):
        super().setUp()
        self.context = self.fresh_context()

    @shape("COPY", "a source that is a symlink out of the context")
    def test_link(self):
        for target in (self.out / "file", f"../../../../../..{self.out}/file", "/proc/self/environ", "/etc/passwd"):
            (self.context / "link").unlink(missing_ok=True)
            (self.context / "link").symlink_to(target)
            self.build("FROM base\nCOPY link /x", code=USAGE, says="link")

    @shape("COPY", "a folder on the way that is a symlink out")
    def test_link_folder(self):
        (self.context / "link").symlink_to(self.out)
        for source in ("link/file", "link/", "link/*", "./link/../file"):
            done = self.build(f"FROM base\nCOPY {source} /x/", "-t", "out", code=(0, USAGE))
            if done.returncode == 0:
                self.assertNotIn(SECRET.strip(), self.run_in("out", "cat /x/* 2>/dev/null; true").stdout)

    @shape("COPY", "links below a folder stay links")
    def test_nested_links(self):
        (self.context / "d").mkdir()
        (self.context / "d/link").symlink_to(self.out / "file")
        (self.context / "d/folder").symlink_to(self.out)
        self.build("FROM base\nCOPY d /d", "-t", "links")
        self.assertEqual(self.run_in("links", "readlink /d/link; readlink /d/folder; cat /d/link 2>/dev/null; true").stdout.count(str(self.out)), 2)

    @shape("COPY", "sources with .. and absolute ones")
    def test_dotdot(self):
        for source in ("../outside/file", "../../../../../../etc/passwd", f"{self.out}/file", "/etc/passwd", "a/../../outside/file"):
            self.build(f"FROM base\nCOPY {source} /x", code=USAGE, says="file" if "file" in source else "passwd")

    @shape("COPY", "the context itself as a symlink")
    def test_context_link(self):
        (self.context / "f").write_text("mine")
        link = self.folder / "context-link"
        link.unlink(missing_ok=True)
        link.symlink_to(self.context)
        self.write("context/Dockerfile", "FROM base\nCOPY f /f\nCOPY ../outside/file /g")
        self.tool("build", link, code=USAGE, says="outside/file")
        self.write("context/Dockerfile", "FROM base\nCOPY f /f")
        self.tool("build", "-t", "through", link, code=0)

    @shape("CVE-2018-15664", "a folder that turns into a symlink out and back while it is copied")
    def test_race(self):
        d, kept, evil = (self.context / name for name in ("d", "kept", "evil"))
        d.mkdir()
        for i in range(20):
            (d / "file").write_text("mine")
            (d / f"f{i}").write_text("mine")
        evil.symlink_to(self.out)
        stop = threading.Event()

        def swap():
            while not stop.is_set():
                os.rename(d, kept)
                os.rename(evil, d)
                os.rename(d, evil)
                os.rename(kept, d)

        thread = threading.Thread(target=swap)
        thread.start()
        try:
            for i in range(6):
                (self.folder / f"context/n{i}").write_text(str(i))
                done = self.build(f"FROM base\nCOPY n{i} d/file /x/\nCOPY d /y/", "-t", "raced", "--no-cache",
                                  code=(0, FAILED, USAGE, MACHINE))
                if done.returncode == 0:
                    self.assertNotIn("canary", self.run_in("raced", "cat /x/* /y/* 2>/dev/null; true").stdout)
        finally:
            stop.set()
            thread.join()

    @shape("COPY", "FIFOs, sockets and devices in the context")
    def test_nodes(self):
        os.mkfifo(self.context / "fifo")
        for dockerfile in ("FROM base\nCOPY fifo /x", "FROM base\nCOPY . /x"):
            self.build(dockerfile, code=USAGE, says="fifo")
        (self.context / "fifo").unlink()
        with socket.socket(socket.AF_UNIX) as server:
            os.chdir(self.context)
            server.bind("socket")
            os.chdir(self.folder)
        self.build("FROM base\nCOPY . /x", code=0)
        (self.context / "socket").unlink()
        (self.context / "zero").symlink_to("/dev/zero")
        self.build("FROM base\nCOPY zero /x", code=USAGE, says="zero")

    @shape("COPY", "a sparse file of terabytes in the context")
    def test_sparse(self):
        with open(self.context / "sparse", "wb") as out:
            out.truncate(2 << 40)
        self.build("FROM base\nCOPY . /x", code=USAGE, says="sparse")

    @shape("COPY", "names that mean removals in a layer")
    def test_whiteouts(self):
        (self.context / ".wh.etc").write_text("")
        self.build("FROM base\nCOPY . /", code=(FAILED, USAGE, MACHINE), says=".wh.etc")

    @shape("COPY", "names with newlines, escapes, and bytes that are not UTF-8")
    def test_names(self):
        for name in (b"new\nline", b"\x1b]0;owned\x07", b"\xff\xfe", b"-rf", b"a b;c$(d)`e`"):
            with open(os.path.join(os.fsencode(self.context), name), "wb"):
                pass
        self.build("FROM base\nCOPY . /x", "--progress", "plain", code=(0, USAGE))
        os.mkfifo(os.path.join(os.fsencode(self.context), b"fifo\x1b[2J\nhint: x"))
        done = self.build("FROM base\nCOPY . /x", code=USAGE)
        self.assertNotIn("\nhint: x", done.stderr)

    @shape("COPY", "a tree deeper than a path is long")
    def test_deep(self):
        here = os.open(self.context, os.O_RDONLY)
        for _ in range(30):
            os.mkdir("d" * 200, dir_fd=here)
            below = os.open("d" * 200, os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        self.build("FROM base\nCOPY . /x", code=(0, FAILED, USAGE, MACHINE))

    @shape("COPY", "a destination through symlinks of the image")
    def test_destination(self):
        for target in (self.out, f"../../../../../..{self.out}", "/proc/self/root", "/dev"):
            self.import_root(symlink("link", target), symlink("etc/link", "../link"), tag="dest")
            (self.context / "f").write_text("evil")
            self.build("FROM dest\nCOPY f /link/file\nCOPY f /etc/link/folder/file\nCOPY f link/", "-t", "placed", code=(0, FAILED, USAGE))

    @shape("COPY", "a destination that is a symlink to a file")
    def test_destination_file(self):
        self.import_root(symlink("f", self.out / "file"), symlink("g", f"../../..{self.out}/file"), tag="dest")
        (self.context / "f").write_text("evil")
        self.build("FROM dest\nCOPY f /f\nCOPY f /g", code=(0, FAILED, USAGE))

    @shape("COPY --from", "symlinks of a stage that lead out")
    def test_from(self):
        self.import_root(symlink("link", self.out), symlink("file", self.out / "file"), symlink("up", f"../../../../../..{self.out}"),
                         tag="from")
        for source in ("/link/file", "/file", "/up/file", "/link", "../../../../../.." + str(self.out), "/proc/self/environ"):
            done = self.build(f"FROM base\nCOPY --from=from {source} /x", "-t", "copied", code=(0, USAGE))
            if done.returncode == 0:
                self.assertNotIn("canary", self.run_in("copied", "cat /x /x/* 2>/dev/null; true").stdout)

    @shape("COPY --from", "a stage's set-user-id files, FIFOs and attributes")
    def test_from_nodes(self):
        marks = {"SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.user.mine": "kept"}
        self.import_root(folder("d", records=marks), file("d/suid", "x", mode=0o4755), tag="from")
        self.build("FROM base\nCOPY --from=from /d /d\nRUN mkfifo /d/p\nRUN ls -l /d", code=0)

    @shape("contexts", "a named context that is a symlink, a file, nothing")
    def test_named(self):
        (self.folder / "named").unlink(missing_ok=True)
        (self.folder / "named").symlink_to(self.out)
        self.build("FROM base\nCOPY --from=n ../home/.profile /x", "--build-context", f"n={self.folder}/named", code=USAGE)
        self.build("FROM base\nCOPY --from=n x /x", "--build-context", f"n={self.out}/file", code=USAGE)
        self.build("FROM base\nCOPY --from=n x /x", "--build-context", f"n={self.folder}/nothing", code=USAGE)


class IgnoreFiles(HostileCase):
    def setUp(self):
        super().setUp()
        self.context = self.fresh_context()
        (self.context / "f").write_text("x")

    def with_ignore(self, make, code=0, says=()):
        path = self.context / ".dockerignore"
        if os.path.lexists(path):
            path.unlink()
        make(path)
        self.build("FROM base\nCOPY . /x", "-t", "ignored", code=code, says=says)

    @shape(".dockerignore", "a FIFO, a folder, a device")
    def test_nodes(self):
        self.with_ignore(os.mkfifo, USAGE, ".dockerignore")
        self.with_ignore(lambda p: p.symlink_to("/dev/zero"), USAGE, ".dockerignore")
        self.with_ignore(lambda p: p.symlink_to("/dev/stdin"), (USAGE, MACHINE))

    @shape(".dockerignore", "a symlink to a file outside")
    def test_link(self):
        self.with_ignore(lambda p: p.symlink_to(self.home / ".ssh/id"), USAGE, ".dockerignore")
        self.with_ignore(lambda p: p.symlink_to("/etc/shadow"), USAGE, ".dockerignore")

    @shape(".dockerignore", "patterns that lead out, or take everything back")
    def test_patterns(self):
        self.with_ignore(lambda p: p.write_text("*\n!../outside\n!../../../etc/passwd\n!/etc\n!**/../..\n!f\n"))
        self.assertNotIn("canary", self.run_in("ignored", "find /x -type f -exec cat {} +").stdout)

    @shape(".dockerignore", "patterns that take for ever")
    def test_slow(self):
        (self.context / ("a" * 200)).write_text("")
        self.with_ignore(lambda p: p.write_text("*a" * 1000 + "b\n" + "**/" * 1000 + "x\n" + "[a-z]*" * 300 + "\n"), (0, USAGE))

    @shape(".dockerignore", "a file of many megabytes, of NULs, of no UTF-8")
    def test_large(self):
        self.with_ignore(lambda p: p.write_bytes(b"x\n" * (3 << 20)), USAGE, "4 MiB")
        self.with_ignore(lambda p: p.write_bytes(bytes(1000) + b"\xff\xfe\n" * 100), (0, USAGE))


class Dockerfiles(HostileCase):
    def setUp(self):
        super().setUp()
        self.context = self.fresh_context()

    def with_file(self, make, code=USAGE, says=()):
        path = self.context / "Dockerfile"
        if os.path.lexists(path):
            path.unlink()
        make(path)
        return self.tool("build", self.context, code=code, says=says)

    @shape("Dockerfile", "a FIFO, a device, a folder")
    def test_nodes(self):
        self.with_file(os.mkfifo, says="Dockerfile")
        self.with_file(lambda p: p.symlink_to("/dev/zero"), says="Dockerfile")
        self.with_file(lambda p: p.mkdir(), says="Dockerfile")
        shutil.rmtree(self.context / "Dockerfile")

    @shape("Dockerfile", "a symlink to a secret outside of the context")
    def test_link(self):
        self.with_file(lambda p: p.symlink_to(self.home / ".ssh/id"), says="Dockerfile")

    @shape("Dockerfile", "many megabytes, one line of megabytes, a hundred thousand lines")
    def test_large(self):
        self.with_file(lambda p: p.write_bytes(b"FROM base\n" + b"#" * (5 << 20)), says="4 MiB")
        self.with_file(lambda p: p.write_bytes(b"FROM base\nENV A=" + b"x" * (3 << 20)), code=(0, FAILED, USAGE, MACHINE))
        self.with_file(lambda p: p.write_bytes(b"FROM base\n" + b"ENV A=b\n" * 20_000), code=(0, FAILED, USAGE, MACHINE))
        self.with_file(lambda p: p.write_bytes(b"FROM base\n" + b"\\\n" * (1 << 20)), code=(0, FAILED, USAGE, MACHINE))

    @shape("Dockerfile", "values that double with each line")
    def test_doubling(self):
        lines = "".join(f"ENV V{i + 1}=$V{i}$V{i}\n" for i in range(40))
        self.with_file(lambda p: p.write_text("FROM base\nENV V0=xxxxxxxxxxxxxxxx\n" + lines), says="1 MiB")

    @shape("Dockerfile", "NULs, no UTF-8, escapes, carriage returns")
    def test_bytes(self):
        for content in (b"FROM base\0\nRUN true", b"\xff\xfeFROM base", b"FROM base\nRUN\xc0 \x80", b"FROM \x1b]0;owned\x07\n",
                        b"\x1b[2J\nhint: x", b"FROM base\r\nRUN true\r\n", b"FROM base\nENV \x1b[2J=1\nLABEL a=\x1b[2J\n"):
            self.with_file(lambda p, c=content: p.write_bytes(c), code=(0, FAILED, USAGE))

    @shape("Dockerfile", "names of stages and images that are paths and options")
    def test_names(self):
        for name in ("../../etc", "/etc/passwd", "oci:/etc", "oci:../../..", "--help", "digest-file:/etc/passwd", "a" * 10_000,
                     "http://169.254.169.254/x", "base@sha256:../../x", "base:../../x"):
            self.with_file(lambda p, n=name: p.write_text(f"FROM {n}\n"))
            self.with_file(lambda p, n=name: p.write_text(f"FROM base\nCOPY --from={n} /x /y\n"))

    @shape("Dockerfile", "WORKDIR, USER and destinations in the system's folders")
    def test_system_paths(self):
        for line in ("WORKDIR /proc/self/fd/7\nRUN true", "WORKDIR /dev\nRUN true", "WORKDIR ../../../proc\nRUN true"):
            self.with_file(lambda p, t=line: p.write_text("FROM base\n" + t), code=(FAILED, USAGE))
        for line in ("USER 4294967295\nRUN id", "USER -1\nRUN id", "USER root:4294967296\nRUN id", "COPY --chown=4294967295 Dockerfile /x",
                     "COPY --chown=-1:0 Dockerfile /x", "COPY --chmod=77777 Dockerfile /x"):
            self.with_file(lambda p, t=line: p.write_text("FROM base\n" + t), code=(FAILED, USAGE))
        for line in ("COPY Dockerfile /proc/x", "COPY Dockerfile /dev/null", "COPY Dockerfile /proc/../sys/x"):
            self.with_file(lambda p, t=line: p.write_text("FROM base\n" + t + "\nRUN true"), code=(0, FAILED, USAGE))


class Imports(HostileCase):
    base = False

    @shape("import", "a folder with links out, FIFOs and sockets")
    def test_folder(self):
        root = self.folder / "root"
        shutil.rmtree(root, ignore_errors=True)
        root.mkdir()
        (root / "link").symlink_to(self.out)
        (root / "file").symlink_to(self.out / "file")
        os.mkfifo(root / "fifo")
        with socket.socket(socket.AF_UNIX) as server:
            os.chdir(root)
            server.bind("socket")
            os.chdir(self.folder)
        self.tool("import", "-t", "folder", root, code=0)
        (root / ".wh.x").write_text("")
        self.tool("import", "-t", "folder", root, code=(FAILED, USAGE, MACHINE), says=".wh.x")

    @shape("import", "a sparse file of terabytes in a folder")
    def test_sparse(self):
        root = self.folder / "sparse-root"
        root.mkdir()
        with open(root / "sparse", "wb") as out:
            out.truncate(2 << 40)
        self.tool("import", "-t", "folder", root, code=(FAILED, USAGE), says="sparse")

    @shape("import", "a source that is a FIFO, a device, a link without end")
    def test_source(self):
        for make in (os.mkfifo, lambda p: p.symlink_to("/dev/zero"), lambda p: p.symlink_to(p)):
            path = self.folder / "source"
            if os.path.lexists(path):
                path.unlink()
            make(path)
            self.tool("import", "-t", "x", path, code=(USAGE, MACHINE), says="source")

    @shape("import", "a standard input that is no archive")
    def test_stdin(self):
        for content in (b"", b"x" * 100_000, os.urandom(10_000)):
            path = self.write("stdin", content)
            with open(path, "rb") as stdin:
                self.tool("import", "-t", "x", "-", stdin=stdin, code=(0, USAGE))

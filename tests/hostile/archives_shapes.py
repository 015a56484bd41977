"""Archives that become more than they are: bombs, dictionaries, holes, tables, numbers of entries."""
import bz2
import gzip
import lzma
import os
import struct
import subprocess
import zlib

from hostile import FAILED, MACHINE, USAGE, HostileCase, Layout, support
from raw_tar import BLOCK, device, entry, fifo, file, folder, hard_link, header, padded, pax_record, pax, symlink, tar
from shapes import shape

ZEROS = 1 << 30  # what would come out of a bomb: more than the limit lets through
PIECE = bytes(1 << 24)


def repeated(compress, most=ZEROS):
    """A compressed tar of one file of zeros: streams may be joined, so one is made and repeated."""
    return compress(header(b"zeros", b"0", most)) + compress(PIECE) * (most // len(PIECE))


def zstd(data):
    return subprocess.run(["zstd", "-q", "-c", "-1"], input=data, stdout=subprocess.PIPE, check=True).stdout


class Bombs(HostileCase):
    base = False

    def refuse_bomb(self, name, content):
        path = self.write(name, content)
        self.assertLess(len(content), 8 << 20)
        before = self.disk_use()
        done = self.tool("import", "-t", "bomb", path, code=USAGE, says=(str(path), "bomb"))
        self.assertLess(self.disk_use() - before, 1 << 20, str(done))

    def disk_use(self):
        return sum(os.lstat(os.path.join(folder, name)).st_blocks * 512
                   for folder, _, names in os.walk(self.store) for name in names)

    @shape("bombs", "gzip")
    def test_gzip(self):
        self.refuse_bomb("bomb.tar.gz", repeated(gzip.compress))

    @shape("bombs", "gzip of gzip")
    def test_gzip_twice(self):
        self.refuse_bomb("bomb.gz.gz", gzip.compress(repeated(gzip.compress), 1))

    @shape("bombs", "bzip2")
    def test_bzip2(self):
        self.refuse_bomb("bomb.tar.bz2", repeated(bz2.compress))

    @shape("bombs", "xz")
    def test_xz(self):
        self.refuse_bomb("bomb.tar.xz", repeated(lambda data: lzma.compress(data, preset=0)))

    @shape("bombs", "zstd")
    def test_zstd(self):
        self.refuse_bomb("bomb.tar.zst", repeated(zstd))

    @shape("bombs", "an xz dictionary of half a gibibyte")
    def test_xz_dictionary(self):
        if support.SANITIZED:
            self.skipTest("the tool sets no limit of memory in a build with sanitizers")
        # The header alone asks for it: the content is small, the decoder fills what it has.
        filters = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 8 << 20}]
        stream = bytearray(lzma.compress(tar(file("f", os.urandom(1000))), format=lzma.FORMAT_XZ, filters=filters,
                                         check=lzma.CHECK_NONE))
        at = stream.index(b"\x21\x01", 12)  # LZMA2's identity and the size of its properties in the block header
        stream[at + 2] = 34  # 2 << 28: 512 MiB
        size = (stream[12] + 1) * 4
        stream[12 + size - 4:12 + size] = struct.pack("<I", zlib.crc32(stream[12:12 + size - 4]))
        self.tool("import", "-t", "dictionary", self.write("dictionary.tar.xz", bytes(stream)), code=USAGE, says="dictionary")

    @shape("bombs", "a zstd window of two gibibytes")
    def test_zstd_window(self):
        self.write("window.tar", tar(*[file(f"f{i}", os.urandom(1 << 20)) for i in range(3)]))
        path = self.folder / "window.tar.zst"
        subprocess.run(["zstd", "-q", "-f", "--ultra", "--long=31", "-1", "--no-check", "-c", str(self.folder / "window.tar")],
                       stdout=open(path, "wb"), check=True)
        data = bytearray(path.read_bytes())
        # A frame header without a single segment: the window's own byte asks for 2 GiB.
        data[4] &= ~0x20
        self.tool("import", "-t", "window", self.write("window.tar.zst", bytes(data)), code=(0, FAILED, USAGE, MACHINE))

    @shape("bombs", "a layout's layer that is a bomb")
    def test_layer(self):
        layout = Layout(self.folder / "layout")
        layer = layout.layer(repeated(gzip.compress),
                             "application/vnd.oci.image.layer.v1.tar+gzip")
        layout.image(layer)
        self.fresh_context()
        self.build("FROM evil", "--build-context", f"evil=oci:{layout.folder}", code=USAGE, says="bomb")

    @shape("bombs", "an archive that ADD unpacks")
    def test_add(self):
        context = self.fresh_context()
        (context / "bomb.tar.bz2").write_bytes(repeated(bz2.compress))
        self.build("FROM scratch\nADD bomb.tar.bz2 /", code=USAGE, says="bomb")


class Holes(HostileCase):
    base = False

    @shape("holes", "a PAX sparse file of 8 EiB")
    def test_pax(self):
        records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
                   "GNU.sparse.realsize": "9223372036854775807"}
        self.refuse_tar(file("GNUSparseFile.0/sparse", padded(b"1\n9223372036854775806\n1\n") + b"x", records=records),
                        says="sparse")

    @shape("holes", "an old GNU sparse file of 8 EiB")
    def test_gnu(self):
        block = bytearray(header(b"sparse", b"S", 0))
        block[257:265] = b"ustar  \0"
        block[386:398] = b"\x80" + (2 ** 63 - 1).to_bytes(11, "big")
        block[398:410] = b"%011o\0" % 0
        block[483:495] = b"\x80" + (2 ** 63 - 1).to_bytes(11, "big")
        block[148:156] = b" " * 8
        block[148:156] = b"%06o\0 " % sum(block)
        self.refuse_tar(bytes(block), says="sparse")

    @shape("holes", "a thousand files of a tebibyte less one")
    def test_sum(self):
        records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str((1 << 40) - 1)}
        many = [file("GNUSparseFile.0/s", padded(b"1\n%d\n1\n" % ((1 << 40) - 2)) + b"x",
                     records={**records, "GNU.sparse.name": f"sparse{i}"}) for i in range(1000)]
        self.refuse_tar(*many, says="holes")

    @shape("holes", "a map of a million pieces")
    def test_map(self):
        pieces = b"1000000\n" + b"".join(b"%d\n1\n" % (i * 2) for i in range(1_000_000))
        records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
                   "GNU.sparse.realsize": "2000001"}
        self.import_tar(file("GNUSparseFile.0/sparse", padded(pieces) + bytes(1_000_000), records=records),
                        code=(0, FAILED, USAGE, MACHINE))

    @shape("holes", "a map whose pieces overlap and run backwards")
    def test_overlap(self):
        for pieces in (b"2\n0\n512\n0\n512\n", b"2\n1024\n512\n0\n512\n", b"1\n-5\n512\n", b"1\n0\n-512\n",
                       b"99999999999999999999\n0\n1\n"):
            records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "s", "GNU.sparse.realsize": "4096"}
            self.import_tar(file("GNUSparseFile.0/s", padded(pieces) + bytes(1024), records=records),
                            code=(0, FAILED, USAGE, MACHINE))


class Numbers(HostileCase):
    base = False

    @shape("numbers of entries", "fifty thousand folders in a few kilobytes")
    def test_folders(self):
        path = self.folder / "folders.tar.gz"
        with gzip.open(path, "wb", compresslevel=1) as out:
            for i in range(50_000):
                out.write(header(b"d/%d/" % i, b"5", mode=0o755))
            out.write(bytes(2 * BLOCK))
        self.tool("import", "-t", "folders", path, code=(0, USAGE))

    @shape("numbers of entries", "a folder named fifty thousand times, by long names")
    def test_folders_again(self):
        name = b"/".join([b"n" * 250] * 14)
        path = self.folder / "again.tar.gz"
        with gzip.open(path, "wb", compresslevel=1) as out:
            record = pax(pax_record(b"path", name)) + header(b"x", b"5", mode=0o755)
            for _ in range(50_000):
                out.write(record)
            out.write(bytes(2 * BLOCK))
        self.tool("import", "-t", "again", path, code=(0, USAGE))

    @shape("numbers of entries", "fifty thousand hard links to one file")
    def test_hard_links(self):
        path = self.folder / "links.tar.gz"
        with gzip.open(path, "wb", compresslevel=1) as out:
            out.write(file("f", "x"))
            for i in range(50_000):
                out.write(header(b"l%d" % i, b"1", link=b"f"))
            out.write(bytes(2 * BLOCK))
        self.tool("import", "-t", "links", path, code=(0, FAILED, USAGE, MACHINE))


class Added(HostileCase):
    """The same archives, unpacked by ADD."""

    def add(self, *entries, code=0, says=(), tag="added", to="/in/"):
        context = self.fresh_context()
        (context / "a.tar").write_bytes(tar(*entries))
        return self.build(f"FROM base\nADD a.tar {to}", "-t", tag, code=code, says=says)

    @shape("ADD", "names with ..")
    def test_dotdot(self):
        self.add(file("../../../../tmp/evil", "x"), code=USAGE, says="..")

    @shape("ADD", "absolute names")
    def test_absolute(self):
        self.add(file(f"{self.out}/file", "theirs"))
        self.assertEqual(self.run_in("added", f"cat /in{self.out}/file").stdout, "theirs")

    @shape("ADD", "files through symlinks, absolute and relative")
    def test_symlinks(self):
        for target in (str(self.out), f"../../../../../../../..{self.out}", "/etc"):
            self.add(symlink("esc", target), file("esc/new", "x"), code=(0, USAGE))

    @shape("ADD", "files through a symlink inside the archive")
    def test_inner_symlink(self):
        self.add(folder("usr/lib"), symlink("lib", "usr/lib"), file("lib/new", "x"))
        self.assertEqual(self.run_in("added", "cat /in/usr/lib/new").stdout, "x")

    @shape("ADD", "hard links out, absolute, with .. and through a symlink")
    def test_hard_links(self):
        self.add(hard_link("h", self.out / "file"), code=(FAILED, USAGE), says="h")
        self.add(hard_link("h", f"../../../../../..{self.out}/file"), code=(FAILED, USAGE), says="..")
        self.add(symlink("esc", self.out), hard_link("h", "esc/file"), code=(FAILED, USAGE), says="h")

    @shape("ADD", "the root as a symlink, then files")
    def test_root(self):
        self.add(symlink("./", self.out), file("new", "x"), code=(FAILED, USAGE), says="root")

    @shape("ADD", "device nodes, FIFOs and set-user-id programs")
    def test_nodes(self):
        self.add(device("sda", b"4", 8, 0), device("mem", b"3", 1, 1), fifo("pipe"), file("suid", "x", mode=0o4755))
        self.assertEqual(self.find_in("added", "/in"), ["/in", "/in/pipe", "/in/suid", ""])

    @shape("ADD", "names that mean removals in a layer")
    def test_whiteouts(self):
        for name in (".wh.etc", "d/.wh..wh..opq", ".wh."):
            self.add(file(name, ""), code=(FAILED, USAGE, MACHINE), says=".wh.")

    @shape("ADD", "marks of overlayfs")
    def test_marks(self):
        marks = {f"SCHILY.xattr.{kind}.overlay.{name}": "y" for kind in ("trusted", "user") for name in ("opaque", "redirect")}
        self.add(folder("etc", records=marks), to="/")
        self.assertEqual(self.run_in("added", "cat /etc/group").stdout, "root:x:0:\nworker:x:1000:\n")

    @shape("ADD", "a sparse file of 8 EiB")
    def test_sparse(self):
        records = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
                   "GNU.sparse.realsize": "9223372036854775807"}
        self.add(file("GNUSparseFile.0/sparse", padded(b"1\n9223372036854775806\n1\n") + b"x", records=records),
                 code=USAGE, says="sparse")

    @shape("ADD", "a folder 4096 levels deep")
    def test_deep(self):
        self.add(file("d/" * 4096 + "f", "x"), code=USAGE, says="deep")

    @shape("ADD", "an archive that is cut short")
    def test_short(self):
        context = self.fresh_context()
        (context / "a.tar").write_bytes(header(b"f", b"0", 1 << 20) + b"only this")
        self.build("FROM base\nADD a.tar /", code=USAGE, says="a.tar")

    @shape("ADD", "flips between folders, files and links")
    def test_flips(self):
        self.add(folder("d"), symlink("d", self.out), file("d/x", "x"), code=(0, USAGE))
        self.add(symlink("d", self.out), folder("d", mode=0o777), file("d/x", "x"))
        self.assertEqual(self.run_in("added", "cat /in/d/x").stdout, "x")

    @shape("ADD", "an archive over symlinks that the image has")
    def test_into_links(self):
        self.import_root(symlink("esc", self.out), symlink("proc", self.out), tag="linked")
        context = self.fresh_context()
        (context / "a.tar").write_bytes(tar(file("new", "x")))
        self.build("FROM linked\nADD a.tar /esc/", "-t", "added", code=0)
        self.assertIn(f"{self.out}/new", self.find_in("added", str(self.out)))
        (context / "a.tar").write_bytes(tar(file("esc/new", "x"), file("proc/new", "x")))
        self.build("FROM linked\nADD a.tar /", "-t", "added", code=(0, USAGE))

    @shape("ADD", "entries of a kind that nobody knows")
    def test_kinds(self):
        self.add(entry("v", b"V", "label"), entry("z", b"Z", "x"), file("ok", "x"), code=(0, USAGE))

"""Layer tars: names, links, whiteouts, duplicates, marks of overlayfs, nodes, numbers."""
import os

from hostile import FAILED, MACHINE, USAGE, HostileCase, Layout
from raw_tar import device, entry, fifo, file, folder, hard_link, header, padded, pax, symlink, tar
from shapes import shape


class Names(HostileCase):
    base = False

    @shape("layer unpack", "a name that begins with ..")
    def test_dotdot(self):
        self.refuse_tar(file("../../../../../../tmp/evil", "x"), says='"../../../../../../tmp/evil"')

    @shape("layer unpack", "a name with .. in its middle")
    def test_dotdot_inside(self):
        self.refuse_tar(folder("a"), file("a/../../../evil", "x"), says='"a/../../../evil"')

    @shape("layer unpack", "a folder called ..")
    def test_folder_dotdot(self):
        self.refuse_tar(folder("a/..", mode=0o777), says='".."')

    @shape("layer unpack", "an absolute name of the machine")
    def test_absolute(self):
        self.import_root(file(f"{self.out}/file", "theirs"), file("//etc//motd", "mine"))
        self.assertEqual(self.run_in("evil", f"cat /etc/motd {self.out}/file").stdout, "minetheirs")

    @shape("layer unpack", "a NUL in a name")
    def test_nul(self):
        done = self.import_root(file("x", "1", records={b"path": b"etc/nul\0/../../../../evil"}), )
        self.assertNotIn("/evil", self.find_in("evil"), str(done))

    @shape("layer unpack", "an empty name")
    def test_empty_name(self):
        self.import_tar(header(b"", b"0", 0), code=(0, USAGE))

    @shape("layer unpack", "a part of a name longer than a file system takes")
    def test_long_part(self):
        self.refuse_tar(file("n" * 300, "x"), says="255")

    @shape("layer unpack", "a name longer than any path")
    def test_long_name(self):
        self.import_tar(file("/".join(["d" * 200] * 100), "x"), code=(0, USAGE))
        self.import_tar(file("/".join(["d" * 200] * 5000), "x"), code=USAGE, says="evil.tar")

    @shape("layer unpack", "control characters in a name that is refused")
    def test_escapes(self):
        done = self.refuse_tar(file("../\x1b]0;owned\x07\x1b[2J\nhint: run this", "x"), says="..")
        self.assertNotIn("\nhint: run this", done.stderr)
        self.assertNotIn("\x07", done.stderr)

    @shape("layer unpack", "names that are not UTF-8")
    def test_bytes(self):
        self.import_root(file(b"etc/\xff\xfe\xc0\x80", "x"))
        self.assertEqual(self.run_in("evil", "ls /etc | wc -l").stdout.strip(), "6")

    @shape("layer unpack", "a folder 4096 levels deep")
    def test_deep(self):
        self.refuse_tar(file("d/" * 4096 + "f", "x"), says="deep")

    @shape("layer unpack", "many folders, each as deep as is allowed")
    def test_many_deep(self):
        entries = [folder("/".join(["abc"] * depth)) for depth in range(1, 1000)]
        self.import_root(*entries)
        self.assertEqual(self.run_in("evil", "find /abc | wc -l").stdout.strip(), "999")


class Links(HostileCase):
    base = False

    def inside(self, *entries):
        """Whatever was meant for the folder outside lies in the image, under the same name."""
        self.import_root(folder(self.out), *entries)
        return self.find_in("evil", str(self.out))

    @shape("layer unpack", "a file through an absolute symlink")
    def test_through_symlink(self):
        self.assertIn(f"{self.out}/new", self.inside(symlink("esc", self.out), file("esc/new", "x")))

    @shape("layer unpack", "a file through a relative symlink with ..")
    def test_through_relative(self):
        self.assertIn(f"{self.out}/new", self.inside(symlink("a/esc", f"../../../../../..{self.out}"), file("a/esc/new", "x")))

    @shape("layer unpack", "a file through a chain of symlinks")
    def test_through_chain(self):
        self.assertIn(f"{self.out}/new", self.inside(symlink("one", "two/three"), symlink("two", "/four"),
                                                     symlink("four/three", self.out), file("one/new", "x")))

    @shape("CVE-2021-32760", "the mode of a folder through a symlink of its name")
    def test_chmod_through_symlink(self):
        self.import_root(symlink("esc", self.out), folder("esc", mode=0o777), folder("esc/folder", mode=0o777))
        self.assertEqual(self.run_in("evil", "stat -c %F /esc").stdout, "directory\n")

    @shape("layer unpack", "a file in the place of a symlink of its name")
    def test_file_over_symlink(self):
        self.import_root(symlink("f", self.out / "file"), file("f", "mine"))
        self.assertEqual(self.run_in("evil", "cat /f").stdout, "mine")

    @shape("layer unpack", "a file through a symlink to a folder that only the machine has")
    def test_through_dangling(self):
        self.refuse_tar(symlink("esc", self.out), file("esc/new", "x"), says="esc/new")

    @shape("layer unpack", "a loop of symlinks as parents")
    def test_loop(self):
        self.refuse_tar(symlink("a", "b"), symlink("b", "a"), file("a/f", "x"), says="a/f")

    @shape("layer unpack", "a symlink whose target is longer than any path")
    def test_long_target(self):
        self.import_tar(symlink("s", "t" * 5000), code=(FAILED, USAGE, MACHINE), says="s")

    @shape("layer unpack", "a symlink to nothing")
    def test_empty_target(self):
        self.refuse_tar(symlink("s", ""), says='"s"')

    @shape("layer unpack", "a hard link to an absolute name outside")
    def test_hard_link_out(self):
        self.refuse_tar(hard_link("h", self.out / "file"), says="hard link")

    @shape("layer unpack", "a hard link to a name with ..")
    def test_hard_link_dotdot(self):
        self.refuse_tar(hard_link("h", f"../../../../../..{self.out}/file"), says="..")

    @shape("layer unpack", "a hard link through a symlink out")
    def test_hard_link_via_symlink(self):
        self.refuse_tar(symlink("esc", self.out), hard_link("h", "esc/file"), says="hard link")

    @shape("layer unpack", "a hard link to a symlink, then a file of its name")
    def test_hard_link_to_symlink(self):
        self.import_root(symlink("s", self.out / "file"), hard_link("h", "s"), file("h", "mine"))
        self.assertEqual(self.run_in("evil", "cat /h; readlink /s").stdout, f"mine{self.out}/file\n")

    @shape("layer unpack", "a hard link that is replaced leaves its target alone")
    def test_hard_link_replaced(self):
        self.import_root(file("a", "first"), hard_link("b", "a"), file("b", "second"))
        self.assertEqual(self.run_in("evil", "cat /a; cat /b").stdout, "firstsecond")

    @shape("layer unpack", "a hard link to a folder, to itself, to nothing")
    def test_hard_link_to_folder(self):
        self.refuse_tar(folder("d"), hard_link("h", "d"), says="folder")
        self.refuse_tar(hard_link("h", "h"), says="hard link")
        self.refuse_tar(hard_link("h", "."), says="hard link")

    @shape("layer unpack", "a hard link that carries content")
    def test_hard_link_with_content(self):
        self.import_tar(file("a", "first"), hard_link("b", "a", size=5, data=b"other"), file("c", "end"),
                        code=(0, USAGE))

    @shape("CVE-2021-29136", "the root itself as a symlink")
    def test_root_symlink(self):
        for name in (".", "./", "/"):
            self.refuse_tar(symlink(name, self.out), file("f", "x"), says="root")

    @shape("layer unpack", "the root itself as a file, a FIFO, a hard link")
    def test_root_file(self):
        for root in (file("./", "x"), fifo("."), hard_link(".", "a")):
            self.refuse_tar(file("a", "x"), root, says="evil.tar")


class Flips(HostileCase):
    base = False

    @shape("layer format", "a folder that becomes a symlink, then gets a file")
    def test_folder_to_link(self):
        self.import_root(folder(self.out), folder("d"), file("d/old", "x"), symlink("d", self.out), file("d/new", "x"))
        self.assertIn(f"{self.out}/new", self.find_in("evil", str(self.out)))

    @shape("layer format", "a symlink that becomes a folder, then gets a file")
    def test_link_to_folder(self):
        self.import_root(symlink("d", self.out), folder("d"), file("d/new", "x"))
        self.assertEqual(self.find_in("evil", "/d"), ["/d", "/d/new", ""])

    @shape("layer format", "a file above others")
    def test_file_as_parent(self):
        self.refuse_tar(file("f", "x"), file("f/g", "x"), says="f/g")

    @shape("layer format", "one name a thousand times, as everything in turn")
    def test_duplicates(self):
        kinds = (file("x", "a"), folder("x"), symlink("x", self.out), fifo("x"), folder("x") + file("x/y", "b"))
        self.import_root(*[kinds[i % len(kinds)] for i in range(1000)], file("x", "last"))
        self.assertEqual(self.run_in("evil", "cat /x").stdout, "last")

    @shape("layer format", "a FIFO and a device in the place of a folder that is in use")
    def test_node_over_folder(self):
        self.import_root(folder("d"), file("d/a", "x"), fifo("d"), file("e", "y"), device("e", b"3", 1, 3))
        self.assertIn("/d", self.find_in("evil", "/d"))


class Whiteouts(HostileCase):
    """The layer below has /keep/file, /gone/file and /etc; these layers try to hide what they may not."""
    base = False

    def layered(self, *entries):
        layout = Layout(self.folder / "layout")
        below = layout.layer(tar(self.root_tar, folder("gone"), file("gone/file", "below"), folder("keep"),
                                 file("keep/file", "below")))
        layout.image(below, layout.layer(tar(*entries)))
        return layout

    def built(self, *entries, code=0, says=()):
        self.layered(*entries)
        self.fresh_context()
        self.build("FROM evil", "--build-context", f"evil=oci:{self.folder}/layout", "-t", "evil", code=code, says=says)

    @shape("layer format", "a whiteout before the entry of its name")
    def test_before(self):
        self.built(file("gone/.wh.file"), file("gone/file", "above"))
        self.assertEqual(self.run_in("evil", "cat /gone/file").stdout, "above")

    @shape("layer format", "a whiteout after the entry of its name")
    def test_after(self):
        self.built(file("gone/file", "above"), file("gone/.wh.file"))
        self.assertEqual(self.run_in("evil", "cat /gone/file").stdout, "above")

    @shape("layer format", "a whiteout through a symlink out of the layer")
    def test_through_symlink(self):
        self.built(folder(self.out), symlink("esc", self.out), file("esc/.wh.file"), file("esc/.wh..wh..opq"))
        self.assertEqual(self.run_in("evil", "cat /keep/file").stdout, "below")

    @shape("layer format", "an opaque root")
    def test_opaque_root(self):
        self.built(self.root_tar, file(".wh..wh..opq"), file("only", "x"))
        names = self.find_in("evil")
        self.assertIn("/only", names)
        self.assertNotIn("/keep/file", names)

    @shape("layer format", "an opaque mark on what is a file")
    def test_opaque_file(self):
        self.built(file("keep", "x"), file("keep/.wh..wh..opq"), code=USAGE, says="keep")

    @shape("layer format", "the whiteout of nothing, of . and of ..")
    def test_nothing(self):
        for name in (".wh.", ".wh..", ".wh...", "a/.wh.", "a/.wh..."):
            self.refuse_tar(file(name), says="removal of nothing")

    @shape("layer format", "a whiteout of a name with a slash")
    def test_slash(self):
        self.built(file("gone/.wh.//file", "x"), code=USAGE, says=".wh.")

    @shape("layer format", "a folder whose name is a whiteout's")
    def test_folder(self):
        self.refuse_tar(folder(".wh.d"), file(".wh.d/f", "x"), says=".wh.")

    @shape("layer format", "what AUFS left in old images")
    def test_aufs(self):
        self.built(folder(".wh..wh.plnk"), file(".wh..wh.plnk/12.34", "x"), file(".wh..wh.aufs"), file("ok", "x"))
        self.assertNotIn("/.wh..wh.plnk", self.find_in("evil"))

    @shape("layer format", "overlayfs' own whiteout as a device node")
    def test_raw_node(self):
        self.built(device("gone", b"3", 0, 0), device("keep/new", b"3", 0, 0))
        self.assertEqual(self.run_in("evil", "ls /gone 2>/dev/null; ls /keep").stdout, "file\n")

    @shape("layer format", "marks of overlayfs: redirect, metacopy, opaque, origin, whiteout")
    def test_overlay_marks(self):
        marks = {}
        for kind in ("trusted", "user"):
            marks.update({f"SCHILY.xattr.{kind}.overlay.{name}": value for name, value in (
                ("opaque", "y"), ("redirect", "/gone"), ("metacopy", ""), ("origin", "x" * 30), ("whiteout", "y"),
                ("impure", "y"), ("overlay.opaque", "y"))})
        self.built(folder("keep", records=marks), file("keep/other", "", records=marks), folder("new", records=marks))
        self.assertEqual(self.run_in("evil", "cat /keep/file; ls /new").stdout, "below")


class Nodes(HostileCase):
    base = False

    @shape("layer unpack", "device nodes of memory and disks")
    def test_devices(self):
        self.import_root(device("mem", b"3", 1, 1), device("sda", b"4", 8, 0), device("kmsg", b"3", 1, 11, 0o6777))
        names = self.find_in("evil")
        for name in ("/mem", "/sda", "/kmsg"):
            self.assertNotIn(name, names)

    @shape("layer unpack", "set-user-id root programs are out of others' reach in the store")
    def test_setuid(self):
        self.import_root(file("bin/suid", "#!/bin/sh\n", mode=0o6755))
        self.assertEqual(os.stat(self.store).st_mode & 0o077, 0)
        for name in ("layers", "blobs", "tmp", "runs"):
            self.assertEqual(os.stat(self.store / name).st_mode & 0o077 if (self.store / name).exists() else 0, 0)
        self.assertEqual(self.run_in("evil", "stat -c %a /bin/suid").stdout, "6755\n")

    @shape("layer unpack", "file capabilities, well-formed and not")
    def test_capabilities(self):
        good = bytes.fromhex("0100000200200000000000000000000000000000")
        self.import_root(file("bin/cap", "x", mode=0o755, records={b"SCHILY.xattr.security.capability": good}))
        self.import_tar(file("cap", "x", records={b"SCHILY.xattr.security.capability": b"nonsense"}), says="capability",
                        code=(FAILED, USAGE, MACHINE))

    @shape("layer unpack", "attributes of the machine's security modules")
    def test_labels(self):
        records = {"SCHILY.xattr.security." + name: "x" for name in ("selinux", "ima", "evm", "apparmor", "nonsense")}
        self.import_root(file("f", "x", records=records))
        self.assertEqual(self.run_in("evil", "cat /f").stdout, "x")

    @shape("layer unpack", "an attribute of a mebibyte, and ten thousand of them")
    def test_large_attributes(self):
        self.import_tar(file("f", "x", records={b"SCHILY.xattr.user.big": b"x" * 900_000}),
                        code=(FAILED, USAGE, MACHINE), says="f")
        many = {f"SCHILY.xattr.user.a{i}": "x" * 60 for i in range(10_000)}
        self.import_tar(file("f", "x", records=many), code=(0, FAILED, USAGE, MACHINE))

    @shape("layer unpack", "user ids beyond what there is")
    def test_ids(self):
        for uid in (b"4294967295", b"4294967296", b"-1", b"99999999999999999999", b"18446744073709551615"):
            self.import_tar(file("f", "x", records={b"uid": uid}), code=(0, FAILED, USAGE, MACHINE), tag="evil-id")
        self.import_tar(file("f", "x", records={b"uid": b"4294967295"}), code=USAGE, says="out of range")

    @shape("layer unpack", "times beyond what there is")
    def test_times(self):
        for mtime in (b"1" + b"0" * 30, b"-9223372036854775808", b"nan", b"9223372036854775807.999999999"):
            self.import_tar(file("f", "x", records={b"mtime": mtime}), code=(0, FAILED, USAGE, MACHINE), tag="evil-time")


class Malformed(HostileCase):
    base = False

    @shape("PAX", "sizes that overflow")
    def test_pax_sizes(self):
        for size in (b"18446744073709551615", b"9223372036854775807", b"-1", b"-9223372036854775808", b"99999999999999999999999"):
            self.import_tar(file("f", "x", records={b"size": size}), code=(FAILED, USAGE, MACHINE), says="evil.tar")

    @shape("PAX", "records whose length lies")
    def test_pax_lengths(self):
        for body in (b"99999999999999999999 path=x\n", b"5 path=evil\n", b"0 path=x\n", b"-3 path=x\n", b"13 path", b"x path=y\n",
                     b"\n" * 600):
            self.import_tar(pax(body), file("f", "x"), code=(0, FAILED, USAGE, MACHINE), tag="evil-pax")

    @shape("PAX", "an extended header that is larger than the memory")
    def test_pax_huge(self):
        self.refuse_tar(header(b"pax", b"x", 8 << 30), says="evil.tar")
        self.refuse_tar(header(b"././@LongLink", b"L", 8 << 30), says="evil.tar")

    @shape("PAX", "headers of headers of headers")
    def test_pax_chain(self):
        self.import_tar(*[pax({b"comment": b"x"}) for _ in range(20_000)], file("f", "x"), code=(0, USAGE))
        self.import_tar(*[header(b"././@LongLink", b"L", 2) + padded(b"x\0") for _ in range(20_000)], file("f", "x"),
                        code=(0, USAGE))

    @shape("PAX", "global headers that name everything")
    def test_pax_global(self):
        self.import_tar(pax({b"path": b"../../../evil", b"linkpath": b"/etc/passwd"}, b"g"), file("f", "x"), code=(0, USAGE))

    @shape("layer unpack", "a lying size: less than the file's content is there")
    def test_short(self):
        self.write("short.tar", header(b"f", b"0", 1 << 20) + padded(b"only this"))
        self.tool("import", "-t", "evil", self.folder / "short.tar", code=USAGE, says="short.tar")

    @shape("layer unpack", "a size in base 256 that is as large as can be")
    def test_base256(self):
        block = bytearray(header(b"f", b"0", 0))
        for size in (b"\x80" + b"\xff" * 11, b"\xff" * 12, b"\x80" + b"\x7f" + b"\xff" * 10):
            block[124:136] = size
            block[148:156] = b" " * 8
            block[148:156] = b"%06o\0 " % sum(block)
            self.write("size.tar", bytes(block) + bytes(2048))
            self.tool("import", "-t", "evil", self.folder / "size.tar", code=(FAILED, USAGE), says="size.tar")

    @shape("layer unpack", "no tar at all")
    def test_garbage(self):
        for content in (b"", b"garbage", bytes(512), b"\x1f\x8b\x08garbage", b"BZh9garbage", b"\xfd7zXZ\0garbage",
                        b"\x28\xb5\x2f\xfdgarbage", os.urandom(20_000)):
            self.write("no.tar", content)
            self.tool("import", "-t", "evil-no", self.folder / "no.tar", code=(0, FAILED, USAGE))

    @shape("layer unpack", "a checksum that is wrong")
    def test_checksum(self):
        self.import_tar(file("a", "x"), header(b"f", b"0", 0, checksum=1), code=USAGE, says="evil.tar")

    @shape("layer unpack", "a second archive behind the first one's end")
    def test_concatenated(self):
        self.write("two.tar", tar(self.root_tar, file("first", "1")) + bytes(1024) + tar(file("second", "2")))
        self.tool("import", "-t", "evil", self.folder / "two.tar", code=0)
        self.assertNotIn("/second", self.find_in("evil"))

    @shape("layer unpack", "kinds of entries that nobody knows")
    def test_kinds(self):
        self.import_tar(entry("v", b"V", "label"), entry("z", b"Z", "x"), entry("c", b"7", "x"), code=(0, USAGE))
        self.import_tar(entry("m", b"M", "more"), file("f", "x"), code=(0, USAGE))

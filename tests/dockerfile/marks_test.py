"""Extended attributes, which the cases cannot set: busybox has no program for it. This machine's goes into the image."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

sys.path.insert(0, os.environ.get("TRAINYARD_TOOL_TESTS", str(pathlib.Path(__file__).resolve().parent.parent / "tool")))
import support  # noqa: E402
from base_root import write_base  # noqa: E402
from image_reader import Reader  # noqa: E402


class Marks(support.Case):
    def setUp(self):
        super().setUp()
        program = shutil.which("setfattr")
        if program is None:
            self.skipTest("attr is not installed; tests/run.sh installs it")
        self.tool("import", "-t", "base", write_base(self.folder / "base.tar"))
        needed = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout
        for path in [program, *re.findall(r"(/\S+)", needed)]:
            place = self.folder / "context/root" / (path.lstrip("/") if path != program else "bin/setfattr")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, place)

    def image(self, digest):
        return Reader().from_layout(self.store, digest)

    def test_a_change_of_xattrs_alone_is_a_change(self):
        digest, _ = self.build("FROM base\nCOPY root /\nRUN setfattr -n user.note -v kept /data/file && setfattr -n user.note -v too /srv\n")
        layer = dict(self.image(digest).layers[-1])
        self.assertEqual({path: dict(entry.xattrs) for path, entry in layer.items() if entry.xattrs},
                         {"/data/file": {"user.note": "kept"}, "/srv": {"user.note": "too"}})
        self.assertEqual([path for path in layer if path not in ("/data", "/data/file", "/srv")], [])

    def test_xattrs_come_with_copies_from_images(self):
        digest, _ = self.build("FROM base AS made\nCOPY root /\nRUN setfattr -n user.note -v kept /data/file && setfattr -n user.note -v too "
                               "/data/sub\nFROM scratch\nCOPY --from=made /data /d\n")
        tree = self.image(digest).tree()
        self.assertEqual(dict(tree["/d/file"].xattrs), {"user.note": "kept"})
        self.assertEqual(dict(tree["/d/sub"].xattrs), {"user.note": "too"})

    def test_xattrs_are_part_of_what_copy_from_compares(self):
        text = "FROM base AS made\nCOPY root /\nRUN setfattr -n user.note -v one /data/file\nFROM scratch\nCOPY --from=made /data/file /f\n"
        self.events(text)
        self.assertEqual(len(self.executed(self.events(text.replace("-v one", "-v two")))), 2)
        self.assertEqual(len(self.executed(self.events(text.replace("-v one", "-v 'two'")))), 1)


if __name__ == "__main__":
    support.main()

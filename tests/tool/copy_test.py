"""Layer trees of a COPY share the files that did not change: nobody can tell by what is in the images."""
import json
import os
import shutil
import stat
import subprocess
import tarfile
import time

import support
from support import Case

DOCKERFILE = "FROM scratch\nCOPY data /data/\n"
FOLDERS, FILES, SIZE = 4, 25, 3000
COARSE = 5  # CLOCK_REALTIME_COARSE of linux/time.h


class CopyCase(Case):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "context/data"
        for folder in range(FOLDERS):
            for file in range(FILES):
                self.put(f"d{folder}/f{file}", f"{folder} {file} ".encode().ljust(SIZE, b"x"))
        self.count = FOLDERS * FILES
        self.pass_the_tick()

    def put(self, name, content, mode=0o644):
        path = self.data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)

    def pass_the_tick(self):
        """Waits until the kernel's coarse clock has passed every stamp of now: what was written in the tick before is
        always read again. Two stamps that differ do not show it: kernels from 6.13 on stamp finer once a stamp was
        looked at, and a stamp may lie ahead of the coarse clock."""
        mark = self.folder / "tick"
        mark.touch()
        while time.clock_gettime_ns(COARSE) <= mark.stat().st_ctime_ns:
            time.sleep(0.001)

    def digest(self, dockerfile=DOCKERFILE, *words, **options):
        return self.build(dockerfile, *words, **options)[0]

    def layers(self, image):
        return [layer["diff_id"] for layer in json.loads(self.tool("inspect", image).stdout)["layers"]]

    def tree(self, diff_id):
        return (self.store / "diffs" / diff_id.removeprefix("sha256:")).resolve()

    def blob(self, diff_id):
        return self.store / "blobs/sha256" / diff_id.removeprefix("sha256:")

    def top_tree(self, image):
        return self.tree(self.layers(image)[-1])

    def inodes(self, tree):
        return {str(path.relative_to(tree)): path.lstat().st_ino for path in tree.rglob("*") if path.is_file()}

    def in_fresh_store(self, dockerfile=DOCKERFILE, *words):
        """The digest that somebody gets who builds this for the first time."""
        return self.digest(dockerfile, *words, env={"TRAINYARD_STORE": self.folder / "fresh"})

    def tearDown(self):
        fresh = self.folder / "fresh"
        if fresh.exists() and os.geteuid() != 0:
            subprocess.run(["unshare", "--map-auto", "--map-root-user", "rm", "-rf", str(fresh)], check=False,
                           capture_output=True)


class Links(CopyCase):
    def test_incremental_and_first_builds_make_the_same_bytes(self):
        before = self.digest()
        self.put("d1/f3", b"changed")
        self.put("d1/new", b"new")
        (self.data / "d0/f0").unlink()
        after = self.digest()
        self.assertNotEqual(before, after)
        one, other = self.inodes(self.top_tree(before)), self.inodes(self.top_tree(after))
        same = {path for path in one if other.get(path) == one[path]}
        self.assertEqual(len(same), self.count - 2)
        self.assertEqual(self.in_fresh_store(), after)

    def test_the_tar_has_no_hard_links(self):
        self.digest()
        self.put("d1/f3", b"changed")
        image = self.digest()
        with tarfile.open(self.blob(self.layers(image)[-1])) as tar:
            members = tar.getmembers()
        self.assertEqual([m.name for m in members if m.islnk()], [])
        self.assertEqual(len([m for m in members if m.isreg()]), self.count)
        self.assertEqual({m.mtime for m in members if m.isreg()}, {315532800})

    def test_equal_files_of_one_layer_stay_two_files(self):
        self.put("twin/a", b"same")
        self.put("twin/b", b"same")
        os.link(self.data / "twin/a", self.data / "twin/c")  # one file in the context, two in the image
        self.digest()
        self.put("d1/f3", b"changed")
        image = self.digest()
        found = self.inodes(self.top_tree(image))
        self.assertEqual(len({found[f"data/twin/{name}"] for name in "abc"}), 3)
        self.assertEqual(self.in_fresh_store(), image)

    def remove(self, tree):
        words = [] if os.geteuid() == 0 else ["unshare", "--map-auto", "--map-root-user"]
        subprocess.run([*words, "rm", "-rf", str(tree)], check=True)

    def test_a_tree_outlives_the_one_that_it_links_to(self):
        before = self.digest()
        self.put("d1/f3", b"changed")
        after = self.digest()
        self.remove(self.top_tree(before))
        tree = self.top_tree(after)
        for folder in range(FOLDERS):
            for file in range(FILES):
                expected = b"changed" if (folder, file) == (1, 3) else (self.data / f"d{folder}/f{file}").read_bytes()
                self.assertEqual((tree / f"data/d{folder}/f{file}").read_bytes(), expected)

    def test_without_the_earlier_tree_files_are_copied(self):
        before = self.digest()
        self.remove(self.top_tree(before))
        self.put("d1/f3", b"changed")
        self.assertEqual(self.digest(), self.in_fresh_store())

    def test_a_damaged_note_means_a_copy(self):
        self.digest()
        notes = [path for path in (self.store / "steps/copies").rglob("*") if path.is_file()]
        self.assertEqual(len(notes), 1)
        text = notes[0].read_bytes()
        for number, damaged in enumerate((text[:-40], text[: len(text) // 2], b"", text.replace(b"sha256:", b"sha257:"))):
            notes[0].write_bytes(damaged)
            self.put("d1/f3", f"changed {number}".encode())
            self.assertEqual(self.digest(), self.in_fresh_store())

    def test_other_modes_are_other_files(self):
        before = self.digest()
        (self.data / "d1/f3").chmod(0o755)
        after = self.digest()
        old, new = self.top_tree(before) / "data/d1/f3", self.top_tree(after) / "data/d1/f3"
        self.assertEqual(stat.S_IMODE(old.stat().st_mode), 0o644)
        self.assertEqual(stat.S_IMODE(new.stat().st_mode), 0o755)
        self.assertNotEqual(old.stat().st_ino, new.stat().st_ino)
        self.assertEqual(old.with_name("f4").stat().st_ino, new.with_name("f4").stat().st_ino)

    def test_other_owners_and_modes_of_the_instruction_are_other_files(self):
        texts = [DOCKERFILE, "FROM scratch\nCOPY --chown=7:8 data /data/\n", "FROM scratch\nCOPY --chmod=600 data /data/\n"]
        for text in texts:
            self.digest(text)
        self.put("d1/f3", b"changed")
        for text, owner, mode in zip(texts, (0, 7, 0), (0o644, 0o644, 0o600)):
            image = self.digest(text)
            self.assertEqual(self.in_fresh_store(text), image, text)
            with tarfile.open(self.blob(self.layers(image)[-1])) as tar:
                member = tar.getmember("data/d2/f2")
            self.assertEqual((member.uid, member.mode), (owner, mode), text)

    def test_a_folder_becomes_a_link_and_a_file_a_folder(self):
        before = self.digest()
        shutil.rmtree(self.data / "d0")
        (self.data / "d0").symlink_to("d1")
        (self.data / "d2/f2").unlink()
        self.put("d2/f2/deep", b"deep")
        after = self.digest()
        self.assertEqual(self.in_fresh_store(), after)
        tree = self.top_tree(after)
        self.assertTrue((tree / "data/d0").is_symlink())
        self.assertEqual((tree / "data/d2/f2/deep").read_bytes(), b"deep")
        self.assertTrue((self.top_tree(before) / "data/d0/f0").is_file())
        (self.data / "d0").unlink()
        self.put("d0/f0", b"a folder again")
        self.assertEqual(self.digest(), self.in_fresh_store())

    def test_the_last_of_several_sources_wins(self):
        self.put("first/f", b"first")
        self.put("second/f", b"second")
        text = "FROM scratch\nCOPY data/first data/second /data/\n"
        self.digest(text)
        self.put("second/g", b"more")
        image = self.digest(text)
        self.assertEqual((self.top_tree(image) / "data/f").read_bytes(), b"second")
        (self.data / "second/f").unlink()
        image = self.digest(text)
        self.assertEqual((self.top_tree(image) / "data/f").read_bytes(), b"first")
        self.assertEqual(self.in_fresh_store(text), image)

    def test_the_layers_below_do_not_matter(self):
        text = "FROM scratch\nWORKDIR /before\nCOPY data /data/\n"
        before = self.digest(DOCKERFILE.replace("scratch\n", "scratch\nWORKDIR /other\n"))
        after = self.digest(text)
        self.assertEqual(self.inodes(self.top_tree(before)), self.inodes(self.top_tree(after)))
        self.assertEqual(self.in_fresh_store(text), after)

    def test_names_of_any_bytes_are_linked_too(self):
        odd = os.fsencode(self.data) + b"/d1/\xff %\nx"
        with open(odd, "wb") as file:
            file.write(b"odd")
        before = self.digest()
        self.put("d1/f3", b"changed")
        after = self.digest()
        place = [os.fsencode(self.top_tree(image)) + b"/data/d1/\xff %\nx" for image in (before, after)]
        self.assertEqual(os.stat(place[0]).st_ino, os.stat(place[1]).st_ino)

    def test_what_a_step_writes_does_not_reach_the_other_tree(self):
        self.import_base()
        copy = "FROM base\nCOPY data /data/\n"
        before = self.digest(copy)
        self.put("d1/f3", b"changed")
        self.digest(copy + "RUN echo more >> /data/d2/f2 && chmod 600 /data/d2/f3 && mv /data/d2/f4 /data/d2/moved\n")
        tree = self.top_tree(before)
        self.assertEqual((tree / "data/d2/f2").read_bytes(), (self.data / "d2/f2").read_bytes())
        self.assertEqual(stat.S_IMODE((tree / "data/d2/f3").stat().st_mode), 0o644)
        self.assertTrue((tree / "data/d2/f4").exists())


if __name__ == "__main__":
    support.main()

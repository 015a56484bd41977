"""Inputs given by patterns: exactly the files that match are seen, and exactly these count."""
import os
import subprocess
import time

import support
from support import Case

LIST = ["sh", "-c", "find . -mindepth 1 ! -name m | sort > m; cat m"]


class InputPatterns(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        for path in ("data/a.csv", "data/b.csv", "data/notes.txt", "data/.hidden.csv", "data/sub/c.csv", "data/sub/deep/d.csv",
                     "data/sub/e.png", "pics/1.jpg", "pics/22.jpg", "pics/x.jpg"):
            self.write(f"src/{path}", path)

    def seen(self, *inputs, command=LIST, **members):
        done = self.train(self.write_run_spec(command=command, outputs=["m"], inputs=list(inputs), **members))
        return done.stdout.split(), "trained in" in done.stderr

    def refused(self, *inputs, **members):
        return self.train(self.write_run_spec(inputs=list(inputs), **members), code=2).stderr

    def test_what_is_seen(self):
        for inputs, wanted in (
                (["data/*.csv"], "./data ./data/a.csv ./data/b.csv"),
                (["data/**/*.csv"], "./data ./data/a.csv ./data/b.csv ./data/sub ./data/sub/c.csv ./data/sub/deep ./data/sub/deep/d.csv"),
                (["data/**/deep/**"], "./data ./data/sub ./data/sub/deep ./data/sub/deep/d.csv"),
                (["images=pics/[0-9]*.jpg"], "./images ./images/1.jpg ./images/22.jpg"),
                (["pics/?.jpg"], "./pics ./pics/1.jpg ./pics/x.jpg"),
                (["pics/[!0-9].jpg"], "./pics ./pics/x.jpg"),
                (["data/.h*"], "./data ./data/.hidden.csv"),
                (["*/a.csv"], "./data ./data/a.csv"),
                (["data/*.csv", "data/*.txt", "data/sub/*.png"],
                 "./data ./data/a.csv ./data/b.csv ./data/notes.txt ./data/sub ./data/sub/e.png"),
                (["data/*.csv", "data/notes.txt", "data/sub"],
                 "./data ./data/a.csv ./data/b.csv ./data/notes.txt ./data/sub ./data/sub/c.csv ./data/sub/deep ./data/sub/deep/d.csv ./data/sub/e.png"),
                (["**/*.jpg", "data/a.csv"], "./data ./data/a.csv ./pics ./pics/1.jpg ./pics/22.jpg ./pics/x.jpg"),
                (["/elsewhere=data/*.txt"], "")):
            with self.subTest(inputs=inputs):
                self.assertEqual(self.seen(*inputs)[0], wanted.split())

    def test_files_of_the_source_folder_itself(self):
        self.write("src/top.csv", "top")
        self.write("src/m.csv.txt", "beside")
        self.assertEqual(self.seen("*.csv")[0], ["./top.csv"])

    def test_content_is_that_of_the_files_and_cannot_be_changed(self):
        command = ["sh", "-c", "exec 2>/dev/null; cat data/a.csv data/link.csv; echo x >> data/a.csv || echo refused; echo x > data/new || echo refused;"
                   "rm -f data/b.csv || echo refused; chmod 700 data/a.csv || echo refused; echo > m"]
        (self.folder / "src/data/link.csv").symlink_to("../pics/x.jpg")
        self.assertEqual(self.seen("data/*.csv", command=command)[0], ["data/a.csvpics/x.jpgrefused", *["refused"] * 3])
        self.assertEqual((self.folder / "src/data/a.csv").read_text(), "data/a.csv")
        self.assertFalse((self.folder / "src/data/new").exists())

    def test_what_counts(self):
        self.assertTrue(self.seen("data/*.csv")[1])
        depfile = (self.folder / "build/train.d").read_text()
        for path in ("data", "data/a.csv", "data/b.csv"):
            self.assertIn(f"{self.folder}/src/{path} ", depfile.replace("\n", " "))
        self.assertNotIn("notes.txt", depfile)
        self.write("src/data/more.txt", "does not match")
        os.utime(self.folder / "src/data/a.csv")
        self.assertFalse(self.seen("data/*.csv")[1])
        added = self.write("src/data/c.csv", "new")
        self.assertIn("data/c.csv is new", self.tool("why", "train").stdout)
        self.assertTrue(self.seen("data/*.csv")[1])
        added.unlink()
        self.assertFalse(self.seen("data/*.csv")[1])
        self.write("src/data/a.csv", "changed")
        self.assertTrue(self.seen("data/*.csv")[1])

    def test_a_folder_of_these_files_alone_is_the_same(self):
        self.write("src/only/a.csv", "1")
        self.write("src/only/sub/b.csv", "2")
        self.write("src/only/a.d/c.csv", "3")
        self.assertTrue(self.seen("only")[1])
        self.assertFalse(self.seen("only/**/*.csv")[1])

    def test_a_name_with_such_characters_is_taken_for_itself(self):
        self.write("src/odd/[1]*.csv", "odd")
        self.write("src/odd/1.csv", "other")
        self.assertEqual(self.seen("odd/[1]*.csv")[0], ["./odd", "./odd/[1]*.csv"])
        self.write("src/x[2]/*.csv/2.csv", "folders too")
        self.assertEqual(self.seen("x[2]/*.csv/?.csv")[0], ["./x[2]", "./x[2]/*.csv", "./x[2]/*.csv/2.csv"])
        self.assertEqual(self.seen("odd/[[]1]*.csv")[0], ["./odd", "./odd/[1]*.csv"])

    def test_ten_thousand_files(self):
        folder = self.folder / "src/many"
        folder.mkdir()
        for i in range(10000):
            (folder / f"{i}.csv").write_text(str(i))
            if i % 100 == 0:
                (folder / f"{i}.txt").write_text(str(i))
        done, _ = self.seen("many/*.csv", command=["sh", "-c", "ls many | wc -l; cat many/*.csv | wc -c; echo > m"])
        self.assertEqual(done, ["10000", str(sum(len(str(i)) for i in range(10000)))])

    def test_changed_while_it_trains(self):
        spec = self.write_run_spec(command=["sh", "-c", "while ! grep -q now data/a.csv; do sleep 0.1; done; echo > m"],
                                   outputs=["m"], inputs=["data/*.csv"])
        tool = subprocess.Popen([support.TOOL, "run", "--spec", str(spec)], env=self.environment(), text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.wait_until(lambda: "train" in self.tool("ps").stdout)
        self.write("src/data/added.csv", "not to be seen")  # the run is that of the files that there were
        with open(self.folder / "src/data/a.csv", "a") as file:
            file.write("now")
        said = tool.communicate(timeout=120)[0]
        self.assertEqual(tool.returncode, 1, said)
        self.assertIn("data/a.csv: it changed while the training ran", said)

    def wait_until(self, condition):
        for _ in range(600):
            if condition():
                return
            time.sleep(0.1)
        self.fail("it did not come about")

    def test_mistakes(self):
        for inputs, said in (
                (["data/*.cvs"], 'no file matches\nhint: did you mean "*.csv"?'),
                (["dat/*.csv"], f"there is no folder dat; did you mean {self.folder}/src/data?"),
                (["data/*.png"], f'files of that name lie deeper; did you mean "{self.folder}/src/data/**/*.png"?'),
                (["data/**.csv"], '"**" stands alone between slashes'),
                (["data/*.csv", "data"], "puts two inputs at"),
                (["data", "data/*.csv"], "puts two inputs at"),
                (["data/*.csv", "data=pics/*.jpg"], "puts two inputs at"),
                (["data/*.csv", "data/x=pics/1.jpg"], "inside the input"),
                (["**/*.csv", "data=pics"], "a pattern matches files there")):
            with self.subTest(inputs=inputs):
                self.assertIn(said, self.refused(*inputs))
        self.assertIn("where the read-only input", self.refused("data/*.csv", outputs=["data/model"]))
        self.assertIn("a pattern matches files there", self.refused("**/*.csv", outputs=["data/model"]))
        for i in range(501):
            self.write(f"src/{i}.bin", "")
        self.assertIn("501 files would lie in the working folder itself", self.refused("*.bin"))


if __name__ == "__main__":
    support.main()

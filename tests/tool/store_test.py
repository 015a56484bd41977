"""gc, df and check as a person calls them: what goes, what stays, what is said, and what is left for rm -rf."""
import fcntl
import json
import os
import shutil
import subprocess
import time

import support


class Store(support.Case):
    def gc(self, *words, **options):
        return json.loads(self.tool("gc", "--json", *words, **options).stdout)

    def names(self, answer):
        return [item["name"].split(" sha256:")[0] for item in answer["removed"]]

    def test_what_was_built_over_goes_and_what_is_tagged_stays(self):
        self.import_base()
        self.write("context/f", "one")
        first, _ = self.build("FROM base\nCOPY f /\n", "-t", "app")
        self.write("context/f", "two")
        self.build("FROM base\nCOPY f /\n", "-t", "app")
        self.assertEqual(self.gc()["removed"], [], "nothing is 14 days old")
        dry = self.gc("--unused-for", "0", "--dry-run")
        self.assertEqual(sorted(self.names(dry)), ["image", "layer"])
        self.assertIn(first, self.tool("images", "-q").stdout)
        self.assertEqual(self.names(self.gc("--unused-for", "0")), self.names(dry))
        self.assertEqual(self.gc("--unused-for", "0")["removed"], [])
        self.assertNotIn(first, self.tool("images", "-q").stdout)
        self.tool("check")
        self.assertEqual(self.tool("run", "app", "cat", "/f").stdout, "two")
        # A removed layer is made again, and nothing else is.
        self.write("context/f", "one")
        again, _ = self.build("FROM base\nCOPY f /\n")
        self.assertEqual(again, first)

    def test_what_stays_is_named_with_its_reason(self):
        self.import_base()
        kept, _ = self.build("FROM base\nRUN dd if=/dev/zero of=/big bs=1M count=2\n", "-t", "app", "-t", "app:2")
        self.train(self.write_run_spec(image="app", command=["sh", "-c", "echo o > o"], outputs=["o"]))
        build = self.folder / "build"
        answer = self.gc("--unused-for", "0", "--dry-run")
        stays = {item["name"]: item for item in answer["stays"]}
        image = stays[f"image {kept}"]
        self.assertEqual(sorted(image["reasons"]), ["tag app:2", "tag app:latest"])
        self.assertGreater(image["size"], 4_000_000)  # tree and blob
        (run,) = [item for name, item in stays.items() if name.startswith("run ")]
        self.assertEqual(run["reasons"], [f"target train@{build.resolve()}"])
        self.assertEqual([item["size"] for item in answer["stays"]], sorted((i["size"] for i in answer["stays"]), reverse=True))
        text = self.tool("gc", "--unused-for", "0", "--dry-run").stdout
        self.assertRegex(text, rf"stays: image {kept}  \S+ \S+  tag app:latest, tag app:2, used \S+ \S+ ago\n"
                               rf"|stays: image {kept}  \S+ \S+  tag app:2, tag app:latest, used \S+ \S+ ago\n")
        self.assertRegex(text, r"stays: run \w{12} \(train\)  .* target train@\S+, used ")
        self.assertNotIn("stays:", self.tool("gc", "--unused-for", "0").stdout)
        # What nothing protects stays while it is young, and goes when its build tree has gone.
        shutil.rmtree(build)
        young = {item["name"]: item for item in self.gc("--dry-run")["stays"]}
        self.assertEqual(young[run["name"]]["reasons"], [])
        old = self.gc("--unused-for", "0", "--dry-run")
        self.assertNotIn(run["name"], [item["name"] for item in old["stays"]])
        self.assertIn(run["name"], [item["name"] for item in old["removed"]])

    def test_keep_storage_removes_the_longest_unused_first(self):
        self.import_base()
        for n in range(3):
            self.build(f"FROM base\nRUN dd if=/dev/zero of=/big bs=1M count=2 && echo {n} >> /big\n", "-t", "app")
            time.sleep(0.05)
        size = json.loads(self.tool("df", "--json").stdout)["size"]
        answer = self.gc("--keep-storage", str(size - 1_000_000))
        self.assertEqual(len(self.names(answer)), 2, "one image and its layer are enough")
        self.assertLess(json.loads(self.tool("df", "--json").stdout)["size"], size)
        text = self.tool("gc", "--keep-storage", "1k").stdout
        self.assertIn("more than --keep-storage 1k: the rest has a tag", text)
        self.tool("run", "app", "true")

    def test_df_says_what_gc_frees(self):
        self.import_base()
        self.build("FROM base\nRUN dd if=/dev/zero of=/big bs=1M count=2\n")
        before = json.loads(self.tool("df", "--json").stdout)
        self.assertGreater(before["gc_frees"], 4e6)
        table = self.tool("df").stdout
        for word in ("KIND", "GC FREES", "images", "layers", "runs", "failed tries", "in flight", "total"):
            self.assertIn(word, table)
        self.gc("--unused-for", "0")
        after = json.loads(self.tool("df", "--json").stdout)
        self.assertEqual(after["gc_frees"], 0)
        self.assertAlmostEqual(before["size"] - after["size"], before["gc_frees"], delta=50_000)

    def test_a_run_of_a_living_build_tree_stays_and_goes_with_the_tree(self):
        self.import_base()
        spec = self.write_run_spec(command=["sh", "-c", "echo model > model"], outputs=["model"])
        self.train(spec)
        self.assertEqual(self.names(self.gc("--unused-for", "0")), [])
        (self.folder / "build/model").unlink()
        self.train(spec)
        self.assertEqual((self.folder / "build/model").read_text(), "model\n")
        shutil.rmtree(self.folder / "build")
        self.assertIn("run", " ".join(self.names(self.gc("--unused-for", "0"))))
        self.tool("check")

    def test_gc_takes_nothing_from_a_container_that_goes_on(self):
        self.import_base()
        self.build("FROM base\nRUN echo here > /here\n", "-t", "app")
        running = subprocess.Popen([support.TOOL, "run", "-i", "app", "sh", "-c", "echo up; read line; cat /here /etc/group"],
                                   env=self.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            self.assertEqual(running.stdout.readline(), "up\n")
            # Another image takes its name: nothing but the container holds it now.
            self.build("FROM base\nRUN echo there > /here\n", "-t", "app")
            self.assertEqual(self.names(self.gc("--unused-for", "0")), [])
            out, _ = running.communicate("go\n", timeout=60)
        finally:
            running.kill()
            running.wait()
        self.assertTrue(out.startswith("here\nroot:"), out)
        self.assertEqual(self.names(self.gc("--unused-for", "0")), ["image", "layer"])

    def test_rmi_takes_nothing_from_a_build_that_goes_on(self):
        self.import_base()
        self.write("context/Dockerfile", "FROM base\nRUN echo up; sleep 2; cat /etc/group > /copy\n")
        running = subprocess.Popen([support.TOOL, "build", "--progress", "json", "-t", "app", self.folder / "context"],
                                   env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            for line in running.stderr:
                if '"up' in line:
                    break
            self.assertIn("a build or run that goes on may use", self.tool("rmi", "base").stdout)
            _, rest = running.communicate(timeout=60)
            self.assertEqual(running.returncode, 0, rest)
        finally:
            running.kill()
            running.wait()
        self.assertIn("root:", self.tool("run", "app", "cat", "/copy").stdout)
        self.assertIn("image", self.names(self.gc("--unused-for", "0")))
        self.assertNotIn("base", self.tool("images").stdout)

    def test_check_finds_mends_and_names(self):
        self.import_base()
        dockerfile = "FROM base\nRUN echo text > /file\n"
        self.build(dockerfile, "-t", "app")
        self.assertIn("nothing is wrong", self.tool("check").stdout)
        record, = (self.store / "steps").glob("??/*.json")
        record.write_bytes(record.read_bytes()[:-5])
        named = self.tool("check", "--dry-run", code=1).stdout
        self.assertIn("its seal does not fit", named)
        self.assertIn("1 found wrong", named)
        self.assertTrue(record.exists())
        self.assertIn("removed: the step is done again", self.tool("check", code=1).stdout)
        self.assertIn("nothing is wrong", self.tool("check").stdout)
        events = self.events(dockerfile, "-t", "app")
        self.assertEqual(self.executed(events), ["RUN echo text > /file"])

    def test_who_waits_for_the_lock_of_the_store_says_for_whom(self):
        self.import_base()
        for words in (("gc", "--json"), ("check", "--json")):
            with open(self.store / "lock", "w", encoding="utf-8") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                waiting = subprocess.Popen([support.TOOL, *words], env=self.environment(), stdout=subprocess.PIPE,
                                           stderr=subprocess.PIPE, text=True)
                told = waiting.stderr.readline()
                self.assertIsNone(waiting.poll())
            out, error = waiting.communicate(timeout=60)
            self.assertEqual((waiting.returncode, error), (0, ""))
            self.assertRegex(told, rf"^trainyard: waiting for the store {self.store}: (process {os.getpid()} \(.*store_test.*\)|"
                                   "another process) holds its lock\n$")
            json.loads(out)
        self.assertEqual(self.tool("gc").stderr, "")

    def test_without_images_and_build_trees_rm_removes_the_store(self):
        self.import_base()
        self.build("FROM base AS a\nRUN mkdir /d && echo x > /d/f && chmod 700 /d && chown -R 1000:1000 /d; true\n"
                   "FROM base\nCOPY --from=a /d /d\nUSER worker\nRUN echo y > /tmp/y\n", "-t", "app")
        self.tool("rmi", *self.tool("images", "-q").stdout.split())
        self.gc("--unused-for", "0")
        self.assertEqual(list((self.store / "layers").iterdir()), [])
        subprocess.run(["rm", "-rf", str(self.store)], check=True)
        self.assertFalse(self.store.exists())

    def test_wrong_words_are_usage_errors(self):
        for words in (["gc", "--keep-storage", "much"], ["gc", "--unused-for", "long"], ["df", "x"], ["check", "x"]):
            self.assertIn("trainyard: error:", self.tool(*words, code=2).stderr)


if __name__ == "__main__":
    support.main()

"""verify RUN: a finished run again, and what comes out differently."""
import json
import shutil
import socket
import threading

import support
from support import Case


class VerifyRun(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.write("src/data/a.txt", "a\n")
        self.build("FROM base\nRUN echo t > /t\n", "-t", "trainer")

    def run_spec(self, script, **members):
        return self.write_run_spec(**{"image": "trainer", "command": ["sh", "-c", script], "inputs": ["data"], **members})

    def verify(self, code=0, **options):
        return self.tool("verify", "train", code=code, **options).stdout

    def told(self, code=0):
        return json.loads(self.tool("verify", "--json", "train", code=code).stdout)

    def state(self):
        """Record and outputs, and everything in the build tree."""
        files = [path for folder in (self.store / "runs", self.store / "blobs", self.folder / "build")
                 for path in folder.rglob("*") if path.is_file() and path.name != "lock"]
        return {path: (path.stat().st_mtime_ns if path.name != "record.json" else 0, path.read_bytes()) for path in files
                if "blobs" not in path.parts}, {path.name for path in files if "blobs" in path.parts}

    def test_the_same(self):
        self.train(self.run_spec("cat data/a.txt > o; mkdir d; echo $seed > d/x; ln -s x d/l; echo '{\"loss\": NaN}' > m.json; echo said",
                                 outputs=["o", "d"], metrics=["m.json"], parameters=["seed=1"]))
        before = self.state()
        done = self.tool("verify", "train")
        self.assertIn("said\n", done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"train \(\w{12}\) ran again in \S+ s \(before: \S+ s\): the same bytes in 4 files, the same metrics\n")
        self.assertNotIn("called a seed", done.stdout)
        self.assertIn("  the image's base base goes by a name that may move; it was sha256:", done.stdout)
        self.assertIn("  a step of the image had the network: RUN echo t > /t\n", done.stdout)
        told = self.told()
        self.assertEqual((told["same"], told["outputs"], told["metrics"], told["files"]), (True, [], [], 4))
        self.assertEqual(self.state(), before)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])

    def test_what_differs(self):
        self.train(self.run_spec(
            "cat data/a.txt > same; printf 0123 > o; cat /proc/sys/kernel/random/uuid >> o;"
            "mkdir d; touch d/$(cat /proc/sys/kernel/random/uuid); echo '{\"loss\": 0.'$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')'1}' > m.json",
            outputs=["o", "d", "same"], metrics=["m.json"], network="host"))
        before = self.state()
        told = self.told(code=1)
        self.assertEqual(self.state(), before)
        self.assertFalse(told["same"])
        self.assertEqual(told["run"], (self.folder / "build/train.result").read_text().split()[0])
        by_path = {row["path"]: row for row in told["outputs"]}
        gone = "d/" + next((self.folder / "build/d").iterdir()).name
        self.assertEqual(by_path.pop(gone)["what"], "was not written")
        self.assertEqual({row["what"] for path, row in by_path.items() if path.startswith("d/")}, {"is new"})
        self.assertNotIn("same", by_path)
        first = by_path["o"]["first_differing"]
        self.assertGreaterEqual(first, 4)
        self.assertEqual((by_path["o"]["what"], by_path["o"]["size"], by_path["o"]["size_before"]),
                         (f"has other bytes from {first} on", 41, 41))
        loss = json.loads((self.folder / "build/m.json").read_text())["loss"]
        self.assertEqual([(m["name"], m["before"]) for m in told["metrics"]], [("loss", loss)])
        for line in ("the run had the network (NETWORK host)", "no parameter or variable is called a seed"):
            self.assertIn(line, told["unpinned"])
        text = self.verify(code=1)
        self.assertRegex(text, r": 4 of 5 files and 1 metrics differ\n")
        self.assertRegex(text, r"  o has other bytes from \d+ on \(41 B both times\)\n")
        self.assertRegex(text, r"  loss was 0\.\d+, is 0\.\d+ \([+-]?\S+\)\n")

    def serve(self, *answers):
        """A server that gives each of them once; returns its port."""
        server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(server.close)

        def answer():
            for text in answers:
                peer, _ = server.accept()
                peer.sendall(text.encode())
                peer.close()

        threading.Thread(target=answer, daemon=True).start()
        return server.getsockname()[1]

    def test_lengths_that_differ(self):
        port = self.serve("0123", "012345", "01", "0123", "0123")
        self.train(self.run_spec(f"nc 127.0.0.1 {port} > o", outputs=["o"], network="host"))
        for what, size in (("goes on behind its end", 6), ("ends earlier", 2)):
            self.assertEqual(self.told(code=1)["outputs"], [{"path": "o", "what": what, "size_before": 4, "size": size}])
        self.assertTrue(self.told()["same"])
        # What gc took is no reason not to run it again: the record has the digest.
        (blob,) = [path for path in (self.store / "blobs/sha256").iterdir() if path.read_bytes() == b"0123"]
        blob.unlink()
        self.assertTrue(self.told()["same"])

    def test_inputs_as_they_were(self):
        self.train(self.run_spec("cat data/a.txt > o", outputs=["o"]))
        before = self.state()
        (self.folder / "src/data/a.txt").touch()
        self.verify()
        self.write("src/data/a.txt", "b\n")
        self.assertRegex(self.tool("verify", "train", code=2).stderr,
                         r"verifying run train: its input \S+/src/data/a.txt is not what it was: it changed; it had sha256:\w{64}")
        self.write("src/data/a.txt", "a\n")
        self.write("src/data/new", "")
        self.assertIn("src/data/new is not what it was: it was added", self.tool("verify", "train", code=2).stderr)
        shutil.rmtree(self.folder / "src/data")
        self.assertIn("src/data is not what it was: it was removed", self.tool("verify", "train", code=2).stderr)
        self.assertEqual(self.state(), before)

    def test_a_command_that_fails_this_time(self):
        port = self.serve("good", "bad")
        self.train(self.run_spec(f"nc 127.0.0.1 {port} > o; grep good o || exit 7", outputs=["o"], network="host"))
        self.assertIn("it ended well before, and now with exit code 7", self.tool("verify", "train", code=1).stderr)
        self.assertEqual(list((self.store / "tmp").iterdir()), [])

    def test_what_the_record_does_not_hold_is_not_run(self):
        self.train(self.run_spec("echo a > o", outputs=["o"]))
        key = (self.folder / "build/train.result").read_text().split()[0]
        plan = self.store / "runs" / key[:2] / key / "spec.json"
        for text in (plan.read_text().replace("echo a > o", "echo b > o"), "{", ""):
            plan.write_text(text)
            self.assertIn("can no longer be read", self.tool("verify", "train", code=2).stderr)
        plan.unlink()
        self.assertIn("can no longer be read", self.tool("verify", "train", code=2).stderr)

    def test_what_never_ended_well(self):
        self.train(self.run_spec("exit 1"), code=1)
        self.assertIn("has not ended well", self.tool("verify", "train", code=2).stderr)
        self.assertIn("nosuch", self.tool("verify", "nosuch", code=2).stderr)

    def test_checkpoints_are_not_taken_over(self):
        self.train(self.run_spec("ls ckpt > o; echo x > ckpt/x; echo \"$TRAINYARD_RESUME\" >> o", outputs=["o"], checkpoints="ckpt"))
        self.assertTrue(self.told()["same"])


if __name__ == "__main__":
    support.main()

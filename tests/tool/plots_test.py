"""Metrics as they come: CSV, JSON lines and TensorBoard's event files, live and drawn."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
import xml.etree.ElementTree as xml

import support
from support import ONE_ID, TOOL, Case

SVG = "{http://www.w3.org/2000/svg}"


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def masked(data):
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff)


def field(number, content):
    return bytes([number << 3 | 2, len(content)]) + content


def record(content):
    length = struct.pack("<Q", len(content))
    return length + masked(length) + content + masked(content)


def event(step, tag, value, seconds=1700000000):
    """As torch.utils.tensorboard and tf.summary of old write a scalar."""
    summary = field(1, field(1, tag.encode()) + b"\x15" + struct.pack("<f", value))
    return record(b"\x09" + struct.pack("<d", seconds + step) + b"\x10" + bytes([step]) + field(5, summary))


def tensor_event(step, tag, value, seconds=1700000000):
    """As TensorFlow 2 writes one."""
    tensor = b"\x08\x01" + field(2, b"") + field(4, struct.pack("<f", value))
    summary = field(1, field(1, tag.encode()) + field(8, tensor) + field(9, field(1, field(1, b"scalars"))))
    return record(b"\x09" + struct.pack("<d", seconds + step) + b"\x10" + bytes([step]) + field(5, summary))


BEGIN = record(b"\x09" + struct.pack("<d", 1.7e9) + field(3, b"brain.Event:2"))
EVENTS = BEGIN + b"".join(event(step, "loss/train", 8 / step) for step in range(1, 6)) + tensor_event(5, "accuracy", 0.75)

TRAIN = ["sh", "-c", """
umask 077
mkdir -p logs/validation
cp given/train logs/events.out.tfevents.1700000000.host
cp given/validation logs/validation/events.out.tfevents.1700000000.host
echo 'epoch,loss,note' > history.csv
for i in 1 2 3 4; do
  echo "$i,0.$((rate * (5 - i))),x" >> history.csv
  echo "{\\"step\\": $((i * 100)), \\"lr\\": {\\"base\\": 1e-$i}}" >> lr.jsonl
done
echo '{"final": 1234567.5}' > metrics.json
"""]


class Plots(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        given = self.folder / "src/given"
        given.mkdir(parents=True)
        (given / "train").write_bytes(EVENTS)
        (given / "validation").write_bytes(BEGIN + event(5, "loss", 0.5) + event(6, "loss", 0.25)[:-3])

    def spec(self, **members):
        defaults = dict(command=TRAIN, inputs=["given"], parameters=["rate=1"], metrics=["metrics.json", "logs"],
                        plots=["history.csv", "lr.jsonl", "logs"])
        defaults.update(members)
        return self.write_run_spec(**defaults)

    def series(self, *words):
        """By run and name."""
        return [{one["name"]: one for one in run["series"]} for run in json.loads(self.tool("plot", "--json", *words).stdout)]

    def svg(self, *words):
        return xml.fromstring(self.tool("plot", *words).stdout)

    def texts(self, *words):
        return [text.text for text in self.svg(*words).iter(SVG + "text")]

    def test_scalars_of_event_files_are_metrics(self):
        done = self.train(self.spec())
        self.assertIn("validation/events.out.tfevents.1700000000.host: its last record is cut off; what stands before counts", done.stderr)
        self.assertIn("final 1234567.5", done.stderr)
        self.assertEqual(json.loads(self.tool("metrics", "train", "--json").stdout)[0]["metrics"],
                         {"final": 1234567.5, "loss/train": struct.unpack("<f", struct.pack("<f", 1.6))[0],
                          "accuracy": 0.75, "validation/loss": 0.5})
        self.assertTrue((self.folder / "build/logs/validation").is_dir())

    def test_series_for_other_programs(self):
        self.train(self.spec())
        found = self.series("train")[0]
        self.assertEqual(sorted(found), ["accuracy", "final", "loss", "loss/train", "lr.base", "validation/loss"])
        self.assertEqual(found["loss"], {"name": "loss", "value": [0.4, 0.3, 0.2, 0.1], "epoch": [1, 2, 3, 4]})
        self.assertEqual(found["lr.base"]["step"], [100, 200, 300, 400])
        self.assertEqual(found["loss/train"]["time"], [1700000000 + step for step in range(1, 6)])
        self.assertEqual(found["loss/train"]["value"][1], 4)
        self.assertEqual(list(self.series("train", "--metric", "loss")[0]), ["loss"])

    def test_curves_of_runs_that_differ(self):
        self.train(self.spec())
        first = (self.folder / "build/train.result").read_text()[:12]
        self.train(self.spec(parameters=["rate=2"]))
        drawn = self.texts(first, "train", "--metric", "loss")
        for text in ("train", "loss", "epoch", "rate=1", "rate=2", "0.8", "4"):
            self.assertIn(text, drawn)
        panels = self.texts(first, "train")
        self.assertIn("loss/train", panels)
        self.assertNotIn("final", panels)  # one point is no curve
        self.assertIn("measurement", panels)  # epochs here, steps there: nothing that all have
        self.assertIn("time (s)", self.texts("train", "--metric", "loss/train", "--x", "time"))
        self.assertIn("10⁻⁴", self.texts("train", "--metric", "lr.base", "--log"))
        self.assertIn("lr.base", self.texts("train", "--together", "--metric", "lr.base", "--metric", "loss"))
        self.assertIn("Mine <&>", self.texts("train", "--title", "Mine <&>", "--metric", "loss"))
        done = self.tool("plot", "train", "--x", "step")
        self.assertIn('"loss" of train', done.stderr)
        self.assertIn("it does not say its step", done.stderr)

    def test_files(self):
        self.train(self.spec())
        for name in ("a.svg", "b.svg", "c.png"):
            self.assertEqual(self.tool("plot", "train", "-o", name).stdout, "")
        self.assertEqual((self.folder / "a.svg").read_bytes(), (self.folder / "b.svg").read_bytes())
        png = (self.folder / "c.png").read_bytes()
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">I", png[16:20])[0], 1600)

    def test_mistakes(self):
        self.train(self.spec())
        for words, said in ((["train", "--metric", "los"], 'did you mean "loss"?'), (["train", "-o", "plot.pdf"], "neither .svg nor .png"),
                            (["train", "--x", "step", "--metric", "loss"], "--x epoch"), (["train", "--x", "day"], "--x"),
                            (["other"], "other")):
            self.assertIn(said, self.tool("plot", *words, code=None).stderr)
        self.train(self.spec(name="plain", plots=[], metrics=["metrics.json"], extra_outputs="ignore"))
        self.assertIn("name it in PLOTS", self.tool("plot", "plain", code=2).stderr)

    def test_plots_are_not_in_the_key(self):
        self.train(self.spec(plots=[], outputs=["history.csv", "lr.jsonl"]))
        self.assertNotIn("loss", self.series("train")[0])
        self.assertIn("cached", self.train(self.spec(plots=["history.csv"], outputs=["history.csv", "lr.jsonl"])).stderr)
        self.assertIn("loss", self.series("train")[0])

    def test_a_broken_file_of_plots_costs_no_training(self):
        spec = self.spec(command=["sh", "-c", "echo 'a,b\n1' > p.csv; echo '{}' > metrics.json"], metrics=["metrics.json"], plots=["p.csv"], inputs=[])
        self.assertIn("trained in", self.train(spec).stderr)
        self.assertIn("p.csv:2: it has 1 fields where the header has 2", self.tool("plot", "train", code=1).stderr)

    def test_live_bar_from_files(self):
        self.write("context/Dockerfile", "FROM base\n" + ("" if ONE_ID else "USER worker\n"))
        self.tool("build", "-t", "trainer", self.folder / "context")
        script = ("umask 077; mkdir logs; cp given/train logs/events.out.tfevents.1; echo epoch,loss > h.csv;"
                  "printf '3,0.25\\n4,0.' >> h.csv; i=0; while [ $i -lt 1200 ]; do sleep 0.1; i=$((i+1)); done")
        spec = self.spec(image="trainer", command=["sh", "-c", script], parameters=["epochs=10"], metrics=["h.csv"], plots=["logs"])
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 160, 0, 0))
        environment = self.environment(TERM="xterm")
        tool = subprocess.Popen([TOOL, "run", "--spec", str(spec), "--result", self.folder / "build/r"], env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        seen = ""
        deadline = time.monotonic() + 60
        wanted = re.compile(r"━+─+  3/10  \S+ \S+ left  accuracy 0\.75  loss 0\.25")
        while not wanted.search(seen) and time.monotonic() < deadline and select.select([ours], [], [], 60)[0]:
            try:
                seen += os.read(ours, 65536).decode(errors="replace")
            except OSError:
                break
        tool.send_signal(signal.SIGINT)
        while True:
            try:
                if not os.read(ours, 65536):
                    break
            except OSError:
                break
        os.close(ours)
        self.assertEqual(tool.wait(timeout=60), 130)
        self.assertRegex(seen[-2000:], wanted)


if __name__ == "__main__":
    support.main()

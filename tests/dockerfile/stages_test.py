"""Many stages: a graph of forty with diamonds in it is built side by side, and one stage that fails stops the others."""
import json
import os
import pathlib
import sys

sys.path.insert(0, os.environ.get("TRAINYARD_TOOL_TESTS", str(pathlib.Path(__file__).resolve().parent.parent / "tool")))
import support  # noqa: E402
from base_root import write_base  # noqa: E402

ROWS, COLUMNS = 5, 8
LONG = 100_000 + os.getpid()  # seconds, and a mark of ours
WIDTH = max(4, os.cpu_count() or 1)  # steps at a time; docs/ARCHITECTURE.md


def graph(command):
    """Forty stages in five rows; each stands on one of the row above and copies from its neighbours: diamonds all over."""
    lines = []
    for row in range(ROWS):
        for column in range(COLUMNS):
            name = f"s{row}x{column}"
            if row == 0:
                lines += [f"FROM base AS {name}", f"RUN {command(row, column)}; echo {name} > /{name}"]
                continue
            left, right = (f"s{row - 1}x{(column + step) % COLUMNS}" for step in (-1, 1))
            lines += [f"FROM s{row - 1}x{column} AS {name}", f"COPY --from={left} /{left} /from-left-{row}",
                      f"COPY --from={right} /{right} /from-right-{row}", f"RUN {command(row, column)}; echo {name} > /{name}"]
    lines += ["FROM base"]
    lines += [f"COPY --from=s{ROWS - 1}x{column} /s{ROWS - 1}x{column} /from-left-{ROWS - 1} /all/{column}/" for column in range(COLUMNS)]
    return "\n".join(lines) + "\n"


class Stages(support.Case):
    def setUp(self):
        super().setUp()
        self.tool("import", "-t", "base", write_base(self.folder / "base.tar"))
        self.trace = self.folder / "trace"

    def traced(self, dockerfile, *words, code=0):
        digest, error = self.build(dockerfile, *words, code=code, env={"TRAINYARD_TRACE": self.trace})
        events = [json.loads(line) for line in self.trace.read_text().splitlines()]
        self.trace.unlink()
        return digest, error, events

    def most_at_once(self, events):
        at_once = most = 0
        for event in sorted(events, key=lambda event: event["time_ns"]):
            at_once += {"started": 1, "done": -1, "failed": -1}.get(event["event"], 0)
            most = max(most, at_once)
        return most

    def test_forty_stages_side_by_side(self):
        digest, _, events = self.traced(graph(lambda row, column: "sleep 0.1"))
        done = [event["step"] for event in events if event["event"] == "done"]
        self.assertEqual(len(done), COLUMNS + 3 * (ROWS - 1) * COLUMNS + COLUMNS)
        self.assertEqual(len(set(done)), len(done), "a step that two stages need executed twice")
        self.assertEqual(self.most_at_once(events), WIDTH)
        self.assertEqual(self.tool("run", digest, "sh", "-c", "cat /all/*/*").stdout,
                         "".join(f"s{ROWS - 2}x{(column - 1) % COLUMNS}\ns{ROWS - 1}x{column}\n" for column in range(COLUMNS)))
        again, _, events = self.traced(graph(lambda row, column: "sleep 0.1"))
        self.assertEqual(again, digest)
        self.assertEqual([event for event in events if event["event"] == "started"], [])

    def test_the_graph_gives_one_digest_in_any_order(self):
        first, _, _ = self.traced(graph(lambda row, column: f"sleep 0.0{(row * 7 + column) % 5}"), "--no-cache")
        second, _, _ = self.traced(graph(lambda row, column: f"sleep 0.0{(row * 7 + column) % 5}"), "--no-cache")
        self.assertEqual(first, second)

    def test_a_failing_stage_stops_the_others(self):
        # Two that would sleep on leave places for the one that fails.
        odd = {(1, 0): f"sleep {LONG}", (1, 3): "sleep 0.3; echo last words; exit 7", (1, 6): f"sleep {LONG}"}
        text = graph(lambda row, column: odd.get((row, column), "sleep 0.1"))
        line = text.splitlines().index(f"RUN {odd[1, 3]}; echo s1x3 > /s1x3") + 1
        _, error, events = self.traced(text, code=1)
        self.assertIn(f"Dockerfile:{line}) failed with exit code 7", error)
        self.assertIn("last words", error)
        self.assertEqual((error.count("error:"), error.count("  failed after ")), (1, 1), error)
        self.assertEqual([path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if self.is_ours(path)], [],
                         "what slept goes on")
        done = sum(event["event"] == "done" for event in events)
        events = self.events(graph(lambda row, column: "true" if (row, column) in odd else "sleep 0.1"))
        self.assertEqual(len(self.cached(events)), done, "what was done is kept, and nothing else was")

    def is_ours(self, path):
        try:
            return path.read_bytes() == f"sleep\0{LONG}\0".encode() and path.stat().st_uid == os.geteuid()
        except OSError:
            return False

    def test_a_failing_stage_that_is_not_needed_does_not_matter(self):
        text = "FROM base AS broken\nRUN exit 7\nFROM base AS fine\nRUN echo fine > /fine\nFROM broken AS more\nFROM fine\n"
        self.build(text, "-t", "fine")
        self.assertEqual(self.tool("run", "fine", "cat", "/fine").stdout, "fine\n")


if __name__ == "__main__":
    support.main()

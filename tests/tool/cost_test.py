"""What builds and containers cost, in processes, system calls, opened files and bytes: numbers that hold on every machine, which times
do not. The bounds leave some room above what was counted when they were written; what they are there to catch (a second program, a
process per record, a library of a megabyte at start-up, a filter compiled anew) is far beyond them."""
import os

import support
import system_calls
from support import TOOL, Case

if support.SANITIZED:
    support.skip("the system calls of the tool's sanitizer would be counted")

STEPS = 60


class Cost(Case):
    def setUp(self):
        super().setUp()
        self.import_base()

    def counted(self, *words):
        code, counts = system_calls.count([TOOL, *words], self.environment(), cwd=self.folder)
        self.assertEqual(code, 0, words)
        return counts

    def steps(self, count):
        """RUN, COPY and WORKDIR in turn."""
        self.write("context/file", "content\n")
        kinds = ("RUN echo {0} > /run-{0}", "COPY file /copy-{0}", "WORKDIR /work-{0}")
        self.write("context/Dockerfile", "FROM base\n" + "\n".join(kinds[n % 3].format(n) for n in range(count)) + "\n")
        return self.folder / "context"

    def test_a_cached_build_is_one_process_that_reads_its_records(self):
        context = self.steps(STEPS)
        self.tool("build", "-q", context)
        self.tool("build", "-q", context)
        counts = self.counted("build", "-q", context)
        self.assertEqual((counts.processes, counts.programs), (1, 1), counts)
        self.assertLessEqual(counts.threads, 1, counts)
        self.assertLessEqual(counts.opens, STEPS + 40, counts)
        self.assertLessEqual(counts.calls, 12 * STEPS + 300, counts)
        self.assertLessEqual(counts.read, 100_000, counts)
        self.assertLessEqual(counts.written, 200, counts)
        for name in ("mount", "unshare", "fsync", "syncfs", "mkdir", "rename"):
            self.assertNotIn(name, counts.by_name, counts)

    def test_starting_the_tool_loads_little(self):
        counts = self.counted("--version")
        self.assertEqual((counts.processes, counts.threads, counts.programs), (1, 0, 1), counts)
        self.assertLessEqual(counts.opens, 12, counts)
        self.assertLessEqual(counts.calls, 120, counts)

    def test_a_step_is_a_few_processes(self):
        def run_steps(count):
            self.write("context/Dockerfile", "FROM base\n" + "".join(f"RUN echo {n} > /file-{n}\n" for n in range(count)))
            self.tool("build", "-q", "--no-cache", self.folder / "context")
            return self.counted("build", "-q", "--no-cache", self.folder / "context")
        few, many = run_steps(2), run_steps(10)
        # The container's own job, one to tidy and move what it left, one for the tar; the runtime has three or four, and the command.
        self.assertLessEqual((many.processes - few.processes) / 8, self.by_runtime(crun=8, runc=14), (few, many))
        self.assertLessEqual((many.programs - few.programs) / 8, self.by_runtime(crun=4, runc=5), (few, many))
        self.assertLessEqual((many.calls - few.calls) / 8, self.by_runtime(crun=2000, runc=4500), (few, many))

    def test_crun_compiles_no_filter_twice(self):
        if self.by_runtime(crun=False, runc=True):
            return  # runc has no way to be given one
        self.tool("run", "base", "/bin/true")
        filters = list((self.store / "engine/filters").iterdir())
        self.assertEqual(len(filters), 1)
        before = filters[0].stat()
        counts = self.counted("run", "base", "/bin/true")
        self.assertEqual(filters[0].stat().st_mtime_ns, before.st_mtime_ns)
        self.assertLessEqual(counts.processes, 10, counts)
        self.assertLessEqual(counts.programs, 6, counts)

    def by_runtime(self, crun, runc):
        return runc if "runc" in os.environ.get("TRAINYARD_RUNTIME", "crun") else crun


if __name__ == "__main__":
    support.main()

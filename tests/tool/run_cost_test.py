"""What inputs and outputs of runs cost, in system calls and bytes: numbers that hold on every machine, which times do not."""
import os
import subprocess
import time

import support
from copy_cost_test import Trace
from support import Case

if support.SANITIZED:
    support.skip("the system calls of the tool's sanitizer would be counted")

FILES = 200
LARGE = 256 << 20


class RunCost(Case):
    def setUp(self):
        super().setUp()
        self.import_base()

    def traced(self, *words):
        logs = self.folder / f"trace.{len(list(self.folder.glob('trace.*')))}"
        logs.mkdir()
        subprocess.run(["strace", "-ff", "-qq", "-y", "-s", "4096", "-o", logs / "log",
                        "-e", "trace=open,openat,openat2,read,pread64,write,copy_file_range,ioctl,link,linkat,newfstatat,fstat,lstat,"
                              "stat,statx", support.TOOL, *map(str, words)],
                       env=support.traceable(self.environment()), check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return Trace("\n".join(log.read_text(errors="replace") for log in sorted(logs.iterdir())))

    def test_unchanged_inputs_cost_a_look_each(self):
        data = self.folder / "src/data"
        for i in range(FILES):
            self.write(f"src/data/d{i % 4}/{i}.csv", str(i))
            self.write(f"src/data/d{i % 4}/{i}.txt", str(i))
        with open(data / "large", "wb") as file:
            file.truncate(LARGE)
        time.sleep(0.05)  # what is as new as its row in the index is read again
        for inputs, files in ((["data"], 2 * FILES + 1), (["data/**/*.csv", "data/large"], FILES + 1)):
            with self.subTest(inputs=inputs):
                spec = self.write_run_spec(command=["sh", "-c", "echo > m"], outputs=["m"], inputs=inputs)
                self.train(spec)
                self.train(spec)
                trace = self.traced("run", "--spec", spec)
                self.assertEqual(trace.opened(data), {})
                self.assertEqual(trace.bytes(data, "read", "pread64", "copy_file_range"), 0)
                looks = [arguments for arguments, _ in trace.named("newfstatat", "lstat", "stat", "statx")
                         if f"{data}/" in arguments and ".txt" not in arguments or inputs == ["data"] and f"{data}/" in arguments]
                self.assertLessEqual(len(looks), files + 40)

    def test_outputs_are_cloned_or_copied_by_the_kernel_and_never_linked(self):
        command = ["sh", "-c", "head -c 300000 /dev/zero > model; mkdir -p out/sub; echo a > out/a; echo b > out/sub/b"]
        spec = self.write_run_spec(command=command, outputs=["model", "out"])
        self.train(spec)
        files = {self.folder / "build" / name for name in ("model", "out/a", "out/sub/b")}
        before = {file: file.read_bytes() for file in files}
        trace = self.traced("restore", "--spec", spec, "--result", str(spec).replace(".run.json", ".result"))
        clones = [result for arguments, result in trace.named("ioctl") if "FICLONE" in arguments]
        self.assertEqual(len(clones), len(files))  # asked for each; a file system that cannot says so
        self.assertEqual([a for a, _ in trace.named("link", "linkat")], [])
        # Read once, to see that the store still has what it once took in.
        self.assertEqual(trace.bytes(self.store / "blobs", "read", "pread64"), sum(map(len, before.values())))
        copied = trace.bytes(self.store / "blobs", "copy_file_range")
        self.assertEqual(copied, 0 if set(clones) == {0} else sum(map(len, before.values())))
        # What is done to them in the build tree is nobody else's.
        for file in files:
            self.assertEqual(file.stat().st_nlink, 1)
            with open(file, "r+b") as opened:
                opened.write(b"damaged")
        self.tool("check")
        self.tool("restore", "--spec", spec, "--result", str(spec).replace(".run.json", ".result"))
        self.assertEqual({file: file.read_bytes() for file in files}, before)


if __name__ == "__main__":
    if os.geteuid() != 0:
        support.skip("newuidmap has no effect under an ordinary user's strace")
    support.main()

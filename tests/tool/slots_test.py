"""GPUS of runs: one lease of devices for all builds and users of a machine. Slots that only have names stand for GPUs."""
import json
import os
import pathlib
import pwd
import re
import shutil
import signal
import subprocess
import time

import support
from support import TOOL, Case

ROOT = os.geteuid() == 0
# Begins, and goes on until it is told to end.
HOLDS = "trap 'exit 3' TERM; echo begun; while :; do sleep 0.1; done"
CHECKER = pathlib.Path(__file__).parent / "slot_checker.c"


class SlotCase(Case):
    def setUp(self):
        super().setUp()
        self.slots = self.folder / "slots"
        self.slots.mkdir()
        self.slots.chmod(0o1777)
        # No device of the machine that the test runs on.
        self.extra = {"TRAINYARD_SLOT_FOLDER": self.slots, "TRAINYARD_SLOTS": "gpu:0,gpu:1,gpu:2,gpu:3",
                      "TRAINYARD_CDI_PATH": self.folder / "cdi", "TRAINYARD_DEVICES_ROOT": self.folder / "machine"}
        for number in range(4):
            self.write(f"src/locks/gpu:{number}", "")
        self.import_base()
        subprocess.run(["cc", "-static", "-o", self.folder / "src/checked", CHECKER], check=True)
        self.addCleanup(self.stop_all)

    def environment(self, **extra):
        return super().environment(**{**self.extra, **extra})

    def stop_all(self):
        for run in json.loads(self.tool("ps", "--json").stdout):
            self.tool("stop", run["run"], code=None)

    def spec(self, name="train", command="echo $TRAINYARD_DEVICES > m", **members):
        return self.write_run_spec(name, **{**dict(command=["./checked", "sh", "-c", command], outputs=["m"], inputs=["locks", "checked"],
                                                   gpus="1"), **members})

    def start(self, spec, **extra):
        """What a build tool starts, in the background."""
        process = subprocess.Popen([TOOL, "run", "--spec", spec], env=self.environment(**extra), text=True,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def hold(self, name="holder", **members):
        """A run that holds its slots until the test ends, or somebody ends it."""
        self.tool("run", "--spec", self.spec(name, HOLDS, **members), "--detach")
        for _ in range(200):
            if "begun" in self.tool("logs", name, code=None).stdout:
                return
            time.sleep(0.1)
        self.fail(f"{name} did not begin")

    def said_while_waiting(self, process):
        for line in process.stderr:
            if "waiting for" in line:
                return line
        self.fail(f"it did not wait; exit code {process.wait()}")

    def devices_of(self, name="train", **members):
        """What a run got."""
        spec = self.spec(name, **members)
        self.train(spec)
        return (self.folder / "build/m").read_text().strip()


class Leases(SlotCase):
    def test_two_builds_share_four_slots_and_none_is_used_twice(self):
        other = self.folder / "other"
        subprocess.run([TOOL, "import", "-t", "base", support.make_busybox_root(self.folder / "root")], check=True,
                       env=self.environment(TRAINYARD_STORE=other), stdout=subprocess.DEVNULL)
        command = 'begin=$(cut -d" " -f1 /proc/uptime); sleep 0.2; echo $TRAINYARD_DEVICES $begin $(cut -d" " -f1 /proc/uptime)'
        processes = []
        for number, gpus in enumerate((1, 2, 4, 1, 3, 2)):
            spec = self.spec(f"r{number}", command + f" | tee {number}", outputs=[str(number)], gpus=str(gpus))
            processes.append(self.start(spec, TRAINYARD_STORE=other if number % 2 else self.store))
        used = {}
        for number, process in enumerate(processes):
            said, problems = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 0, said + problems)
            line, = re.findall(r"(gpu:\S+) ([0-9.]+) ([0-9.]+)\n", said)
            self.assertEqual(len(line[0].split(",")), (1, 2, 4, 1, 3, 2)[number])
            for slot in line[0].split(","):
                used.setdefault(slot, []).append((float(line[1]), float(line[2])))
        self.assertEqual(sorted(used), ["gpu:0", "gpu:1", "gpu:2", "gpu:3"])
        for slot, times in used.items():
            times.sort()
            for (_, end), (begin, _) in zip(times, times[1:]):
                self.assertLessEqual(end, begin, slot)
        self.assertEqual([p.name for p in self.slots.iterdir() if "queue" in p.name], [])

    def test_the_checker_of_this_test_sees_a_slot_that_is_used_twice(self):
        self.hold()
        done = self.tool("run", "--spec", self.spec(), code=1, env={"TRAINYARD_SLOT_FOLDER": self.folder / "others"})
        self.assertIn("gpu:0 is used twice", done.stderr)

    def test_who_waits_is_told_for_whom_and_goes_on_when_that_one_is_killed(self):
        self.hold(gpus="all")
        process = self.start(self.spec())
        said = self.said_while_waiting(process)
        found = re.search(r"waiting for gpu:0, held by (\S+) \(pid (\d+), run holder\) since \d\d:\d\d:\d\d; gpu:1, held by", said)
        self.assertTrue(found, said)
        # Who comes later is told at once, and so is who asks.
        self.assertEqual(self.said_while_waiting(self.start(self.spec())), said)
        waiting, = [run for run in json.loads(self.tool("ps", "--json").stdout) if run["target"] == "train"]
        self.assertIn(waiting["waiting_for"], said)
        self.assertIn("; it is waiting for gpu:0, held by", self.tool("ps").stdout)
        doctor = {f["subject"]: f["found"] for f in json.loads(self.tool("doctor", "--json").stdout)}
        self.assertRegex(doctor["slot gpu:0"], rf"^held by {found[1]} \(pid {found[2]}, run holder\) since \d\d:\d\d:\d\d$")
        os.kill(int(found[2]), signal.SIGKILL)
        rest = process.communicate(timeout=120)[1]
        self.assertEqual(process.returncode, 0, rest)
        doctor = {f["subject"]: f["found"] for f in json.loads(self.tool("doctor", "--json").stdout)}
        self.assertEqual(doctor["slot gpu:3"], "free")

    def test_who_leaves_while_it_waits_leaves_nothing(self):
        self.hold(gpus="3")
        process = self.start(self.spec(gpus="2"))
        self.said_while_waiting(process)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
        self.assertEqual(process.returncode, 130, said)
        for _ in range(600):
            if not [p for p in self.slots.iterdir() if "queue" in p.name]:
                break
            time.sleep(0.1)
        else:
            self.fail("its ticket is still there")
        self.assertEqual(self.devices_of(), "gpu:3")  # what it would have taken is free

    def test_slots_are_no_part_of_what_a_run_is(self):
        first = self.train(self.spec(gpus="2"))
        self.assertIn("trained", first.stderr)
        for members in ({"gpus": "all"}, {}, {"gpus": "tpu:2"}, {"gpus": ""}, {"gpus": "1", "gpus_optional": True}):
            self.assertIn("cached", self.train(self.spec(**members)).stderr)

    def test_users_of_a_machine_share_its_slots(self):
        if not ROOT:
            return  # the variant of root becomes the other one
        try:
            user = pwd.getpwnam("trainyard-test")
        except KeyError:
            self.skipTest("there is no user trainyard-test; tests/run.sh makes it")
        self.folder.chmod(0o755)
        tool = shutil.copy(TOOL, self.folder / "tool")
        their = self.folder / "their"
        their.mkdir()
        os.chown(their, user.pw_uid, user.pw_gid)
        become = ["setpriv", "--reuid", user.pw_name, "--regid", user.pw_name, "--init-groups", tool]

        def theirs(*words, **extra):
            process = subprocess.Popen([*become, *map(str, words)], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, cwd=their, env=self.environment(TRAINYARD_STORE=their / "store", HOME=their, **extra))
            self.addCleanup(lambda: process.poll() is None and process.kill())
            return process

        root = support.make_busybox_root(self.folder / "root")
        self.assertEqual(theirs("import", "-t", "base", root).wait(timeout=120), 0)
        build = {"build_dir": str(their / "build"), "binary_dir": str(their / "build")}
        # Root's slot, for which they wait.
        self.extra["TRAINYARD_SLOTS"] = "gpu:0"
        self.hold()
        process = theirs("run", "--spec", self.spec("waits", **build))
        self.assertRegex(self.said_while_waiting(process), r"waiting for gpu:0, held by root \(pid \d+, run holder\)")
        self.tool("stop", "holder")
        said = process.communicate(timeout=120)[1]
        self.assertEqual(process.returncode, 0, said)
        # Theirs, for which root waits.
        self.extra["TRAINYARD_SLOTS"] = "gpu:1"
        holder = theirs("run", "--spec", self.spec("theirs", HOLDS, **build))
        self.assertTrue(any("begun" in line for line in holder.stdout))
        self.assertEqual((self.slots / "trainyard.slot.gpu%3a1").stat().st_uid, user.pw_uid)
        process = self.start(self.spec("roots"))
        self.assertRegex(self.said_while_waiting(process), r"waiting for gpu:1, held by trainyard-test \(pid \d+, run theirs\)")
        holder.send_signal(signal.SIGINT)
        holder.communicate(timeout=60)
        said = process.communicate(timeout=120)[1]
        self.assertEqual(process.returncode, 0, said)


class Asking(SlotCase):
    def test_a_machine_without_gpus(self):
        del self.extra["TRAINYARD_SLOTS"]
        for gpus in ("1", "all"):
            said = self.train(self.spec(gpus=gpus), code=3).stderr
            self.assertIn(f"training train: it asks for GPUS {gpus}, and this machine has no GPU: no specification", said)
            self.assertIn("hint: GPUS_OPTIONAL lets it run with what there is; TRAINYARD_SLOTS=gpu:0,gpu:1 names slots", said)
        done = self.train(self.write_run_spec(command=["sh", "-c", "echo $TRAINYARD_DEVICES > m"], outputs=["m"], gpus="1",
                                              gpus_optional=True))
        self.assertIn("train asks for GPUS 1 and goes on with none", done.stderr)
        self.assertEqual((self.folder / "build/m").read_text(), "\n")
        doctor = {f["subject"]: f["found"] for f in json.loads(self.tool("doctor", "--json").stdout)}
        self.assertIn("TRAINYARD_SLOTS", doctor["GPUs"])

    def test_more_than_there_are(self):
        said = self.train(self.spec(gpus="5"), code=3).stderr
        self.assertIn("it asks for GPUS 5, and TRAINYARD_SLOTS has 4: gpu:0, gpu:1, gpu:2, gpu:3", said)
        self.assertEqual(self.devices_of(gpus="5", gpus_optional=True), "gpu:0,gpu:1,gpu:2,gpu:3")
        self.assertIn("TRAINYARD_SLOTS has no device of the kind tpu", self.train(self.spec("t", "echo > m; exit 0 # tpu", gpus="tpu:1"), code=3).stderr)

    def test_kinds_and_names(self):
        self.extra["TRAINYARD_SLOTS"] = "tpu:a, gpu:1,, gpu:0"
        self.write("src/locks/tpu:a", "")
        self.assertEqual(self.devices_of(gpus="tpu:all"), "tpu:a")
        self.assertEqual(self.devices_of("b", gpus="all", parameters=["x=1"]), "gpu:1,gpu:0")
        del self.extra["TRAINYARD_SLOTS"]
        self.assertEqual(self.devices_of("c", slots="gpu:3", parameters=["x=2"]), "gpu:3")
        said = self.train(self.spec("d", slots="gpu0", parameters=["x=3"]), code=2).stderr
        self.assertIn('reading "slots" of the run\'s spec: "gpu0" is no slot', said)

    def test_mistakes_in_a_spec(self):
        for gpus in ("two", "-1", "gpu:", ":2", "a/b/c:2", "2:gpu"):
            self.assertIn(f'"{gpus}" is none of 2, all, nvidia.com/gpu:2', self.train(self.spec(gpus=gpus), code=2).stderr)

    def test_what_ctest_has_allotted_is_taken(self):
        allotted = {"CTEST_RESOURCE_GROUP_COUNT": "2", "CTEST_RESOURCE_GROUP_0": "cpus,gpus", "CTEST_RESOURCE_GROUP_1": "gpus",
                    "CTEST_RESOURCE_GROUP_0_GPUS": "id:2,slots:1;id:2,slots:1", "CTEST_RESOURCE_GROUP_1_GPUS": "id:gpu_3,slots:4"}
        self.extra.update(allotted)
        self.assertEqual(self.devices_of(gpus="1"), "gpu:2")
        self.assertEqual(self.devices_of("two", gpus="2", parameters=["x=1"]), "gpu:2,gpu:3")
        self.assertEqual(self.devices_of("three", gpus="3", parameters=["x=2"]), "gpu:0,gpu:2,gpu:3")
        self.extra["CTEST_RESOURCE_GROUP_1_GPUS"] = "id:7,slots:1"
        said = self.train(self.spec("four", parameters=["x=3"]), code=3).stderr
        self.assertIn('leasing gpus "7" that ctest has allotted: there is no such slot on this machine, but gpu:0, gpu:1', said)
        self.extra["CTEST_RESOURCE_GROUP_1_GPUS"] = "7"
        self.assertIn("is not of the form id:0,slots:1", self.train(self.spec("five", parameters=["x=4"]), code=2).stderr)


class Devices(SlotCase):
    """What is leased is given to the container, and nothing else."""

    def setUp(self):
        super().setUp()
        del self.extra["TRAINYARD_SLOTS"]

    def give(self, devices, kind="nvidia.com/gpu"):
        content = {"cdiVersion": "0.6.0", "kind": kind, "containerEdits": {"env": ["NVIDIA_VISIBLE_DEVICES=void"]}, "devices": [
            {"name": name, "containerEdits": {"deviceNodes": [{"path": path, "hostPath": host} for path, host in nodes]}}
            for name, nodes in devices.items()]}
        self.write(f"cdi/{kind.replace('/', '-')}.json", json.dumps(content))

    def seen(self, name, **members):
        text = "echo $TRAINYARD_DEVICES $NVIDIA_VISIBLE_DEVICES $(ls -d /dev/nv* 2>/dev/null) > m"
        spec = self.write_run_spec(name, **{**dict(command=["sh", "-c", text], outputs=["m"], gpus="1", parameters=[f"n={name}"]), **members})
        self.train(spec)
        return (self.folder / "build/m").read_text().strip()

    def test_the_container_has_those_that_were_leased(self):
        zero, one = ("/dev/nv0", "/dev/zero"), ("/dev/nv1", "/dev/full")
        self.give({"0": [zero], "GPU-aa": [zero], "1": [one], "GPU-bb": [one], "all": [zero, one]})
        self.assertEqual(self.seen("one"), "nvidia.com/gpu=0 void /dev/nv0")
        self.assertEqual(self.seen("all", gpus="all"), "nvidia.com/gpu=0,nvidia.com/gpu=1 void /dev/nv0 /dev/nv1")
        self.assertEqual(self.seen("kind", gpus="nvidia.com/gpu:2"), "nvidia.com/gpu=0,nvidia.com/gpu=1 void /dev/nv0 /dev/nv1")
        self.assertEqual(self.seen("named", slots="nvidia.com/gpu=GPU-bb"), "nvidia.com/gpu=1 void /dev/nv1")
        self.assertEqual(self.seen("none", gpus=""), "")
        self.extra.update({"CTEST_RESOURCE_GROUP_COUNT": "1", "CTEST_RESOURCE_GROUP_0": "gpus", "CTEST_RESOURCE_GROUP_0_GPUS": "id:gpu_bb,slots:1"})
        self.assertEqual(self.seen("ctest"), "nvidia.com/gpu=1 void /dev/nv1")

    def test_one_of_two_kinds_is_taken(self):
        self.give({"card0": [("/dev/nv0", "/dev/zero")]}, "gpu.intel.com/xe")
        self.give({"0": [("/dev/nv1", "/dev/zero")], "1": [("/dev/nv2", "/dev/full")]}, "amd.com/gpu")
        self.assertEqual(self.seen("two", gpus="2"), "amd.com/gpu=0,amd.com/gpu=1 void /dev/nv1 /dev/nv2")
        self.assertEqual(self.seen("kind", gpus="gpu.intel.com/xe:1"), "gpu.intel.com/xe=card0 void /dev/nv0")


if __name__ == "__main__":
    support.main()

"""What a container is, seen from inside: in a build step, in `trainyard run`, in a training."""
import json
import os
import pathlib
import re

import hostile
from hostile import HostileCase
from raw_tar import file

# CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
STEP_CAPABILITIES = sum(1 << bit for bit in (0, 1, 3, 4, 5, 6, 7, 8, 10, 18, 31))
NOT_ALLOWED = {"EPERM", "ENOSYS"}
DEVICES = {"console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
           "urandom", "zero", "trainyard-init"}
READ_ONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
MASKED_FILES = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts")
MASKED_FOLDERS = ("/proc/acpi", "/proc/scsi", "/sys/firmware")
SINGLE = os.environ.get("TRAINYARD_TEST_WHO") == "single"


class Inside(HostileCase):
    """Each test asks the same of the three kinds of containers."""
    count = 0

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        probe = pathlib.Path(os.environ["TRAINYARD_SYSCALL_PROBE"]).read_bytes()
        cls.write("probe.tar", hostile.raw_tar.tar(cls.root_tar, file("bin/probe", probe, mode=0o755),
                                                   file("bin/suid", probe, mode=0o6755)))
        cls.write("worker/Dockerfile", "FROM probe\nUSER worker\n")
        for words in (("import", "-t", "probe", cls.folder / "probe.tar"), ("build", "-t", "worker", cls.folder / "worker")):
            done = cls.call(*words)
            if done.returncode != 0:
                raise RuntimeError(str(done))

    def in_step(self, script, network="host"):
        self.fresh_context()
        self.write("context/script", script)
        flag = "" if network == "host" else f"--network={network} "
        self.build(f"FROM probe\nCOPY script /script\nRUN {flag}sh /script > /answer 2>&1; true", "-t", "answer")
        return self.tool("run", "answer", "/bin/cat", "/answer", code=0).stdout

    def in_run(self, script):
        return self.run_in("probe", script).stdout

    def in_training(self, script, image="probe"):
        build = self.folder / "build"
        build.mkdir(exist_ok=True)
        type(self).count += 1
        name = f"inside{self.count}"
        spec = {"schema": 1, "kind": "run", "name": name, "build_dir": str(build), "source_dir": str(self.folder),
                "binary_dir": str(build), "image": image, "inputs": [], "outputs": [f"{name}.out"], "extra_outputs": "ignore",
                "command": ["/bin/sh", "-c", f"{{ {script}\n}} > {name}.out 2>&1; true"]}
        path = self.write(f"build/{name}.run.json", json.dumps(spec))
        self.tool("run", "--spec", path, "--result", build / "r", "--depfile", build / "d", "--stamp", build / "s", code=0)
        self.tool("restore", "--spec", path, "--result", build / "r", code=0)
        return (build / f"{name}.out").read_text()

    def everywhere(self, script):
        return {"step": self.in_step(script), "run": self.in_run(script), "training": self.in_training(script)}

    def each(self, script):
        for kind, answer in self.everywhere(script).items():
            with self.subTest(kind):
                yield kind, answer

    def test_capabilities_and_privileges(self):
        for kind, answer in self.each("cat /proc/self/status"):
            rows = dict(line.split(":\t", 1) for line in answer.splitlines() if ":\t" in line)
            wanted = 0 if kind == "training" else STEP_CAPABILITIES
            for name in ("CapEff", "CapPrm", "CapBnd"):
                self.assertEqual(int(rows[name], 16), wanted, f"{kind} {name}")
            for name in ("CapInh", "CapAmb"):
                self.assertEqual(int(rows[name], 16), 0, f"{kind} {name}")
            self.assertEqual(rows["NoNewPrivs"], "1" if kind == "training" or SINGLE else "0", kind)
            self.assertEqual(rows["Seccomp"], "2", kind)

    def test_system_calls(self):
        for kind, answer in self.each("/bin/probe"):
            results = dict(line.split(" ") for line in answer.splitlines())
            self.assertEqual(results.pop("euid"), "0")
            self.assertGreater(len(results), 35, answer)
            self.assertEqual(results.pop("clone3"), "ENOSYS", kind)
            self.assertEqual(results.pop("unknown"), "ENOSYS", kind)
            self.assertEqual(results.pop("device"), "ENOENT", kind)
            for above in ("", "_above", "_far_above"):
                self.assertEqual(results.pop(f"families{above}"), "38,40", kind)  # AF_ALG and AF_VSOCK
            if SINGLE:
                results.pop("mknod")
            self.assertEqual({name: result for name, result in results.items() if result not in NOT_ALLOWED}, {}, kind)

    def test_masked_and_read_only_paths(self):
        script = "".join(f"[ -e {p} ] && wc -c < {p}\n" for p in MASKED_FILES)
        script += "".join(f"[ -d {p} ] && ls -A {p}\n" for p in MASKED_FOLDERS)
        script += "".join(f"[ -d {p} ] && mkdir {p}/evil 2>/dev/null && echo made {p}\n" for p in (*READ_ONLY, "/sys", "/sys/fs/cgroup"))
        script += "echo h > /proc/sysrq-trigger && echo triggered\necho x > /proc/sys/kernel/core_pattern && echo patterned\n"
        script += "for f in /sys/kernel/uevent_helper /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/cgroup.procs " \
                  "/sys/fs/cgroup/cgroup.procs; do [ -e $f ] && echo 1 > $f && echo wrote $f; done\n"
        for kind, answer in self.each(f"{{ {script} }} 2>/dev/null; true"):
            self.assertEqual([line for line in answer.splitlines() if line != "0"], [], kind)

    def test_descriptors(self):
        for kind, answer in self.each("ls /proc/self/fd; ls -l /proc/self/fd"):
            names, _, links = answer.partition("total")
            # `ls` has the folder itself open.
            self.assertEqual(names.split()[:4], ["0", "1", "2", "3"], f"{kind}: {answer}")
            self.assertNotIn(str(self.store), links, kind)

    def test_environment(self):
        for kind, answer in self.each("env; tr '\\0' '\\n' < /proc/1/environ"):
            self.assertNotIn("canary", answer, kind)
            names = {line.partition("=")[0] for line in answer.splitlines()}
            self.assertLessEqual(names, {"PATH", "HOME", "PWD", "OLDPWD", "SHLVL", "HOSTNAME", "TERM", "_", "LC_ALL", "TRAINYARD_RUN",
                                         "OMP_NUM_THREADS"} | {n for n in names if kind == "training" and n.startswith("TRAINYARD_")
                                                               and n != "TRAINYARD_STORE"}, kind)

    def test_mounts_show_nothing_of_the_machine(self):
        for kind, answer in self.each("cat /proc/self/mountinfo"):
            for line in answer.splitlines():
                before, _, after = line.partition(" - ")
                root, place = before.split()[3:5]
                source = after.split()[1]
                for path in (str(self.folder), os.environ.get("HOME", "/nowhere-at-all"), "/work"):
                    if kind == "training" and place == "/dev/trainyard-init":
                        continue
                    self.assertFalse(source.startswith(path + "/"), f"{kind}: {line}")
                    # What is written back to the store's scratch folder says so in its mount's root.
                    if place not in ("/work", "/tmp"):
                        self.assertFalse(root.startswith(path + "/"), f"{kind}: {line}")

    def test_control_groups(self):
        # Seen from inside the container is at the root, and there is nothing to look at or to write to.
        for kind, answer in self.each("cat /proc/self/cgroup; ls -A /sys/fs/cgroup"):
            self.assertEqual([line for line in answer.splitlines() if not re.fullmatch(r"\d+:[^:]*:/", line)], [], kind)

    def test_devices(self):
        for kind, answer in self.each("ls /dev; ls -A /dev/shm /dev/mqueue"):
            names = {name for name in answer.split() if not name.endswith(":")}
            self.assertLessEqual(names, DEVICES, kind)
            self.assertEqual("trainyard-init" in names, kind != "step", kind)

    def test_namespaces(self):
        mine = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("pid", "ipc", "uts", "mnt", "net", "user", "cgroup")}
        script = "for n in pid ipc uts mnt net user cgroup; do readlink /proc/self/ns/$n; done; ls -d /proc/[0-9]* | wc -l; hostname"
        for kind, answer in self.each(script):
            lines = answer.split("\n")
            theirs = dict(zip(("pid", "ipc", "uts", "mnt", "net", "user", "cgroup"), lines))
            for name in ("pid", "ipc", "uts", "mnt", "cgroup"):
                self.assertNotEqual(theirs[name], mine[name], f"{kind} {name}")
            self.assertEqual(theirs["net"] == mine["net"], kind == "step", f"{kind} net") if kind != "run" else None
            self.assertEqual(theirs["user"] == mine["user"], os.geteuid() == 0, f"{kind} user")
            self.assertLess(int(lines[7]), 8, f"{kind}: processes of others are seen")
            self.assertEqual(lines[8], "trainyard", kind)

    def test_network(self):
        # An ordinary user's /sys is the machine's: what it names of interfaces is not there.
        script = "ls /proc/sys/net/ipv4/conf | grep -vE '^(all|default|lo)$'; grep -v lo: /proc/net/dev | grep :; cat /etc/resolv.conf; " \
                 "cat /proc/net/unix | grep -c @"
        for kind, answer in (("training", self.in_training(script)), ("RUN --network=none", self.in_step(script, "none"))):
            lines = answer.splitlines()
            self.assertEqual([line for line in lines if line != "0"], [], kind)

    def test_set_user_id_programs_have_no_effect_in_training(self):
        # Where they have one, the same program in the same image starts as root.
        if SINGLE:
            return  # there is one user only
        self.assertIn("euid 1000\n", self.in_training("/bin/suid", image="worker"))
        self.assertIn("euid 0\n", self.run_in("worker", "/bin/suid").stdout)

    def test_core_dumps_are_off(self):
        for kind, answer in self.each("ulimit -c; ulimit -H -c"):
            self.assertEqual(answer, "0\n0\n", kind)

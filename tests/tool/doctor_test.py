"""A machine that cannot: what is refused here is really refused, and `doctor` and a failing build say how to mend it,
to the letter."""
import ctypes
import errno
import json
import os
import pathlib
import platform
import pwd
import shutil
import struct
import subprocess

import support
from support import Case

WHO = os.environ.get("TRAINYARD_TEST_WHO", "root")
ROOT = os.geteuid() == 0
KEEP = "; to keep it: echo {0} | sudo tee /etc/sysctl.d/60-trainyard.conf"
FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
MAKING = "making the namespaces of the native engine: "


def my_name():
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def refuse_namespaces(number):
    """In a child, before it becomes the tool: a seccomp filter that answers `number` to calls that make namespaces."""
    x86 = platform.machine() == "x86_64"
    unshare, clone3 = (272, 435) if x86 else (97, 435)

    def install():
        load, jump, answer = 0x20, 0x15, 0x06
        program = [(load, 0, 0, 0), (jump, 1, 0, unshare), (jump, 0, 1, clone3), (answer, 0, 0, 0x00050000 | number),
                   (answer, 0, 0, 0x7fff0000)]
        code = b"".join(struct.pack("HBBI", *step) for step in program)
        buffer = ctypes.create_string_buffer(code, len(code))
        filter_ = struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer))
        libc = ctypes.CDLL(None, use_errno=True)
        if not ROOT and libc.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS
            os._exit(98)
        if libc.prctl(22, 2, filter_, 0, 0) != 0:  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
            os._exit(99)
    return install


class Doctor(Case):
    def findings(self, *before, code, env=None, store=None, **options):
        """What `doctor` finds when it is started by the words `before`: subject -> finding."""
        words = [*before, support.TOOL, "doctor", "--json", "--store", str(store or self.store)]
        done = subprocess.run([str(word) for word in words], env=self.environment(**(env or {})), capture_output=True,
                              text=True, check=False, **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return {finding["subject"]: finding for finding in json.loads(done.stdout)}

    def check(self, finding, grade, found, mend):
        self.assertEqual(finding["grade"], grade, finding)
        self.assertEqual(finding["found"], found)
        self.assertEqual(finding["mend"], mend)

    def failing_build(self, *before, env=None, store=None, **options):
        """Standard error of a build that the machine cannot do."""
        self.write("context/Dockerfile", "FROM scratch\nCOPY a /a\n")
        self.write("context/a", "a")
        words = [*before, support.TOOL, "build", "--store", str(store or self.store), str(self.folder / "context")]
        done = subprocess.run([str(word) for word in words], env=self.environment(**(env or {})), capture_output=True,
                              text=True, check=False, **options)
        self.assertEqual(done.returncode, 3, done.stdout + done.stderr)
        return done.stderr

    def for_users(self, who="user"):
        """Leaves the cases of another user to another variant of this test."""
        return WHO == who

    def test_a_seccomp_filter_around_the_tool(self):
        # Docker's own profile answers so, too: the C library takes that for an old kernel, and makes threads otherwise.
        found = ("a seccomp filter refuses new namespaces to this process, as Docker's own profile does inside its "
                 "containers (Function not implemented)")
        mend = ("docker run --security-opt seccomp=unconfined --security-opt systempaths=unconfined …; for a systemd "
                "service: RestrictNamespaces=no")
        finding = self.findings(code=3, preexec_fn=refuse_namespaces(errno.ENOSYS))["namespaces"]
        self.check(finding, "bad", MAKING + found, mend)
        error = self.failing_build(preexec_fn=refuse_namespaces(errno.ENOSYS))
        self.assertIn(f"trainyard: error: {MAKING}{found}\n", error)
        self.assertIn(f"\nhint: {mend}\n", error)

    def test_user_namespaces_are_switched_off(self):
        if not self.for_users():
            return
        # The setting is one of each user namespace: in one of our own we may set it, and are nobody special after that.
        self.folder.chmod(0o755)
        for name in ("inner", "context"):
            (self.folder / name).mkdir()
            (self.folder / name).chmod(0o777)
        inside = ["unshare", "--user", "--map-auto", "--map-root-user", "sh", "-c",
                  "echo 0 > /proc/sys/user/max_user_namespaces && exec setpriv --reuid 1000 --regid 1000 --clear-groups "
                  '"$@"', "sh"]
        setting = "user.max_user_namespaces=15000"
        found = "user namespaces are switched off: user.max_user_namespaces is 0 (No space left on device)"
        mend = f"sudo sysctl -w {setting}" + KEEP.format(setting)
        store = self.folder / "inner/store"
        finding = self.findings(*inside, code=3, store=store)["namespaces"]
        self.check(finding, "bad", MAKING + found, mend)
        error = self.failing_build(*inside, store=store)
        self.assertIn(f"trainyard: error: {MAKING}{found}\n", error)
        self.assertIn(f"\nhint: {mend}\n", error)

    def test_the_store_is_on_an_overlay(self):
        if not ROOT and not self.for_users():
            return
        for name in ("lower", "upper", "work", "merged"):
            (self.folder / name).mkdir()
        options = "lowerdir=lower,upperdir=upper,workdir=work,userxattr"
        own = ["--mount"] if ROOT else ["--user", "--map-auto", "--map-root-user", "--mount"]
        inside = ["unshare", *own, "sh", "-c", f'cd "$0" && mount -t overlay overlay -o {options} merged && cd / && exec "$@"',
                  self.folder]
        store = self.folder / "merged/store"
        findings = self.findings(*inside, code=3, store=store)
        self.check(findings["store"], "bad", f"{store} is itself on an overlay (inside a container?)",
                   "mount a volume for the store, and set TRAINYARD_STORE to it")
        finding = findings["overlayfs"]
        self.assertEqual(finding["grade"], "bad")
        self.assertRegex(finding["found"], f"^mounting an overlay at {store}/engine/doctor-[^/]+/root: Invalid argument$")
        mend = ("the store's file system cannot be the upper side of an overlay: put the store on a local ext4, xfs or "
                "btrfs: export TRAINYARD_STORE=/a/local/folder")
        self.assertEqual(finding["mend"], mend)

    def single(self, why, mend, *before, **options):
        """Containers run, with one id; `doctor` says why and how to get more."""
        finding = self.findings(*before, code=0, **options)["sub-uids"]
        self.check(finding, "warning", why + "; every file in an image belongs to one user", mend)

    def without(self, *programs):
        """Words that start a command where these programs are not: only root can hide them."""
        hide = "; ".join(f"for f in {' '.join(f'{folder}/{name}' for folder in FOLDERS)}; do "
                         '[ ! -e "$f" ] || mount --bind /dev/null "$f"; done' for name in programs)
        return ["unshare", "--mount", "sh", "-c", f'{hide}; exec "$@"', "sh"]

    def test_newuidmap_is_not_there(self):
        if not self.for_users("root"):
            return
        self.folder.chmod(0o777)
        tool = shutil.copy(support.TOOL, self.folder)
        become = ["setpriv", "--reuid", "trainyard-test", "--regid", "trainyard-test", "--init-groups"]
        done = subprocess.run([*self.without("newuidmap"), *become, tool, "doctor", "--json"], capture_output=True,
                              text=True, env=self.environment(), check=False)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        finding = next(f for f in json.loads(done.stdout) if f["subject"] == "sub-uids")
        self.check(finding, "warning", "newuidmap and newgidmap are not installed; every file in an image belongs to one user",
                   "sudo apt-get install uidmap")

    def test_newuidmap_has_no_rights(self):
        if not self.for_users():
            return
        for name in ("newuidmap", "newgidmap"):
            with self.subTest(name=name):
                tools = self.folder / f"without-{name}"
                tools.mkdir()
                copy = pathlib.Path(shutil.copy(shutil.which(name), tools))
                self.single(f"{copy} is not set-uid root", f"sudo chown root {copy}; sudo chmod u+s {copy}",
                            env={"PATH": f"{tools}:{os.environ['PATH']}"})

    def test_no_privileges_may_be_gained(self):
        if not self.for_users():
            return
        self.single("newuidmap can do nothing: this process may gain no privileges (no_new_privs)",
                    "docker run without --security-opt no-new-privileges; for a systemd service: NoNewPrivileges=no",
                    "setpriv", "--no-new-privs")

    def test_no_sub_ids_are_lent(self):
        if not self.for_users("single"):
            return
        finding = self.findings(code=0)["sub-uids"]
        self.assertEqual(finding["grade"], "warning")
        name = my_name()
        self.assertEqual(finding["found"], f"user {name} has no range of 65536 ids in /etc/subuid and /etc/subgid; every "
                                           "file in an image belongs to one user")
        self.assertRegex(finding["mend"],
                         rf"^sudo usermod --add-subuids (\d+)-\d+ --add-subgids \1-\d+ {name}$")
        first = int(finding["mend"].split()[3].split("-")[0])
        for line in (pathlib.Path("/etc/subuid").read_text() + pathlib.Path("/etc/subgid").read_text()).splitlines():
            _, start, count = line.split(":")
            self.assertLessEqual(int(start) + int(count), first)

    def test_sub_ids_end_with_the_namespace_around(self):
        if not self.for_users():
            return
        name = my_name()
        self.single(f"the sub-ids of user {name} do not exist in this user namespace (inside another container?)",
                    "give the container around it a larger range of ids, or run the tool outside of it",
                    "unshare", "--user", "--map-current-user")

    def test_a_runtime_that_cannot(self):
        tools = self.folder / "bin"
        tools.mkdir()
        for name in ("crun", "runc"):
            (tools / name).write_text("#!/bin/sh\necho this runtime is broken >&2\nexit 1\n")
            (tools / name).chmod(0o755)
        findings = self.findings(code=3, env={"PATH": f"{tools}:{os.environ['PATH']}"})
        for name in ("crun", "runc"):
            self.assertEqual(findings[name]["grade"], "bad")
            self.assertIn("this runtime is broken", findings[name]["found"])
            self.assertTrue(findings[name]["mend"])

    def test_no_runtime(self):
        if not self.for_users("root"):
            return
        finding = self.findings(*self.without("crun", "runc"), code=3)["OCI runtime"]
        self.check(finding, "bad", "neither crun nor runc is installed", "sudo apt-get install crun")


if __name__ == "__main__":
    support.main()

"""File systems of images that try to lead the engine, or a runtime, to the machine's files."""
import os

from hostile import FAILED, MACHINE, USAGE, HostileCase
from raw_tar import device, fifo, file, folder, symlink
from shapes import shape


class SystemFolders(HostileCase):
    base = False

    def linked(self, name, *targets):
        for target in targets:
            self.import_root(symlink(name, target))
            self.run_in("evil", "ls -d /dev/null /proc/self/status /sys/kernel && echo x > /dev/null")

    @shape("CVE-2026-41579", "/dev as a symlink, absolute and relative")
    def test_dev(self):
        self.linked("dev", self.out, f"../../../..{self.out}", "/proc/self/root", "dev", "/nowhere")

    @shape("CVE-2026-47766", "/proc as a symlink")
    def test_proc(self):
        self.linked("proc", self.out, f"../../../..{self.out}", "/sys", "tmp")

    @shape("CVE-2026-47766", "/sys as a symlink")
    def test_sys(self):
        self.linked("sys", self.out, "/proc", "/dev/shm")

    @shape("CVE-2025-31133", "/dev as a folder with links in the places of its nodes")
    def test_dev_nodes(self):
        self.import_root(folder("dev"), *[symlink(f"dev/{name}", self.out / "file") for name in
                                          ("null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "fd", "stdin",
                                           "shm", "pts", "mqueue", "trainyard-init")])
        self.run_in("evil", "echo evil > /dev/null; ls -l /dev/null | grep -q ^c; test -d /dev/shm && test ! -L /dev/pts")

    @shape("CVE-2025-52881", "/proc as a folder with files in the places of what is written to")
    def test_proc_files(self):
        self.import_root(folder("proc"), symlink("proc/self", self.out), file("proc/sysrq-trigger", "x"),
                         folder("proc/sys"), symlink("proc/thread-self", self.out), symlink("proc/1", self.out))
        self.run_in("evil", "grep -q proc /proc/self/mounts; ! echo b > /proc/sysrq-trigger 2>/dev/null")

    @shape("runtime", "/dev, /proc and /sys as files and FIFOs")
    def test_files(self):
        for make in (file, fifo):
            self.import_root(*[make(name) for name in ("dev", "proc", "sys")])
            self.run_in("evil", "ls -d /dev/null /proc/self/status /sys/kernel")


class Accounts(HostileCase):
    base = False

    @shape("CVE-2024-9676", "/etc/passwd as a symlink to the machine's")
    def test_symlink(self):
        for target in ("/proc/self/root/etc/passwd", "/dev/zero", "/proc/self/fd/0", "../dev/tty"):
            self.import_root(symlink("etc/passwd", target), tag="accounts")
            self.run_in("accounts", "true", code=125, says="/etc/passwd")
        for target in (self.out / "passwd", f"../../../../../..{self.out}/passwd"):
            self.import_root(symlink("etc/passwd", target), tag="accounts")
            done = self.run_in("accounts", "id", options=["-u", "victim"], code=125, says="victim")
            self.assertNotIn("4242", done.stdout)
            self.build("FROM accounts\nCOPY --chown=victim Dockerfile /x", code=(FAILED, USAGE))

    @shape("CVE-2024-9676", "/etc/passwd and /etc/group as FIFOs")
    def test_fifo(self):
        for name in ("passwd", "group"):
            self.import_root(fifo(f"etc/{name}"), tag="accounts")
            for user in ("worker", "7:8", "0"):
                self.run_in("accounts", "true", options=["-u", user], code=125, says=f"/etc/{name}")
            self.build("FROM accounts\nRUN true", code=(FAILED, USAGE, MACHINE))
            self.build("FROM accounts\nCOPY --chown=worker:worker Dockerfile /x", code=(FAILED, USAGE))

    @shape("CVE-2024-9676", "/etc/passwd as a folder, a device, a loop of links")
    def test_others(self):
        for entry in (folder("etc/passwd"), device("etc/passwd", b"3", 1, 5), symlink("etc/passwd", "passwd")):
            self.import_root(entry, tag="accounts")
            self.run_in("accounts", "id", options=["-u", "nobody-there"], code=125)

    @shape("accounts", "giant /etc/passwd and /etc/group")
    def test_giant(self):
        many = b"".join(b"g%d:x:%d:worker\n" % (i, i) for i in range(1, 40_000))
        for content in (b":" * 1_000_000, b"\n" * 1_000_000, b"g:x:7:" + b"worker," * 140_000, b"g:x:7:worker\n" * 75_000, many):
            self.import_root(file("etc/group", content), tag="giant")
            self.run_in("giant", "true", options=["-u", "worker"], code=(0, 125))
        self.import_root(file("etc/passwd", b":::::\n" * 170_000), tag="giant")
        self.run_in("giant", "true", options=["-u", "worker"], code=125, says="worker")
        self.import_root(file("etc/passwd", b"x" * (17 << 20)), tag="giant")
        self.run_in("giant", "true", options=["-u", "worker"], code=125, says="1 MiB")
        self.build("FROM giant\nCOPY --chown=worker Dockerfile /x", code=(FAILED, USAGE))


class MountTargets(HostileCase):
    base = False

    @shape("runtime", "/etc/hosts and /etc/resolv.conf as symlinks to the machine's files")
    def test_network_files(self):
        for target in (self.out / "file", f"../../../../../..{self.out}/file", "/nowhere/else", "hosts2"):
            self.import_root(*[symlink(f"etc/{name}", target) for name in ("hosts", "resolv.conf", "hostname")])
            self.run_in("evil", "echo evil >> /etc/hosts; true", code=(0, 125))

    @shape("runtime", "/etc/hosts as a symlink into /proc, /sys and /dev")
    def test_network_files_system(self):
        for target in ("/proc/self/environ", "/sys/kernel/uevent_helper", "/dev/null", "../proc/sys/kernel/core_pattern"):
            self.import_root(symlink("etc/hosts", target))
            self.run_in("evil", "echo evil > /etc/hosts", code=125, says="/etc/hosts")

    @shape("runtime", "/etc/hosts as a FIFO, a device, a folder")
    def test_network_nodes(self):
        self.import_root(fifo("etc/hosts"), fifo("etc/resolv.conf"))
        self.run_in("evil", "grep -q localhost /etc/hosts")
        self.import_root(folder("etc/hosts"))
        self.run_in("evil", "true", code=125, says="/etc/hosts")

    @shape("runtime", "/etc itself as a symlink, a file, a loop")
    def test_etc(self):
        for entry in (symlink("etc", self.out), symlink("etc", f"../../../..{self.out}"), file("etc", "x"), symlink("etc", "etc")):
            self.import_tar(self.root_tar, entry, code=(0, USAGE), tag="evil-etc")
            self.run_in("evil-etc", "true", code=(0, 125))

    @shape("runtime", "a mount's target through symlinks to the system's folders")
    def test_volume_links(self):
        data = self.write("data/file", "data").parent
        for target in ("/proc", "/proc/self/fd", "../../sys", "/dev"):
            self.import_root(symlink("link", target))
            self.run_in("evil", "true", options=["-v", f"{data}:/link/x"], code=125, says="mount target")
        self.import_root(symlink("link", self.out))
        self.assertEqual(self.run_in("evil", "cat /link/folder/file", options=["-v", f"{data}:/link/folder"]).stdout, "data")

    @shape("CVE-2024-23652", "stubs of mounts are not left, nor anything removed for them")
    def test_stubs(self):
        data = self.write("data/file", "data").parent
        self.import_root(symlink("link", self.out), tag="stubs")
        self.build("FROM stubs\nRUN true", code=0)
        self.run_in("stubs", "true", options=["-v", f"{data}:/link/new/deep", "-v", f"{data}/file:/link/file2"])
        self.assertEqual(sorted(os.listdir(data)), ["file"])

    @shape("runtime", "devices in a folder that is mounted")
    def test_devices_in_mounts(self):
        data = self.write("data/file", "data").parent
        if os.geteuid() == 0:
            os.mknod(data / "zero", 0o666 | 0o020000, os.makedev(1, 5))
            self.addCleanup((data / "zero").unlink)
            self.run_in(self.plain(), "head -c 1 /data/zero 2>&1 | grep -q 'ermission denied'",
                        options=["-v", f"{data}:/data"])
        else:
            self.run_in(self.plain(), "mknod /data/zero c 1 5 2>&1 | grep -q 'not permitted'", options=["-v", f"{data}:/data"])

    def plain(self):
        self.import_root(tag="plain")
        return "plain"


class Steps(HostileCase):
    """RUN steps that leave something for what comes after them."""

    @shape("build step", "a symlink in the place of a folder that the next COPY writes to")
    def test_copy_after_link(self):
        self.fresh_context()
        self.build(f"FROM base\nRUN rm -rf /etc && ln -s {self.out} /etc\nCOPY Dockerfile /etc/file\nRUN echo evil > /etc/hosts",
                   code=(0, FAILED, USAGE))
        self.build(f"FROM base\nRUN ln -s ../../../../../..{self.out} /d\nCOPY Dockerfile /d/\nWORKDIR /d/work", "-t", "linked")
        self.assertIn(f"{self.out}/work", self.find_in("linked", str(self.out)))

    @shape("build step", "/proc, /sys and /dev as symlinks for later steps")
    def test_system_links(self):
        self.fresh_context()
        for name in ("dev", "proc", "sys"):
            self.build(f"FROM base\nRUN rmdir /{name} 2>/dev/null; ln -s {self.out} /{name}; true\nCOPY Dockerfile /{name}/new\n"
                       "RUN true", code=(0, FAILED, USAGE))

    @shape("build step", "a sparse file of terabytes")
    def test_sparse(self):
        self.fresh_context()
        self.build("FROM base\nRUN truncate -s 2048G /sparse", code=(FAILED, USAGE), says="sparse")

    @shape("build step", "a tree of folders deeper than a path is long")
    def test_deep(self):
        self.fresh_context()
        deep = "i=0; cd /; while [ $i -lt 3000 ]; do mkdir dd && cd dd || exit 9; i=$((i+1)); done; echo x > f"
        self.build(f"FROM base\nRUN {deep}", "-t", "deep", code=(0, FAILED))
        self.build("FROM base AS a\nRUN mkdir /d && cd /d && i=0; while [ $i -lt 1500 ]; do mkdir ddd && cd ddd || exit 9; "
                   "i=$((i+1)); done; echo x > f\nFROM base\nCOPY --from=a /d /e", code=(0, FAILED, USAGE, MACHINE))

    @shape("build step", "modes that keep everybody out")
    def test_modes(self):
        self.fresh_context()
        self.build("FROM base\nRUN mkdir -p /a/b && chmod 000 /a /a/b /etc /bin/busybox; chmod 000 /; true\n"
                   "COPY Dockerfile /a/b/x\nRUN true", code=(0, FAILED, USAGE))

    @shape("build step", "names that are whiteouts, with newlines and escapes")
    def test_names(self):
        self.fresh_context()
        self.build("FROM base\nRUN touch /.wh.etc", code=(FAILED, USAGE, MACHINE), says=".wh.etc")
        self.build("FROM base\nRUN touch \"$(printf '/a\\033[2Jb\\nc')\" && printf '\\033]0;owned\\007'", "--progress", "plain", code=0)

    @shape("build step", "attributes of overlayfs set from inside")
    def test_marks(self):
        self.fresh_context()
        self.build("FROM base\nRUN mknod /gone c 0 0; mkdir /x; mknod /x/null c 1 3; mknod /x/sda b 8 0; ls /x", "-t", "nodes",
                   code=(0, FAILED))

    @shape("build step", "processes that stay behind")
    def test_left_behind(self):
        self.fresh_context()
        self.build("FROM base\nRUN (sleep 1000 > /dev/null 2>&1 &) ; (sleep 1000 &) > /dev/null 2>&1; true", code=0)

    @shape("build step", "output without end of line, without end")
    def test_output(self):
        self.fresh_context()
        self.build("FROM base\nRUN head -c 50000000 /dev/zero; yes | head -c 20000000; false", code=FAILED)

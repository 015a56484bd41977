"""Training runs whose command is hostile: outputs, metrics, logs, inputs."""
import json
import os
import threading
import time

from hostile import FAILED, MACHINE, USAGE, HostileCase
from shapes import shape


class Trainings(HostileCase):
    count = 0

    def run_spec(self, script, outputs=("out",), code=FAILED, says=(), **members):
        build = self.folder / "build"
        build.mkdir(exist_ok=True)
        type(self).count += 1
        name = f"train{self.count}"
        spec = {"schema": 1, "kind": "run", "name": name, "build_dir": str(build), "source_dir": str(self.folder),
                "binary_dir": str(build), "image": "base", "command": ["/bin/sh", "-c", script], "inputs": [], "extra_outputs": "ignore",
                "outputs": list(outputs), **members}
        path = self.write(f"build/{name}.run.json", json.dumps(spec))
        base = build / name
        done = self.tool("run", "--spec", path, "--result", f"{base}.result", "--depfile", f"{base}.d", "--stamp", f"{base}.stamp",
                         code=code, says=says)
        if done.returncode == 0:
            self.tool("restore", "--spec", path, "--result", f"{base}.result", code=0)
        return done

    def placed(self, name="out"):
        return self.folder / "build" / name

    @shape("outputs", "a symlink out, absolute and relative")
    def test_link(self):
        for target in (self.out / "file", f"../../../../../../../..{self.out}/file", "/etc/passwd", "/proc/self/environ", "/bin/busybox"):
            self.run_spec(f"ln -s {target} out", says="out")

    @shape("outputs", "a folder on the way that is a symlink out")
    def test_link_folder(self):
        self.run_spec(f"rm -rf d; ln -s {self.out} d", outputs=["d/file"], says="d/file")
        self.run_spec(f"rm -rf d; ln -s {self.out} d", outputs=["d/new"], says="d/new")

    @shape("outputs", "links in a folder stay links, and nothing is written through them")
    def test_nested(self):
        self.run_spec(f"mkdir -p out/a; ln -s {self.out} out/d; ln -s {self.out}/file out/f; ln -s /etc out/a/e; echo x > out/a/x", code=0)
        self.assertTrue(self.placed("out/d").is_symlink() and self.placed("out/f").is_symlink())
        self.run_spec("mkdir -p out/d; echo evil > out/d/file; echo evil > out/f", code=0)
        self.assertFalse(self.placed("out/d").is_symlink())

    @shape("outputs", "FIFOs, sockets and devices")
    def test_nodes(self):
        self.run_spec("mkfifo out", says="out")
        self.run_spec("mkdir out; mkfifo out/pipe", says="out/pipe")
        self.run_spec("ln -s /dev/zero out", says="out")
        self.run_spec("mknod out c 1 5 || { mkdir out; nc -lU out/socket & sleep 0.2; kill $!; }", code=(0, FAILED))

    @shape("outputs", "set-user-id programs and capabilities")
    def test_setuid(self):
        self.run_spec("cp /bin/busybox out; chmod 6777 out", code=0)
        self.assertEqual(self.placed().stat().st_mode & 0o7000, 0)
        self.assertEqual(self.placed().stat().st_uid, os.geteuid())

    @shape("outputs", "hard links to an input, and to what the image has")
    def test_hard_links(self):
        source = self.write("data/in", "data")
        self.run_spec("ln in out || cp in out", code=(0, FAILED), inputs=[str(source)])
        self.run_spec("ln -s in out", inputs=[str(source)], says="out")
        self.assertEqual(source.read_text(), "data")

    @shape("outputs", "a sparse file of terabytes")
    def test_sparse(self):
        self.run_spec("truncate -s 2048G out", says="sparse")
        self.run_spec("mkdir out; truncate -s 2048G out/s", says="out/s")

    @shape("outputs", "a tree deeper than a path is long")
    def test_deep(self):
        self.run_spec("mkdir out; cd out; i=0; while [ $i -lt 1200 ]; do mkdir dddd && cd dddd || exit 9; i=$((i+1)); done; echo x > f",
                      code=(0, FAILED, USAGE, MACHINE))

    @shape("outputs", "modes that keep everybody out")
    def test_modes(self):
        self.run_spec("mkdir out; echo x > out/f; chmod 000 out/f out", code=(0, FAILED, MACHINE))
        self.run_spec("echo x > out; chmod 000 out; chmod 000 .", code=(0, FAILED, MACHINE))

    @shape("outputs", "names with newlines and escapes")
    def test_names(self):
        done = self.run_spec("touch \"$(printf 'a\\033[2J\\nhint: x')\"; mkdir -p \"$(printf 'd\\033')/e\"", says="out")
        self.assertNotIn("\nhint: x", done.stderr)

    @shape("outputs", "a place in the build tree that is a symlink out")
    def test_destination(self):
        self.placed("dest").symlink_to(self.out / "file")
        self.placed("destdir").symlink_to(self.out)
        self.run_spec("echo evil > dest; mkdir destdir; echo evil > destdir/file", outputs=["dest", "destdir"], code=0)
        self.assertFalse(self.placed("dest").is_symlink() or self.placed("destdir").is_symlink())

    @shape("outputs", "paths in the spec that lead out")
    def test_spec_paths(self):
        for path in ("../outside/file", "/etc/passwd", "a/../../x", "", ".", ".."):
            self.run_spec("true", outputs=[path], code=USAGE)

    @shape("outputs", "nothing, and a working folder that was removed")
    def test_missing(self):
        self.run_spec("true", says="out")
        self.run_spec("cd /; rm -rf \"$OLDPWD\"; true", says="out", code=(FAILED, MACHINE))

    @shape("metrics", "a hundred thousand levels")
    def test_metrics_deep(self):
        self.run_spec("yes '{\"a\":' | head -n 100000 | tr -d '\\n' > m.json", outputs=["m.json"], metrics=["m.json"], says="m.json")
        self.run_spec("yes '[' | head -n 100000 | tr -d '\\n' > m.json", outputs=["m.json"], metrics=["m.json"], says="m.json")

    @shape("metrics", "many megabytes of one object, of lines, of names")
    def test_metrics_large(self):
        for name, script in (("m.json", "(printf '{\"a\":['; yes 0, | head -n 4000000 | tr -d '\\n'; echo '0]}')"),
                             ("m.jsonl", "yes '{}' | head -n 10000000"),
                             ("m.jsonl", "head -c 70000000 /dev/zero | tr '\\0' '\\n'"),
                             ("m.csv", "yes , | head -n 6000000 | tr -d '\\n'")):
            self.run_spec(f"{script} > {name}", outputs=[name], metrics=[name], code=(0, FAILED))
        self.run_spec("i=0; while [ $i -lt 12000 ]; do echo \"{\\\"n$i\\\":1}\"; i=$((i+1)); done > m.jsonl", outputs=["m.jsonl"],
                      metrics=["m.jsonl"], says="10000")

    @shape("metrics", "a symlink, a FIFO, a folder, no numbers")
    def test_metrics_kinds(self):
        self.run_spec(f"ln -s {self.home}/.ssh/id m.json", outputs=["m.json"], metrics=["m.json"], says="m.json")
        self.run_spec("mkfifo m.json", outputs=["m.json"], metrics=["m.json"], says="m.json")
        self.run_spec("mkdir m.json", outputs=["m.json"], metrics=["m.json"], says="m.json")
        for text in ("{\"a\": 1e999}", "{\"a\": NaN}", "{\"\\u001b[2J\": 1}", "{\"a\":1,\"a\":2}", "\\xff\\xfe"):
            self.run_spec(f"printf '%b' '{text}' > m.json", outputs=["m.json"], metrics=["m.json"], code=(0, FAILED))

    @shape("log", "a hundred megabytes, lines without end, escapes")
    def test_log(self):
        self.run_spec("yes | head -c 60000000; head -c 30000000 /dev/zero; printf '\\033[2J\\033]0;owned\\007\\n'; echo x > out", code=0)

    @shape("inputs", "an input that is replaced by a link while the training runs")
    def test_replaced(self):
        swapped = self.write("swapped/file", "data").parent

        def replace():
            for _ in range(1200):  # until the command has begun
                if any("begun" in log.read_text() for log in self.store.glob("runs/*/*/log")):
                    break
                time.sleep(0.05)
            (swapped / "file").unlink()
            (swapped / "file").symlink_to(self.home / ".ssh/id")
            (swapped / "done").write_text("")

        thread = threading.Thread(target=replace)
        thread.start()
        self.addCleanup(thread.join)
        wait = "i=0; while [ ! -e swapped/done ] && [ $i -lt 1200 ]; do sleep 0.05; i=$((i+1)); done"
        self.run_spec(f"echo begun; {wait}; cat swapped/file > out; true", inputs=[str(swapped)], says="swapped/")

    @shape("inputs", "links out in a folder stay what they are in the container")
    def test_input_links(self):
        data = self.write("inputs/file", "mine").parent
        (data / "link").symlink_to(self.out / "file")
        self.run_spec("cat inputs/link > out 2>/dev/null || echo nothing > out", inputs=[str(data)], code=0)
        self.assertEqual(self.placed().read_text(), "nothing\n")

    @shape("inputs", "a FIFO, a socket, a device among the inputs")
    def test_input_nodes(self):
        path = self.folder / "data/fifo"
        path.parent.mkdir(exist_ok=True)
        if not path.exists():
            os.mkfifo(path)
        self.run_spec("true", inputs=[str(path)], code=(USAGE, MACHINE), says="fifo")
        self.run_spec("true", inputs=["/dev/zero"], code=(USAGE, MACHINE), says="/dev/zero")

    @shape("inputs", "inputs cannot be written to, renamed, or unmounted")
    def test_read_only(self):
        source = self.write("data/sealed", "data")
        self.run_spec("echo evil >> sealed; rm -f sealed; mv sealed other; chmod 777 sealed; umount sealed; echo x > out", code=0,
                      inputs=[str(source)])
        self.assertEqual(source.read_text(), "data")

    @shape("training", "a command that overwrites its init and everything that it sees")
    def test_overwrite(self):
        self.run_spec("for f in /dev/trainyard-init /proc/1/exe /proc/self/exe /proc/*/exe; do echo evil > $f; done 2>/dev/null; "
                      "for f in /proc/1/root/etc/passwd /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do echo x >> $f; done "
                      "2>/dev/null; kill -9 -1; echo x > out", code=(0, FAILED))

"""RUN --device: what devices change in a step, who allows them, what stays of them, and NVIDIA's without a specification."""
import json
import os
import re
import shutil
import subprocess
import tarfile

import support
from support import Case

ROOT = os.geteuid() == 0

# Answers whether the driver's library can be loaded by the name that programs use, and what it says.
PROBE = r"""
#include <dlfcn.h>
#include <stdio.h>
int main() {
  void* library = dlopen("libcuda.so.1", RTLD_NOW);
  if (!library) return printf("no driver: %s\n", dlerror()), 1;
  int (*init)(unsigned) = (int (*)(unsigned))dlsym(library, "cuInit");
  return printf("cuInit %d\n", init(0)) < 0;
}
"""

# Finds the root file system as the OCI runtime specification says, and leaves things there.
HOOK = """#!/usr/bin/python3
import json, os, pathlib, sys
bundle = pathlib.Path(json.load(sys.stdin)["bundle"])
root = bundle / json.loads((bundle / "config.json").read_text())["root"]["path"]
(root / "etc/made-by-hook").write_text(" ".join(sys.argv[1:]) + os.environ.get("WORD", "") + "\\n")
os.symlink("made-by-hook", root / "etc/link-by-hook")
os.makedirs(root / "opt/hook/deep")
(root / "opt/hook/deep/file").write_text("x")
(root / "etc/group").write_text((root / "etc/group").read_text() + "hooked:x:99:\\n")
(root / "etc/kept").write_text("hook\\n")
"""


def device(name="x", kind="v.com/c", version="0.6.0", annotations=None, common=None, **edits):
    return {"cdiVersion": version, "kind": kind, "containerEdits": common or {},
            "devices": [{"name": name, "containerEdits": edits, "annotations": annotations or {}}]}


class DeviceCase(Case):
    def setUp(self):
        super().setUp()
        self.cdi = self.folder / "cdi"
        self.cdi.mkdir()
        self.extra = {"TRAINYARD_CDI_PATH": self.cdi}
        self.import_base()
        (self.folder / "context").mkdir()

    def environment(self, **extra):
        return super().environment(**{**self.extra, **extra})

    def spec(self, content, name="a.json"):
        (self.cdi / name).write_text(content if isinstance(content, str) else json.dumps(content))

    def built(self, step, *words):
        """The step's /out and the names in its layer."""
        _, said = self.build(f"FROM base\nRUN {step}\n", "--allow", "device", "-t", "built", *words)
        return self.output("built"), said

    def output(self, tag):
        return self.tool("run", tag, "cat", "/out").stdout

    def top_layer(self, tag="built"):
        layers = json.loads(self.tool("inspect", tag).stdout)["layers"]
        with tarfile.open(self.store / "blobs/sha256" / layers[-1]["diff_id"].removeprefix("sha256:")) as tar:
            return sorted(name for name in tar.getnames() if name not in (".", ""))

    def refused(self, step, *words, code=2):
        return self.build(f"FROM base\nRUN {step}\n", *words, code=code)[1]


class Injection(DeviceCase):
    def test_nodes_variables_and_mounts_are_there_and_leave_nothing(self):
        self.write("host/data", "from the host\n")
        self.spec(device(env=["COLOUR=red", "PATH=/bin:/opt"], common={"env": ["COMMON=1", "COLOUR=blue"]},
                         deviceNodes=[{"path": "/dev/nvidia0", "hostPath": "/dev/null"},
                                      {"path": "/dev/deep/er/zero", "hostPath": "/dev/zero"},
                                      {"path": "/srv/nodes/full", "hostPath": "/dev/full"}],
                         mounts=[{"hostPath": str(self.folder / "host/data"), "containerPath": "/data/file",
                                  "options": ["ro", "nosuid", "nodev", "bind"]},
                                 {"hostPath": str(self.folder / "host"), "containerPath": "/data/folder"},
                                 {"hostPath": "tmpfs", "containerPath": "/scratch", "type": "tmpfs",
                                  "options": ["size=64k", "mode=1777"]}]))
        out, said = self.built("""--device=v.com/c=x echo lost > /dev/nvidia0 && head -c 2 /dev/deep/er/zero | od -An -tx1 > /out \\
 && stat -c %t:%T /dev/nvidia0 >> /out && echo $COLOUR $COMMON $PATH >> /out && cat /data/file /data/folder/data >> /out \\
 && ! { echo x > /srv/nodes/full; } 2>> /out && ! { echo x > /data/file; } 2>> /out && touch /scratch/a && grep -c " /scratch tmpfs" /proc/mounts >> /out""")
        self.assertEqual(out.replace("/bin/sh: ", "").splitlines()[:5],
                         [" 00 00", "1:3", "red 1 /bin:/opt", "from the host", "from the host"])
        self.assertIn("No space left on device", out)
        self.assertIn("Read-only file system", out)
        self.assertTrue(out.endswith("\n1\n"))
        self.assertEqual(self.top_layer(), ["out"])
        self.assertNotIn("warning", said)
        out, _ = self.built("ls /dev/nvidia0 /data > /out 2>&1; echo ${COLOUR-none} >> /out")
        self.assertEqual((out.count("No such file"), out.splitlines()[-1]), (2, "none"))

    def test_several_devices_add_up_and_a_yaml_file_is_read(self):
        self.spec("""cdiVersion: "0.5.0"
kind: v.com/c
devices:
- name: "0"
  containerEdits: {env: [ZERO=1, SAME=0]}
- name: 1
  containerEdits:
    env: [ONE=1, SAME=1]
""", "b.yaml")
        out, _ = self.built("--device=v.com/c=0 --device=name=v.com/c=1,required --device=v.com/c=0 "
                            "echo $ZERO $ONE $SAME > /out")
        self.assertEqual(out, "1 1 1\n")

    def test_the_user_of_a_step_can_open_what_is_its(self):
        self.spec(device(deviceNodes=[{"path": "/dev/mine", "type": "c", "major": 1, "minor": 3, "fileMode": 0o600,
                                       "hostPath": "/dev/null"}]))
        self.build("FROM base\nUSER worker\nRUN --device=v.com/c=x echo x > /dev/mine && stat -c %u /dev/mine > /tmp/out\n",
                   "--allow", "device", "-t", "mine")
        owner = self.tool("run", "mine", "cat", "/tmp/out").stdout
        if ROOT:  # a node of its own; in a user namespace the machine's is seen, which nobody in it owns
            self.assertEqual(owner, "1000\n")

    def test_permissions_hold_where_root_can_set_them(self):
        node = {"path": "/dev/nvidia0", "type": "c", "major": 195, "minor": 0, "fileMode": 0o666}
        if not ROOT:
            node = {"path": "/dev/nvidia0", "hostPath": "/dev/null"}
        self.spec(device("open", deviceNodes=[node]))
        self.spec(device("shut", deviceNodes=[dict(node, permissions="none")]), "b.json")
        step = "--device=v.com/c=%s cat /dev/nvidia0 > /out 2>&1; true"
        out, _ = self.built(step % "open")
        self.assertIn("No such device or address" if ROOT else "", out)  # 195:0 without a driver: it was let through
        out, said = self.built(step % "shut")
        if ROOT and os.path.isdir("/sys/fs/cgroup/devices"):
            self.assertIn("Operation not permitted", out)
        else:
            self.assertRegex(said, "warning: .*(permissions of a device|devices limit) (are|is) not in effect")

    def test_what_hooks_leave_is_seen_and_is_not_the_steps(self):
        if support.SANITIZED:  # the tool is a hook here, with new process ids beside the /proc of the old ones
            self.skipTest("LeakSanitizer looks for its process in /proc, and fails in a hook")
        hook = self.write("hook", HOOK, 0o755)
        self.folder.chmod(0o755)
        self.spec(device(hooks=[{"hookName": "createContainer", "path": str(hook), "args": ["hook", "a", "b"], "env": ["WORD=c"]}]))
        out, _ = self.built("--device=v.com/c=x cat /etc/link-by-hook /opt/hook/deep/file /etc/kept > /out; tail -n 1 /etc/group >> /out; "
                            "echo step > /etc/kept; mkdir -p /opt/own")
        self.assertEqual(out, "a bc\nxhook\nhooked:x:99:\n")
        self.assertEqual(self.top_layer(), ["etc", "etc/kept", "opt", "opt/own", "out"])
        self.assertEqual(self.tool("run", "built", "cat", "/etc/kept").stdout, "step\n")
        self.assertNotIn("hooked", self.tool("run", "built", "cat", "/etc/group").stdout)

    def test_a_hook_that_fails_is_said(self):
        hook = self.write("hook", "#!/bin/sh\necho it was the hook >&2\nexit 3\n", 0o755)
        self.folder.chmod(0o755)
        self.spec(device(hooks=[{"hookName": "createContainer", "path": str(hook)}]))
        self.assertIn("starting a container with", self.refused("--device=v.com/c=x true", "--allow", "device", code=3))


class Asking(DeviceCase):
    def test_a_device_that_is_not_there_is_a_warning_unless_it_is_required(self):
        self.spec("cdiVersion: [", "broken.yaml")
        out, said = self.built("--device=v.com/c=none echo without > /out")
        self.assertEqual(out, "without\n")
        self.assertRegex(said, r"warning: .*Dockerfile:2: the step runs without the device v.com/c=none: .*" + str(self.cdi))
        said = self.refused("--device=v.com/c=none,required true", "--allow", "device", code=3)
        self.assertIn("handing in device v.com/c=none: no specification", said)
        self.assertIn("passed over: " + str(self.cdi / "broken.yaml"), said)
        self.assertIn("2 | RUN --device=v.com/c=none,required true", said)
        said = self.refused("--device=v.com/c=none,required true")
        self.assertRegex(said, r"Dockerfile:2:14: there is no device v.com/c=none")

    def test_it_must_be_allowed(self):
        self.spec(device(env=["A=1"]))
        self.spec(device("free", env=["A=2"], annotations={"org.mobyproject.buildkit.device.autoallow": "true"}), "b.json")
        said = self.refused("--device=v.com/c=x true")
        self.assertRegex(said, r"Dockerfile:2:14: a step asks for the device v.com/c=x, which this build does not allow\n"
                               r"  2 \| RUN --device=v.com/c=x true\n    \|              \^~~~~~~~~\n"
                               r"hint: .*--allow device=v.com/c=x, or --allow device for all")
        self.refused("--device=v.com/c=x true", "--allow", "device=v.com/c=free")
        for words in (["device"], ["device=v.com/c=x"], ["device=v.com/c=*"]):
            self.build("FROM base\nRUN --device=v.com/c=x true\n", "--allow", *words)
        self.build("FROM base\nRUN --device=v.com/c=free test $A = 2\n")
        self.build("FROM base\nRUN --device=gpu,required test $A = 1\n", "--allow", "device=v.com/c=x,alias=gpu")
        self.assertIn("names no device", self.refused("true", "--allow", "device="))
        self.assertIn('a device has no "alis=x"', self.refused("true", "--allow", "device=a,alis=x"))
        self.assertIn('did you mean "device"?', self.refused("true", "--allow", "devise"))

    def test_kinds_and_classes_stand_for_their_devices(self):
        content = device("b", env=["B=1"], annotations={"org.mobyproject.buildkit.device.class": "fast"})
        content["devices"] += [{"name": "a", "containerEdits": {"env": ["A=1"]}}]
        self.spec(content)
        for name, found in (("v.com/c", "1-"), ("v.com/c=*", "11"), ("fast", "-1")):
            out, _ = self.built(f"--device={name},required echo ${{A--}}${{B--}} > /out")
            self.assertEqual(out, found + "\n", name)

    def test_a_stale_specification_is_named(self):
        self.spec(device(mounts=[{"hostPath": "/no/libcuda.so.1.2", "containerPath": "/usr/lib/libcuda.so.1.2"}]))
        said = self.refused("--device=v.com/c=x true", "--allow", "device", code=3)
        self.assertIn("there is no /no/libcuda.so.1.2 on this machine", said)
        self.assertIn("may be older than the driver", said)

    def test_steps_count_by_the_names_of_devices_and_not_by_what_they_are(self):
        self.spec(device(env=["A=1"]))
        text = "FROM base\nRUN --device=v.com/c=x echo $A > /out\n"
        allow = ["--allow", "device"]
        self.assertEqual(len(self.executed(self.events(text, *allow))), 1)
        self.assertEqual(self.executed(self.events(text, *allow)), [])
        os.utime(self.cdi / "a.json", (1, 1))
        self.assertEqual(self.executed(self.events(text, *allow)), [])
        self.spec(device(env=["A=2"]))
        self.assertEqual(self.executed(self.events(text, *allow)), [])
        (self.cdi / "a.json").unlink()
        self.assertEqual(self.executed(self.events(text, *allow)), [])
        self.spec(device("y", env=["A=3"]))
        self.assertEqual(len(self.executed(self.events(text.replace("=x", "=y"), *allow))), 1)
        self.assertEqual(len(self.executed(self.events(text.replace("=x", "=y,required"), *allow))), 1)
        self.assertEqual(len(self.executed(self.events(text.replace("--device=v.com/c=x ", ""), *allow))), 1)


class Nvidia(DeviceCase):
    def setUp(self):
        super().setUp()
        self.machine = self.folder / "machine"
        self.extra["TRAINYARD_DEVICES_ROOT"] = self.machine
        self.folder.chmod(0o755)
        for name in ("nvidia0", "nvidiactl"):
            (self.machine / "dev").mkdir(parents=True, exist_ok=True)
            (self.machine / "dev" / name).symlink_to("/dev/null")
        self.write("machine/proc/driver/nvidia/gpus/0000:01:00.0/information", "GPU UUID: \t GPU-1\nDevice Minor: \t 0\n")
        self.write("machine/usr/bin/nvidia-smi", "#!/bin/sh\necho GPU 0\n", 0o755)
        self.driver("111.22.33")

    def driver(self, version):
        folder = self.machine / "usr/local/nvidia/lib64"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        source = self.write("cuda.c", "int cuInit(unsigned flags) { return 7 + (int)flags; }\n")
        subprocess.run(["cc", "-shared", "-fPIC", "-Wl,-soname,libcuda.so.1", "-o", folder / f"libcuda.so.{version}", source], check=True)

    def import_dynamic(self):
        """A root with the C library of this machine, and a program that loads the driver's."""
        root = support.make_busybox_root(self.folder / "dynamic")
        subprocess.run(["cc", "-o", root / "bin/probe", self.write("probe.c", PROBE)], check=True)
        linked = subprocess.run(["ldd", root / "bin/probe"], stdout=subprocess.PIPE, text=True, check=True).stdout
        for path in re.findall(r"(/\S+) \(0x", linked):
            target = root / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        self.tool("import", "-t", "base", root)

    def test_the_driver_is_loaded_by_its_usual_name_with_the_device_alone(self):
        self.import_dynamic()
        out, _ = self.built("probe > /out; ls /dev/nvidia0 >> /out 2>&1; true")
        self.assertIn("no driver: libcuda.so.1: cannot open shared object file", out)
        self.assertIn("No such file", out)
        for name in ("all", "0", "GPU-1"):
            out, _ = self.built(f"--device=nvidia.com/gpu={name},required probe > /out && echo x > /dev/nvidia0 && nvidia-smi >> /out && "
                                "echo $NVIDIA_VISIBLE_DEVICES >> /out")
            self.assertEqual(out, "cuInit 7\nGPU 0\nvoid\n", name)
            self.assertEqual(self.top_layer(), ["out"])

    def test_a_library_elsewhere_is_found_when_it_is_named(self):
        self.import_dynamic()
        (self.machine / "usr/local/nvidia/lib64").rename(self.folder / "elsewhere")
        self.assertIn("TRAINYARD_NVIDIA_LIBRARIES", self.refused("--device=nvidia.com/gpu=all,required true", "--allow", "device", code=3))
        self.extra["TRAINYARD_NVIDIA_LIBRARIES"] = self.folder / "elsewhere"
        self.assertEqual(self.built("--device=nvidia.com/gpu,required probe > /out")[0], "cuInit 7\n")

    def test_without_a_gpu_it_says_where_it_looked(self):
        (self.machine / "dev/nvidia0").unlink()
        said = self.refused("--device=nvidia.com/gpu=all,required true", "--allow", "device", code=3)
        self.assertIn("none can be made: " + str(self.machine / "dev"), said)
        self.assertIn("there is no device /dev/nvidia0", said)

    def test_nvidias_own_tool_is_asked_once_for_a_driver(self):
        programs = self.folder / "programs"
        content = json.dumps(device("all", kind="nvidia.com/gpu", env=["BY=ctk"]))
        self.write("programs/nvidia-ctk", f"""#!/bin/sh
echo "$*" >> {self.folder}/calls
for word; do case $word in --output=*) cat > "${{word#--output=}}" <<'X'
{content}
X
;; esac; done
""", 0o755)
        self.extra["PATH"] = f"{programs}:{os.environ['PATH']}"
        for number in range(2):
            out, _ = self.built(f"--device=nvidia.com/gpu=all,required echo $BY {number} > /out")
            self.assertEqual(out, f"ctk {number}\n")
        calls = (self.folder / "calls").read_text().splitlines()
        self.assertEqual(len(calls), 1, calls)
        self.assertTrue(calls[0].startswith("cdi generate --format=json --output="), calls)
        self.driver("222.0")
        self.built("--device=nvidia.com/gpu=all,required echo new > /out")
        self.assertEqual(len((self.folder / "calls").read_text().splitlines()), 2)
        self.assertEqual(len(list((self.store / "engine/devices").iterdir())), 1)
        self.write("programs/nvidia-ctk", "#!/bin/sh\nexit 1\n", 0o755)
        self.driver("333.0")
        out, _ = self.built("--device=nvidia.com/gpu=all,required echo $BY$NVIDIA_VISIBLE_DEVICES > /out")
        self.assertEqual(out, "void\n")

    def test_a_specification_of_the_machine_goes_first(self):
        self.spec(device("all", kind="nvidia.com/gpu", env=["BY=file"]))
        self.assertEqual(self.built("--device=nvidia.com/gpu=all echo $BY > /out")[0], "file\n")
        _, said = self.built("--device=nvidia.com/gpu=0 echo $BY > /out")
        self.assertIn("runs without the device nvidia.com/gpu=0", said)


if __name__ == "__main__":
    support.main()

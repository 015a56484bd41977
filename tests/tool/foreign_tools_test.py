"""The store is an OCI image layout: skopeo, umoci and podman read it in place."""
import json
import os
import shutil
import subprocess

import support
from support import Case


class ForeignTools(Case):
    def setUp(self):
        super().setUp()
        self.import_base()
        self.build('FROM base\nRUN mkdir /d && echo x > /d/a && rm /bin/vi\nENV A=b\nCMD ["cat", "/d/a"]\n', "-t", "shown:1")
        self.reference = f"oci:{self.store}:shown:1"

    def need(self, program):
        if shutil.which(program) is None:
            self.skipTest(f"{program} is not installed; tests/run.sh installs it")

    def call(self, *words):
        done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, cwd=self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_skopeo(self):
        self.need("skopeo")
        told = json.loads(self.call("skopeo", "inspect", self.reference))
        self.assertEqual(told["Digest"], json.loads(self.tool("inspect", "shown:1").stdout)["digest"])
        self.assertIn("A=b", told["Env"])
        self.call("skopeo", "--insecure-policy", "copy", self.reference, f"docker-archive:{self.folder}/archive.tar:shown:1")

    def test_umoci(self):
        self.need("umoci")
        if os.geteuid() != 0:
            self.skipTest("umoci unpacks owners as root")
        self.call("umoci", "unpack", "--image", f"{self.store}:shown:1", self.folder / "bundle")
        self.assertEqual((self.folder / "bundle/rootfs/d/a").read_text(), "x\n")
        self.assertFalse(os.path.lexists(self.folder / "bundle/rootfs/bin/vi"))
        self.assertTrue(os.path.lexists(self.folder / "bundle/rootfs/bin/ls"))

    def test_podman(self):
        self.need("podman")
        if os.geteuid() != 0:
            self.skipTest("podman without a session of its own is not what is tested here")
        out = self.call("podman", "--root", self.folder / "podman", "--runroot", self.folder / "podman-run",
                        "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--runtime", "runc", "run", "--rm",
                        "--network", "none", "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024",
                        "--security-opt", "seccomp=unconfined",
                        # Relative: podman makes a reference of the path, and a temporary name may hold what none may.
                        f"oci:{self.store.name}:shown:1")
        self.assertEqual(out, "x\n")

    def test_oci_layout_as_base_and_named_context(self):
        self.need("skopeo")
        self.call("skopeo", "--insecure-policy", "copy", self.reference, f"oci:{self.folder}/other:tagged")
        other = self.folder / "store-two"
        self.write("context/Dockerfile", "FROM base\nRUN cat /d/a > /e\n")
        done = subprocess.run([support.TOOL, "build", "--store", str(other), "-t", "derived", "--build-context",
                               f"base=oci:{self.folder}/other:tagged", str(self.folder / "context")],
                              env=self.environment(), capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        out = subprocess.run([support.TOOL, "run", "--store", str(other), "derived", "cat", "/e"], env=self.environment(),
                             capture_output=True, text=True, check=False)
        self.assertEqual(out.stdout, "x\n", out.stderr)


if __name__ == "__main__":
    support.main()

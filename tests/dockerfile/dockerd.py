"""dockerd of the distribution, with a folder and a socket of its own, ended by pid: for the cases' answers, and for the bench."""
import os
import pathlib
import shutil
import subprocess
import time

SERVER = shutil.which("dockerd") or "/usr/sbin/dockerd"
# Another one in the path may be no match for this dockerd.
CLIENT = shutil.which("/usr/bin/docker") or shutil.which("docker")


class Dockerd:
    def __init__(self, folder, environment=None):
        self.folder = pathlib.Path(folder)
        if not CLIENT or not os.access(SERVER, os.X_OK) or os.geteuid() != 0:
            raise LookupError("docker and dockerd are not installed, or this is not root")
        socket = f"unix://{self.folder}/socket"
        self.environment = dict(os.environ if environment is None else environment, DOCKER_HOST=socket,
                                DOCKER_CONFIG=str(self.folder / "config"))
        self.log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [SERVER, "--data-root", str(self.folder / "data"), "--exec-root", str(self.folder / "exec"), "--pidfile",
             str(self.folder / "pid"), "--host", socket, "--iptables=false", "--ip6tables=false", "--bridge=none"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            self._await_start()
        except BaseException:
            self.stop()
            raise

    def _await_start(self):
        for _ in range(240):
            if self.process.poll() is not None:
                break
            if subprocess.run([CLIENT, "version"], env=self.environment, capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.25)
        raise LookupError(f"dockerd does not answer: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        # It leaves a mount, and folders of control groups.
        subprocess.run(["umount", "-l", str(self.folder / "exec/netns/default")], check=False, capture_output=True)
        remove_cgroups("docker")


def remove_cgroups(*names):
    """The empty folders that a daemon leaves in each cgroup hierarchy."""
    for hierarchy in pathlib.Path("/sys/fs/cgroup").glob("*"):
        for name in names:
            for folder in sorted((hierarchy / name).glob("**/"), reverse=True):
                try:
                    folder.rmdir()
                except OSError:
                    pass
